import type { z } from 'zod';
import type { Attempt, AttemptResult, MyPaper, quizEndpoints } from '#contract/quiz.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Target } from '../accounts/policy.ts';
import type { Courses } from '../courses/service.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { grade, isWithin, passes, percentOf } from './grading.ts';
import { type PaperRow, withQuestions } from './papers.ts';

const withAnswers = { answers: true } as const satisfies Prisma.AttemptInclude;
const withPaper = { answers: true, paper: { include: withQuestions } } as const satisfies Prisma.AttemptInclude;

type AttemptRow = Prisma.AttemptGetPayload<{ include: typeof withAnswers }>;
type Submission = z.output<(typeof quizEndpoints)['POST /attempts/:attemptId/submit']['body']>['answers'];

/** How a person stands in a paper; null: nothing handed in. */
export interface PaperStanding {
  published: boolean;
  passed: boolean | null;
  bestPercent: number | null;
}

interface HandedIn {
  personId: string;
  sessionId: string;
  points: number | null;
  pointsMax: number | null;
  passed: boolean | null;
}

/** Sitting papers. Whoever is invited may, from the end of class on, whether they came or not. */
export function createAttempts(services: Services, courses: Pick<Courses, 'sessionForRoom'>) {
  const { db, clock } = services;
  const { prisma, pool } = db;

  /** Null when there is no paper to sit: none is published, or the class is not over. */
  async function myPaper(sessionId: string, personId: string): Promise<MyPaper | null> {
    const paper = await openPaper(sessionId);
    if (!paper) return null;
    const attempts = await attemptsOf(paper.id, personId);
    const handedIn = attempts.filter((attempt) => attempt.submittedAt !== null);
    const reviewed = nothingToGain(paper, handedIn);
    return {
      paperId: paper.id,
      title: paper.title,
      passPercent: paper.passPercent,
      attemptsAllowed: paper.attemptsAllowed,
      attemptsUsed: attempts.length,
      questionCount: paper.questions.length,
      openAttemptId: attempts.find((attempt) => attempt.submittedAt === null)?.id ?? null,
      results: handedIn.map((attempt) => resultView(attempt, paper, reviewed)),
    };
  }

  /**
   * Begins an attempt, or goes on with the one begun. Of two tabs at once, both get the same.
   * @throws AppError `paper-not-open`, `no-attempts-left`, `already-passed`
   */
  async function begin(sessionId: string, personId: string): Promise<Attempt> {
    const paper = await openPaper(sessionId);
    if (!paper) throw new AppError('paper-not-open');
    const attempts = await attemptsOf(paper.id, personId);
    const begun = attempts.find((attempt) => attempt.submittedAt === null);
    if (begun) return attemptView(begun, await paperOf(paper.id));
    if (attempts.some((attempt) => attempt.passed)) throw new AppError('already-passed');
    if (attempts.length >= paper.attemptsAllowed) throw new AppError('no-attempts-left');
    const number = (attempts.at(-1)?.number ?? 0) + 1;
    try {
      const data = { id: newId(), paperId: paper.id, personId, number, startedAt: new Date(clock()) };
      const row = await prisma.attempt.create({ data });
      // Read after the attempt exists, since from then on the questions are fixed.
      return attemptView(row, await paperOf(paper.id));
    } catch (error) {
      if (isUniqueViolation(error)) return begin(sessionId, personId);
      throw error;
    }
  }

  /**
   * Hands in and grades, once. The same answers sent again get the same result.
   * @throws AppError `attempt-submitted` for other answers than were handed in, `bad-request` for questions that are not
   * on the paper, that repeat, or options that there are not
   */
  async function submit(attemptId: string, answers: Submission): Promise<AttemptResult> {
    return prisma.$transaction(async (tx) => {
      await tx.$queryRaw`select 1 as held from attempt where id = ${attemptId}::uuid for update`;
      const row = await tx.attempt.findUnique({ where: { id: attemptId }, include: withPaper });
      if (!row) throw notFound();
      const choices = choicesFor(row.paper, answers);
      const graded = grade(markedQuestions(row.paper), choices);
      if (row.submittedAt === null) {
        await tx.attemptAnswer.createMany({ data: graded.answers.map((answer) => ({ ...answer, attemptId })) });
        const { points, pointsMax } = graded;
        const passed = passes(points, pointsMax, row.paper.passPercent);
        await tx.attempt.update({
          where: { id: attemptId },
          data: { submittedAt: new Date(clock()), points, pointsMax, passed },
        });
      } else if (row.answers.some((answer) => answer.choice.join() !== (choices.get(answer.questionId) ?? []).join())) {
        throw new AppError('attempt-submitted');
      }
      const all = await tx.attempt.findMany({
        where: { paperId: row.paperId, personId: row.personId, submittedAt: { not: null } },
        include: withAnswers,
      });
      const own = all.find((attempt) => attempt.id === attemptId);
      if (!own) throw notFound();
      return resultView(own, row.paper, nothingToGain(row.paper, all));
    });
  }

  /** A person's results in published papers, by session. */
  const paperResultsOf = createLookUps<string, ReadonlyMap<string, PaperStanding>>(
    services,
    'paper-looks',
    async (personIds) => {
      const { rows } = await pool.query<HandedIn>(
        `select attempt.person_id as "personId", paper.session_id as "sessionId", attempt.points,
           attempt.points_max as "pointsMax", attempt.passed
         from attempt join paper on paper.id = attempt.paper_id
         where attempt.person_id = any ($1::uuid[]) and attempt.submitted_at is not null and paper.published_at is not null`,
        [personIds],
      );
      const results = new Map<string, Map<string, PaperStanding>>(personIds.map((personId) => [personId, new Map()]));
      for (const { personId, sessionId, points, pointsMax, passed } of rows) {
        const mine = results.get(personId);
        const before = mine?.get(sessionId);
        mine?.set(sessionId, {
          published: true,
          passed: before?.passed === true || passed === true,
          bestPercent: Math.max(before?.bestPercent ?? 0, percentOf(points ?? 0, pointsMax ?? 0)),
        });
      }
      return personIds.map((personId) => results.get(personId) ?? new Map());
    },
  );

  async function locate(attemptId: string): Promise<Target | null> {
    return prisma.attempt.findUnique({ where: { id: attemptId }, select: { personId: true } });
  }

  async function openPaper(sessionId: string): Promise<PaperRow | null> {
    const session = await courses.sessionForRoom(sessionId);
    if (session?.state !== 'ended' && session?.state !== 'archived') return null;
    return prisma.paper.findFirst({ where: { sessionId, publishedAt: { not: null } }, include: withQuestions });
  }

  function paperOf(paperId: string): Promise<PaperRow> {
    return prisma.paper.findUniqueOrThrow({ where: { id: paperId }, include: withQuestions });
  }

  function attemptsOf(paperId: string, personId: string): Promise<AttemptRow[]> {
    return prisma.attempt.findMany({
      where: { paperId, personId },
      include: withAnswers,
      orderBy: { number: 'asc' },
    });
  }

  return { myPaper, begin, submit, paperResultsOf, locate };
}

