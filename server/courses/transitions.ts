import type { SessionState } from '#contract/courses.ts';
import { type Actor, audit } from '../audit.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import { refuseImpossibleStart } from './sessions.ts';
import { isOver, mayBecome } from './states.ts';
import { lockCourse, lockSession } from './store.ts';
import { type RoomSession, roomSession, withCourse } from './view.ts';

/** A feature that takes part in a session's change of state. `session` is as it is after the change. */
export interface TransitionParticipant {
  /** In the transaction of the change: what it throws undoes the change. */
  within?(tx: Tx, session: RoomSession, to: SessionState): Promise<void>;
  /** After the commit, before the caller is answered. What it throws is logged. */
  after?(session: RoomSession, to: SessionState): Promise<void> | void;
}

export type EndReason = 'officer' | 'publisher_lost';

interface StepOptions {
  endReason?: EndReason;
  /** Asked in the transaction, with the session held and as it was before: what it throws keeps the state as it is. */
  check?: (tx: Tx, session: RoomSession) => Promise<void>;
}

/** Freezing 应到 for a whole district takes longer than Prisma's five seconds on a slow disk. */
const LIMITS = { timeout: 60_000, maxWait: 10_000 };

/** Moves sessions from state to state; which steps there are is decided in states.ts. */
export function createTransitions({ db, clock, logger, signals }: Services) {
  const participants: TransitionParticipant[] = [];

  function onTransition(participant: TransitionParticipant): void {
    participants.push(participant);
  }

  /**
   * Takes one step. Of two that race, the second finds the state that the first has left.
   * @throws AppError `impossible-transition`, `impossible-time` (scheduling), `not-found`, or what the check or a
   * participant throws
   */
  async function changeState(
    sessionId: string,
    to: SessionState,
    actor: Actor,
    options: StepOptions = {},
  ): Promise<RoomSession> {
    const session = await db.prisma.$transaction((tx) => step(tx, sessionId, to, actor, options), LIMITS);
    await announce([session], to);
    return session;
  }

  /**
   * Archives a course and those of its sessions that are not archived yet.
   * @throws AppError `course-archived`, or `impossible-transition` while one of its sessions is not over
   */
  async function archiveCourse(courseId: string, actor: Actor): Promise<void> {
    const archived = await db.prisma.$transaction(async (tx) => {
      await lockCourse(tx, courseId);
      const course = await tx.course.findUnique({
        where: { id: courseId },
        include: { sessions: { orderBy: { number: 'asc' }, select: { id: true, state: true } } },
      });
      if (!course) throw notFound();
      if (course.archivedAt) throw new AppError('course-archived');
      const unfinished = course.sessions.find((session) => !isOver(session.state));
      if (unfinished) throw new AppError('impossible-transition', { from: unfinished.state, to: 'archived' });
      const sessions: RoomSession[] = [];
      for (const { id, state } of course.sessions) {
        if (state === 'ended') sessions.push(await step(tx, id, 'archived', actor));
      }
      const now = clock();
      await tx.course.update({ where: { id: courseId }, data: { archivedAt: new Date(now) } });
      await audit(tx, actor, now, 'course:archive', { kind: 'course', id: courseId });
      return sessions;
    }, LIMITS);
    await announce(archived, 'archived');
  }

  async function step(
    tx: Tx,
    sessionId: string,
    to: SessionState,
    actor: Actor,
    { endReason = 'officer', check }: StepOptions = {},
  ): Promise<RoomSession> {
    const now = clock();
    await lockSession(tx, sessionId);
    const before = await tx.session.findUnique({ where: { id: sessionId }, include: withCourse });
    if (!before) throw notFound();
    if (!mayBecome(before.state, to)) throw new AppError('impossible-transition', { from: before.state, to });
    await check?.(tx, roomSession(before));
    if (to === 'scheduled') refuseImpossibleStart(before.startsAt.getTime(), now);
    const row = await tx.session.update({
      where: { id: sessionId },
      data: { state: to, revision: { increment: 1 }, ...moments(to, now, endReason) },
      include: withCourse,
    });
    const session = roomSession(row);
    for (const participant of participants) await participant.within?.(tx, session, to);
    const detail = { from: before.state, to, ...(to === 'ended' && { endReason }) };
    await audit(tx, actor, now, 'session:state', { kind: 'session', id: sessionId }, detail);
    return session;
  }

  async function announce(sessions: RoomSession[], to: SessionState): Promise<void> {
    for (const session of sessions) {
      signals.emit('room-changed', session.id);
      for (const participant of participants) {
        try {
          await participant.after?.(session, to);
        } catch (error) {
          logger.error({ err: error, sessionId: session.id, to }, 'a feature failed after a session changed its state');
        }
      }
    }
  }

  return { onTransition, changeState, archiveCourse };
}

function moments(to: SessionState, now: number, endReason: EndReason) {
  const at = new Date(now);
  if (to === 'live') return { startedAt: at };
  if (to === 'ended') return { endedAt: at, endReason, publisherLostAt: null };
  if (to === 'archived') return { archivedAt: at };
  return {};
}
