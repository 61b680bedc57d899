import type { Question, QuestionInput } from '#contract/quiz.ts';
import type { Target } from '../accounts/policy.ts';
import { type Actor, audit } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { questionView } from './view.ts';

/** A course's question bank (题库). */
export function createBank({ db, clock }: Services, courses: Pick<Courses, 'locateCourse'>) {
  const { prisma } = db;

  async function list(courseId: string): Promise<Question[]> {
    const rows = await prisma.question.findMany({
      where: { courseId, retiredAt: null },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
    });
    return rows.map(questionView);
  }

  /** @throws AppError `bad-request` for a session of another course */
  async function add(courseId: string, input: QuestionInput, actor: Actor): Promise<Question> {
    const id = newId();
    return prisma.$transaction(async (tx) => {
      await requireSessionOf(tx, courseId, input.sessionId);
      const row = await tx.question.create({ data: { ...input, id, courseId, createdAt: new Date(clock()) } });
      await audit(tx, actor, clock(), 'question:create', { kind: 'question', id }, { courseId });
      return questionView(row);
    });
  }

  /**
   * Changes a question. One that was opened in a room or sat in a paper keeps what people answered: it is retired, and a
   * copy takes its place in the bank and in papers that nobody sat yet.
   */
  async function replace(questionId: string, input: QuestionInput, actor: Actor): Promise<Question> {
    const now = clock();
    return prisma.$transaction(async (tx) => {
      const row = await hold(tx, questionId);
      await requireSessionOf(tx, row.courseId, input.sessionId);
      if (!(await isUsed(tx, questionId))) {
        const changed = await tx.question.update({ where: { id: questionId }, data: input });
        await audit(tx, actor, now, 'question:update', { kind: 'question', id: questionId });
        return questionView(changed);
      }
      const id = newId();
      await tx.question.update({ where: { id: questionId }, data: { retiredAt: new Date(now) } });
      // It keeps the old one's place in the bank.
      const copy = await tx.question.create({
        data: { ...input, id, courseId: row.courseId, createdAt: row.createdAt },
      });
      await tx.paperQuestion.updateMany({
        where: { questionId, paper: { attempts: { none: {} } } },
        data: { questionId: id },
      });
      await audit(tx, actor, now, 'question:update', { kind: 'question', id: questionId }, { replacedBy: id });
      return questionView(copy);
    });
  }

  /** Takes a question out of the bank. Papers that have it keep it. */
  async function retire(questionId: string, actor: Actor): Promise<void> {
    const now = clock();
    await prisma.$transaction(async (tx) => {
      await hold(tx, questionId);
      await tx.question.update({ where: { id: questionId }, data: { retiredAt: new Date(now) } });
      await audit(tx, actor, now, 'question:retire', { kind: 'question', id: questionId });
    });
  }

  async function locate(questionId: string): Promise<Target | null> {
    const row = await prisma.question.findFirst({
      where: { id: questionId, retiredAt: null },
      select: { courseId: true },
    });
    return row && courses.locateCourse(row.courseId);
  }

  return { list, add, replace, retire, locate };
}

/** Holds a question, and the papers that have it: nobody opens it or begins such a paper until the transaction ends. */
async function hold(tx: Tx, questionId: string) {
  await tx.$queryRaw`select 1 as held from paper
    where id in (select paper_id from paper_question where question_id = ${questionId}::uuid) order by id for update`;
  await tx.$queryRaw`select 1 as held from question where id = ${questionId}::uuid for update`;
  const row = await tx.question.findFirst({ where: { id: questionId, retiredAt: null } });
  if (!row) throw notFound();
  return row;
}

async function isUsed(tx: Tx, questionId: string): Promise<boolean> {
  const used = await tx.question.findFirst({
    where: {
      id: questionId,
      OR: [{ liveQuestions: { some: {} } }, { papers: { some: { paper: { attempts: { some: {} } } } } }],
    },
    select: { id: true },
  });
  return used !== null;
}

async function requireSessionOf(tx: Tx, courseId: string, sessionId: string | null): Promise<void> {
  if (sessionId === null) return;
  const course = await tx.course.findFirst({
    where: { id: courseId, sessions: { some: { id: sessionId } } },
    select: { id: true },
  });
  if (!course) throw new AppError('bad-request', { fields: 'sessionId' });
}
