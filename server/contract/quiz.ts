import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';

export const QuestionKind = z.enum(['single', 'multiple', 'true_false']);
export type QuestionKind = z.infer<typeof QuestionKind>;

/** Indexes into a question's options, ascending and without repetition. */
export const Choice = z
  .array(z.int().min(0).max(9))
  .max(10)
  .transform((choice) => [...new Set(choice)].sort((a, b) => a - b));

export const QuestionInput = z
  .object({
    kind: QuestionKind,
    stem: z.string().trim().min(1).max(500),
    options: z.array(z.string().trim().min(1).max(200)).min(2).max(10),
    answer: Choice.refine((answer) => answer.length > 0, { message: 'no-answer' }),
    explanation: z.string().trim().max(1_000).default(''),
    sessionId: Id.nullable().default(null),
  })
  .refine((q) => q.answer.every((index) => index < q.options.length), {
    message: 'answer-outside-options',
    path: ['answer'],
  })
  .refine((q) => q.kind === 'multiple' || q.answer.length === 1, { message: 'one-answer-only', path: ['answer'] })
  .refine((q) => q.kind !== 'true_false' || q.options.length === 2, { message: 'two-options-only', path: ['options'] })
  .refine((q) => new Set(q.options).size === q.options.length, { message: 'options-repeat', path: ['options'] });
export type QuestionInput = z.infer<typeof QuestionInput>;

export const Question = z.object({
  id: Id,
  courseId: Id,
  sessionId: Id.nullable(),
  kind: QuestionKind,
  stem: z.string(),
  options: z.array(z.string()),
  answer: z.array(z.int()),
  explanation: z.string(),
});
export type Question = z.infer<typeof Question>;

/** A question opened in the room, as the console sees it. */
export const LiveQuestion = z.object({
  id: Id,
  sessionId: Id,
  question: Question,
  openedPdt: z.int(),
  durationMs: z.int(),
  openedAt: Instant,
  closedAt: Instant.nullable(),
  answered: z.int(),
  correct: z.int(),
  counts: z.array(z.int()),
});
export type LiveQuestion = z.infer<typeof LiveQuestion>;

/** A paper's question as somebody sees it who sits it. */
export const PaperItem = z.object({
  questionId: Id,
  kind: QuestionKind,
  stem: z.string(),
  options: z.array(z.string()),
  points: z.int(),
});

export const Paper = z.object({
  id: Id,
  sessionId: Id,
  title: z.string(),
  passPercent: z.int(),
  attemptsAllowed: z.int(),
  published: z.boolean(),
  questions: z.array(z.object({ question: Question, points: z.int() })),
  /** Distinct people who handed in, and who passed. */
  submitted: z.int(),
  passed: z.int(),
});
export type Paper = z.infer<typeof Paper>;

export const PaperInput = z.object({
  title: z.string().trim().min(1).max(120),
  passPercent: z.int().min(1).max(100).default(60),
  attemptsAllowed: z.int().min(1).max(20).default(3),
  published: z.boolean().default(false),
  questions: z.array(z.object({ questionId: Id, points: z.int().min(1).max(100).default(1) })).max(100),
});
export type PaperInput = z.infer<typeof PaperInput>;

export const AttemptResult = z.object({
  attemptId: Id,
  number: z.int(),
  points: z.int(),
  pointsMax: z.int(),
  percent: z.number(),
  passed: z.boolean(),
  submittedAt: Instant,
  /** Question by question, with the right answer, once nothing can be gained by it: passed, or no attempts left. */
  review: z
    .array(
      z.object({
        questionId: Id,
        choice: z.array(z.int()),
        answer: z.array(z.int()),
        correct: z.boolean(),
        explanation: z.string(),
      }),
    )
    .nullable(),
});
export type AttemptResult = z.infer<typeof AttemptResult>;

/** A learner's view of a session's paper. */
export const MyPaper = z.object({
  paperId: Id,
  title: z.string(),
  passPercent: z.int(),
  attemptsAllowed: z.int(),
  attemptsUsed: z.int(),
  questionCount: z.int(),
  /** Begun and not handed in. */
  openAttemptId: Id.nullable(),
  results: z.array(AttemptResult),
});
export type MyPaper = z.infer<typeof MyPaper>;

export const Attempt = z.object({
  attemptId: Id,
  number: z.int(),
  title: z.string(),
  startedAt: Instant,
  items: z.array(PaperItem),
});
export type Attempt = z.infer<typeof Attempt>;

export const quizEndpoints = endpoints({
  'GET /courses/:courseId/questions': {
    summary: 'A course’s question bank',
    action: 'question:list',
    target: 'course',
    response: z.array(Question),
  },
  'POST /courses/:courseId/questions': {
    summary: 'Add a question',
    action: 'question:update',
    target: 'course',
    body: QuestionInput,
    response: Question,
  },
  'PUT /questions/:questionId': {
    summary: 'Replace a question; one that was answered already is retired and replaced by a copy',
    action: 'question:update',
    target: 'question',
    body: QuestionInput,
    response: Question,
  },
  'DELETE /questions/:questionId': { summary: 'Retire a question', action: 'question:update', target: 'question' },
  'POST /sessions/:sessionId/live-questions': {
    summary: 'Open a question in the room',
    action: 'live-question:open',
    target: 'session',
    body: z.object({ questionId: Id, seconds: z.int().min(10).max(600).default(60) }),
    response: LiveQuestion,
  },
  'GET /sessions/:sessionId/live-questions': {
    summary: 'Questions opened in this session, with their results',
    action: 'live-question:list',
    target: 'session',
    response: z.array(LiveQuestion),
  },
  'POST /live-questions/:liveQuestionId/close': {
    summary: 'Close an open question now and show its result to the room',
    action: 'live-question:open',
    target: 'live-question',
    response: LiveQuestion,
  },
  'GET /sessions/:sessionId/paper': {
    summary: 'The session’s paper with its answers, for its editors; null when there is none',
    action: 'paper:read',
    target: 'session',
    response: Paper.nullable(),
  },
  'PUT /sessions/:sessionId/paper': {
    summary: 'Write or publish the session’s paper; its questions are fixed once somebody sat it',
    action: 'paper:update',
    target: 'session',
    body: PaperInput,
    response: Paper,
  },
  'GET /sessions/:sessionId/my-paper': {
    summary: 'The paper as I see it; null when none is published',
    action: 'paper:sit',
    target: 'session',
    response: MyPaper.nullable(),
  },
  'POST /sessions/:sessionId/my-paper/attempts': {
    summary: 'Begin an attempt, or go on with the one begun',
    action: 'paper:sit',
    target: 'session',
    response: Attempt,
  },
  'POST /attempts/:attemptId/submit': {
    summary: 'Hand in; graded at once',
    action: 'attempt:submit',
    target: 'attempt',
    body: z.object({ answers: z.array(z.object({ questionId: Id, choice: Choice })).max(100) }),
    response: AttemptResult,
  },
});
