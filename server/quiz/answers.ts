import type { QuestionKind } from '#contract/quiz.ts';
import { AppError, notFound } from '../errors.ts';
import { createGather } from '../gather.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { deadlineOf } from './deadline.ts';
import { isCorrect, isPossible } from './grading.ts';
import { type AnswerRow, answeredBy, answerTimes, insertAnswers, type Outcome } from './store.ts';
import { withQuestion } from './view.ts';

/** An answer given in the room, by whom its ticket names. */
export interface RoomAnswer {
  sessionId: string;
  liveQuestionId: string;
  personId: string;
  unitId: string;
  connId: string;
  choice: number[];
}

/** Answers wait this long for company. */
const GATHER_MS = 50;
const MAX_QUEUE = 20_000;
const MAX_BATCH = 2_000;
/** Consoles hear of new answers at most this often, a question. */
const TELL_MS = 1_000;
/** Opened questions whose content is remembered; there is one open a session. */
const REMEMBERED = 200;

interface Opened {
  sessionId: string;
  kind: QuestionKind;
  options: string[];
  answer: number[];
  deadline: number;
}

type Given = AnswerRow & { liveQuestionId: string };

/** Takes answers from the room: one each, stored before it is acked. */
export function createAnswers(services: Services) {
  const { db, clock, logger, signals, metrics } = services;
  const { prisma, pool } = db;
  /** What was opened never changes: an edit of a question in use makes a copy. */
  const opened = new Map<string, Promise<Opened>>();
  const told = new Map<string, NodeJS.Timeout>();
  const news = new Set<string>();
  const gather = createGather<Given, Outcome>({
    intervalMs: GATHER_MS,
    maxQueue: MAX_QUEUE,
    maxBatch: MAX_BATCH,
    logger,
    metrics: metrics.gather('answers'),
    key: (given) => given.liveQuestionId,
    write: (liveQuestionId, batch) => insertAnswers(pool, liveQuestionId, batch),
  });

  const whatAnswered = createLookUps<{ sessionId: string; personId: string }, string[]>(
    services,
    'answer-looks',
    (asked) => answeredBy(pool, asked),
  );

  /**
   * Resolves after the commit. The same answer again is stored already; another one is refused.
   * @throws AppError `question-closed` (too late), `already-answered`, `bad-request` for options that there are not,
   * `not-found` for a question of another session, `busy` (nothing stored: send again)
   */
  async function answer(given: RoomAnswer): Promise<{ stored: true }> {
    const receivedAt = clock();
    const { sessionId, liveQuestionId, choice, personId, unitId, connId } = given;
    const question = await recall(liveQuestionId);
    if (question.sessionId !== sessionId) throw notFound();
    if (!isPossible(question, choice)) throw new AppError('bad-request', { fields: 'choice' });
    const sorted = [...new Set(choice)].sort((a, b) => a - b);
    if (receivedAt > question.deadline) return alreadyStored(liveQuestionId, personId, sorted);
    const outcome = await gather.add({
      liveQuestionId,
      personId,
      unitId,
      connId,
      choice: sorted,
      correct: isCorrect(question.answer, sorted),
      receivedAt,
    });
    if (outcome !== 'stored') throw new AppError(outcome);
    tell({ liveQuestionId, sessionId });
    return { stored: true };
  }

  /** Somebody whose ack was lost asks again after the deadline. */
  async function alreadyStored(liveQuestionId: string, personId: string, choice: number[]): Promise<{ stored: true }> {
    const row = await prisma.liveAnswer.findUnique({
      where: { liveQuestionId_personId: { liveQuestionId, personId } },
      select: { choice: true },
    });
    if (!row) throw new AppError('question-closed');
    if (row.choice.join() !== choice.join()) throw new AppError('already-answered');
    return { stored: true };
  }

  /** A whole class asks for the same question at once: it is read once. */
  function recall(liveQuestionId: string): Promise<Opened> {
    const known = opened.get(liveQuestionId);
    if (known) return known;
    const reading = read(liveQuestionId);
    opened.set(liveQuestionId, reading);
    reading.catch(() => opened.delete(liveQuestionId));
    for (const oldest of opened.keys()) {
      if (opened.size <= REMEMBERED) break;
      opened.delete(oldest);
    }
    return reading;
  }

  async function read(liveQuestionId: string): Promise<Opened> {
    const row = await prisma.liveQuestion.findUnique({ where: { id: liveQuestionId }, include: withQuestion });
    if (!row) throw notFound();
    const { kind, options, answer } = row.question;
    const deadline = deadlineOf({ openedPdt: Number(row.openedPdt), durationMs: row.durationMs });
    return { sessionId: row.sessionId, kind, options, answer, deadline };
  }

  /** At once, and again a second later if more came in meanwhile. */
  function tell(live: { liveQuestionId: string; sessionId: string }): void {
    const { liveQuestionId } = live;
    if (told.has(liveQuestionId)) {
      news.add(liveQuestionId);
      return;
    }
    const timer = setTimeout(() => {
      told.delete(liveQuestionId);
      if (news.delete(liveQuestionId)) tell(live);
    }, TELL_MS);
    timer.unref();
    told.set(liveQuestionId, timer);
    signals.emit('live-question-answered', live);
  }

  return {
    answer,

    /** The session's questions that a person has answered. */
    answeredBy: (sessionId: string, personId: string): Promise<string[]> => whatAnswered({ sessionId, personId }),

    answerTimes: (sessionId: string, personIds: string[]) => answerTimes(pool, sessionId, personIds),

    /** Stores what is waiting. */
    async close(): Promise<void> {
      await gather.close();
      for (const timer of told.values()) clearTimeout(timer);
    },
  };
}
