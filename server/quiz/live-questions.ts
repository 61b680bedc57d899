import type { RoomLiveQuestion } from '#contract/live.ts';
import type { LiveQuestion } from '#contract/quiz.ts';
import { type Actor, audit, SYSTEM } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { TransitionParticipant } from '../courses/transitions.ts';
import type { Tx } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { deadlineOf, SETTLE_MS } from './deadline.ts';
import { tallies } from './store.ts';
import { type LiveQuestionRow, liveQuestionView, roomQuestionView, withQuestion } from './view.ts';

/** The room goes on showing the last question with its result this long after it was closed. */
const RESULT_SHOWN_MS = 120_000;

/** Opening questions in the room, closing them, and showing their results. */
export function createLiveQuestions({ db, clock, signals, logger }: Services, courses: Pick<Courses, 'bumpRevision'>) {
  const { prisma, pool } = db;
  const timers = new Map<string, NodeJS.Timeout>();

  /**
   * Opens a question of the session's course. It appears to each viewer when their picture reaches this moment.
   * @throws AppError `session-not-open` unless it is live, `question-already-open`, `not-found` for a question of another
   * course or a retired one
   */
  async function open(sessionId: string, questionId: string, seconds: number, actor: Actor): Promise<LiveQuestion> {
    await closeOverdue(sessionId);
    const now = clock();
    const id = newId();
    const row = await prisma
      .$transaction(async (tx) => {
        // Holds the session's row: its state can't change before this commits.
        await courses.bumpRevision(tx, sessionId);
        // An edit that has seen the question unused waits, and later ones make a copy.
        await tx.$queryRaw`select 1 as held from question where id = ${questionId}::uuid for share`;
        const question = await tx.question.findFirst({
          where: { id: questionId, retiredAt: null, course: { sessions: { some: { id: sessionId } } } },
          select: { course: { select: { sessions: { where: { id: sessionId }, select: { state: true } } } } },
        });
        if (!question) throw notFound();
        if (question.course.sessions[0]?.state !== 'live') throw new AppError('session-not-open');
        const opened = await tx.liveQuestion.create({
          data: {
            id,
            sessionId,
            questionId,
            // The session axis is wall-clock time.
            openedPdt: BigInt(now),
            durationMs: seconds * 1_000,
            openedAt: new Date(now),
          },
          include: withQuestion,
        });
        await audit(tx, actor, now, 'live-question:open', { kind: 'live-question', id }, { sessionId, questionId });
        return opened;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new AppError('question-already-open') : error;
      });
    arm(row);
    signals.emit('room-changed', sessionId);
    return liveQuestionView(row, undefined);
  }

  /** Closes a question and shows its result to the room. One that is closed already stays as it is. */
  async function close(liveQuestionId: string, actor: Actor): Promise<LiveQuestion> {
    const row = await prisma.liveQuestion.findUnique({
      where: { id: liveQuestionId },
      select: { sessionId: true, closedAt: true },
    });
    if (!row) throw notFound();
    if (row.closedAt === null) await closeOpen(liveQuestionId, row.sessionId, actor);
    return read(liveQuestionId);
  }

  /** With its result so far, for the console. @throws AppError `not-found` */
  async function read(liveQuestionId: string): Promise<LiveQuestion> {
    const row = await prisma.liveQuestion.findUnique({ where: { id: liveQuestionId }, include: withQuestion });
    if (!row) throw notFound();
    return liveQuestionView(row, (await tallies(pool, [row.id])).get(row.id));
  }

  async function list(sessionId: string): Promise<LiveQuestion[]> {
    await closeOverdue(sessionId);
    const rows = await prisma.liveQuestion.findMany({
      where: { sessionId },
      include: withQuestion,
      orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    });
    const results = await tallies(
      pool,
      rows.map((row) => row.id),
    );
    return rows.map((row) => liveQuestionView(row, results.get(row.id)));
  }

  /** What the room shows: the open question without its answer, or the last one with its result for two minutes. */
  async function current(sessionId: string): Promise<RoomLiveQuestion | null> {
    await closeOverdue(sessionId);
    const row = await prisma.liveQuestion.findFirst({
      where: { sessionId },
      include: withQuestion,
      orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    });
    if (!row) return null;
    if (row.closedAt === null) return roomQuestionView(row, undefined);
    if (row.closedAt.getTime() + RESULT_SHOWN_MS < clock()) return null;
    return roomQuestionView(row, (await tallies(pool, [row.id])).get(row.id));
  }

  async function closeOverdue(sessionId: string): Promise<void> {
    const row = await prisma.liveQuestion.findFirst({ where: { sessionId, closedAt: null } });
    if (row && clock() >= closingTime(row)) await closeOpen(row.id, sessionId, SYSTEM);
  }

  /** Of several that close it, one does; the others find it done. */
  async function closeOpen(liveQuestionId: string, sessionId: string, actor: Actor): Promise<void> {
    const now = clock();
    try {
      await prisma.$transaction(async (tx) => {
        await courses.bumpRevision(tx, sessionId);
        await markClosed(tx, { id: liveQuestionId }, now);
        await audit(
          tx,
          actor,
          now,
          'live-question:close',
          { kind: 'live-question', id: liveQuestionId },
          { sessionId },
        );
      });
    } catch (error) {
      if (error instanceof AppError && error.code === 'question-closed') return;
      throw error;
    }
    signals.emit('room-changed', sessionId);
  }

  /** Closes it at its time although nobody looks. Whoever looks later than that closes it, too. */
  function arm(row: Pick<LiveQuestionRow, 'id' | 'sessionId' | 'openedPdt' | 'durationMs'>): void {
    clearTimeout(timers.get(row.id));
    const timer = setTimeout(
      () => {
        timers.delete(row.id);
        closeOverdue(row.sessionId).catch((error: unknown) => {
          logger.error({ err: error, liveQuestionId: row.id }, 'a question could not be closed at its time');
        });
      },
      Math.max(0, closingTime(row) - clock()),
    );
    timer.unref();
    timers.set(row.id, timer);
  }

  /**
   * With the class the time to answer ends, but what was answered in time is still taken: the question closes when its
   * grace is over. Its revision was bumped by the change of state.
   */
  const transition: TransitionParticipant = {
    async within(tx, session, to) {
      if (to !== 'ended') return;
      await tx.$executeRaw`update live_question
        set duration_ms = least(duration_ms, greatest(0, ${session.endedAt ?? clock()}::bigint - opened_pdt))
        where session_id = ${session.id}::uuid and closed_at is null`;
    },
    async after(session, to) {
      if (to !== 'ended') return;
      const row = await prisma.liveQuestion.findFirst({ where: { sessionId: session.id, closedAt: null } });
      if (row) arm(row);
    },
  };

  return {
    open,
    close,
    read,
    list,
    current,
    transition,

    /** After a start: sees to the questions that were open when the worker before us ended. */
    async resume(): Promise<void> {
      for (const row of await prisma.liveQuestion.findMany({ where: { closedAt: null } })) arm(row);
    },

    stop(): void {
      for (const timer of timers.values()) clearTimeout(timer);
      timers.clear();
    },
  };
}

function closingTime(row: Pick<LiveQuestionRow, 'openedPdt' | 'durationMs'>): number {
  return deadlineOf({ openedPdt: Number(row.openedPdt), durationMs: row.durationMs }) + SETTLE_MS;
}

async function markClosed(tx: Tx, where: { id: string }, now: number): Promise<void> {
  const { count } = await tx.liveQuestion.updateMany({
    where: { ...where, closedAt: null },
    data: { closedAt: new Date(now) },
  });
  if (count === 0) throw new AppError('question-closed');
}