/** Passed, or no attempts left: then the right answers may be shown. */
function nothingToGain(paper: PaperRow, handedIn: { passed: boolean | null }[]): boolean {
  return handedIn.length >= paper.attemptsAllowed || handedIn.some((attempt) => attempt.passed);
}

function attemptView(row: Omit<AttemptRow, 'answers'>, paper: PaperRow): Attempt {
  return {
    attemptId: row.id,
    number: row.number,
    title: paper.title,
    startedAt: row.startedAt.toISOString(),
    items: paper.questions.map(({ question, points }) => ({
      questionId: question.id,
      kind: question.kind,
      stem: question.stem,
      options: question.options,
      points,
    })),
  };
}

function resultView(row: AttemptRow, paper: PaperRow, reviewed: boolean): AttemptResult {
  const points = row.points ?? 0;
  const pointsMax = row.pointsMax ?? 0;
  const given = new Map(row.answers.map((answer) => [answer.questionId, answer]));
  return {
    attemptId: row.id,
    number: row.number,
    points,
    pointsMax,
    percent: percentOf(points, pointsMax),
    passed: row.passed ?? false,
    submittedAt: (row.submittedAt ?? row.startedAt).toISOString(),
    review: reviewed
      ? paper.questions.map(({ question }) => ({
          questionId: question.id,
          choice: given.get(question.id)?.choice ?? [],
          answer: question.answer,
          correct: given.get(question.id)?.correct ?? false,
          explanation: question.explanation,
        }))
      : null,
  };
}

function markedQuestions(paper: PaperRow) {
  return paper.questions.map(({ question, points }) => ({ questionId: question.id, answer: question.answer, points }));
}

function choicesFor(paper: PaperRow, answers: Submission): Map<string, number[]> {
  const options = new Map(paper.questions.map(({ question }) => [question.id, question.options]));
  const choices = new Map<string, number[]>();
  for (const { questionId, choice } of answers) {
    const offered = options.get(questionId);
    if (!offered || choices.has(questionId) || !isWithin(offered, choice)) {
      throw new AppError('bad-request', { fields: 'answers' });
    }
    choices.set(questionId, choice);
  }
  return choices;
}
