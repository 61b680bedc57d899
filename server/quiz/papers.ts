import type { Paper, PaperInput } from '#contract/quiz.ts';
import type { Prisma } from '#prisma/client.ts';
import { type Actor, audit } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { questionView } from './view.ts';

export const withQuestions = {
  questions: { orderBy: { position: 'asc' }, include: { question: true } },
} as const satisfies Prisma.PaperInclude;

export type PaperRow = Prisma.PaperGetPayload<{ include: typeof withQuestions }>;

/** The short papers after class, as their editors see them. */
export function createPapers(
  { db, clock, signals }: Services,
  courses: Pick<Courses, 'sessionForRoom' | 'bumpRevision'>,
) {
  const { prisma } = db;

  async function read(sessionId: string): Promise<Paper | null> {
    const row = await prisma.paper.findUnique({ where: { sessionId }, include: withQuestions });
    if (!row) return null;
    const people = await prisma.attempt.groupBy({
      by: ['personId', 'passed'],
      where: { paperId: row.id, submittedAt: { not: null } },
    });
    return {
      id: row.id,
      sessionId,
      title: row.title,
      passPercent: row.passPercent,
      attemptsAllowed: row.attemptsAllowed,
      published: row.publishedAt !== null,
      questions: row.questions.map(({ question, points }) => ({ question: questionView(question), points })),
      submitted: new Set(people.map((person) => person.personId)).size,
      passed: people.filter((person) => person.passed).length,
    };
  }

  /**
   * Writes the paper whole. Results that are stored stay as they are.
   * @throws AppError `paper-in-use` when its questions change after somebody began it; `bad-request` for questions that
   * repeat or are not in the course's bank, and for publishing none
   */
  async function write(sessionId: string, input: PaperInput, actor: Actor): Promise<Paper> {
    const session = await courses.sessionForRoom(sessionId);
    if (!session) throw notFound();
    const { questions, published, ...rest } = input;
    if (new Set(questions.map((question) => question.questionId)).size < questions.length) throw badQuestions();
    if (published && questions.length === 0) throw badQuestions();
    const now = clock();
    const visible = await prisma.$transaction(async (tx) => {
      const before = await holdPaper(tx, sessionId, rest);
      if (!sameQuestions(before, questions)) {
        if (before._count.attempts > 0) throw new AppError('paper-in-use');
        await requireInBank(tx, session.courseId, before, questions);
        await tx.paperQuestion.deleteMany({ where: { paperId: before.id } });
        await tx.paperQuestion.createMany({
          data: questions.map((question, position) => ({ ...question, position, paperId: before.id })),
        });
      }
      const wasPublished = before.publishedAt !== null;
      const publishedAt = published ? (before.publishedAt ?? new Date(now)) : null;
      await tx.paper.update({ where: { id: before.id }, data: { ...rest, publishedAt } });
      if (published !== wasPublished) await courses.bumpRevision(tx, sessionId);
      const detail = { sessionId, published, questions: questions.length };
      await audit(tx, actor, now, 'paper:update', { kind: 'paper', id: before.id }, detail);
      return published !== wasPublished;
    });
    if (visible) signals.emit('room-changed', sessionId);
    const paper = await read(sessionId);
    if (!paper) throw notFound();
    return paper;
  }

  /** Those of these sessions whose paper can be sat: published, and the class is over. */
  async function publishedPapers(sessionIds: string[]): Promise<Set<string>> {
    const rows = await prisma.paper.findMany({
      where: {
        sessionId: { in: sessionIds },
        publishedAt: { not: null },
        session: { state: { in: ['ended', 'archived'] } },
      },
      select: { sessionId: true },
    });
    return new Set(rows.map((row) => row.sessionId));
  }

  return { read, write, publishedPapers };
}

type Placed = PaperInput['questions'];

/** Makes the paper if there is none, and holds it: nobody begins an attempt until the transaction ends. */
async function holdPaper(
  tx: Tx,
  sessionId: string,
  input: Pick<PaperInput, 'title' | 'passPercent' | 'attemptsAllowed'>,
) {
  await tx.paper.createMany({ data: [{ ...input, id: newId(), sessionId }], skipDuplicates: true });
  await tx.$queryRaw`select 1 as held from paper where session_id = ${sessionId}::uuid for update`;
  return tx.paper.findUniqueOrThrow({
    where: { sessionId },
    include: { ...withQuestions, _count: { select: { attempts: true } } },
  });
}

function sameQuestions(paper: PaperRow, questions: Placed): boolean {
  const text = (placed: Placed) => placed.map(({ questionId, points }) => `${questionId}:${points}`).join();
  return text(paper.questions) === text(questions);
}

/** A question that was retired meanwhile may stay where it is. */
async function requireInBank(tx: Tx, courseId: string, paper: PaperRow, questions: Placed): Promise<void> {
  const placed = new Set(paper.questions.map((question) => question.questionId));
  const added = questions.map((question) => question.questionId).filter((id) => !placed.has(id));
  const known = await tx.question.count({ where: { id: { in: added }, courseId, retiredAt: null } });
  if (known < added.length) throw badQuestions();
}

function badQuestions(): AppError {
  return new AppError('bad-request', { fields: 'questions' });
}
