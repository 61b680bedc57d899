import type { Broadcast } from '#contract/media.ts';
import type { AuthoriseFileRequest, AuthoriseFileResponse, FileEvent, PlayoutPlan } from '#contract/media-videos.ts';
import type { Playout, PlayoutInput, PlayoutOutcome, Video } from '#contract/videos.ts';
import type { Prisma } from '#prisma/client.ts';
import { type Actor, audit, SYSTEM } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { TransitionParticipant } from '../courses/transitions.ts';
import type { RoomSession } from '../courses/view.ts';
import type { Tx } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Broadcasts } from '../live/broadcasts.ts';
import type { MediaClient } from '../live/media-client.ts';
import type { Services } from '../services.ts';
import { lockVideo, type Officer } from './service.ts';

export interface PlayoutNeeds {
  courses: Pick<Courses, 'sessionForRoom' | 'holdSession' | 'bumpRevision' | 'changeState'>;
  broadcasts: Pick<Broadcasts, 'open'>;
  media: Pick<MediaClient, 'planPlayout' | 'endPlayout' | 'videosStatus'>;
}

type PlayoutAct = 'start' | 'hold' | 'continue' | 'stop';
type PlayoutRow = Prisma.PlayoutGetPayload<{ include: typeof withLength }>;
type PlayoutEvent = Extract<FileEvent, { playoutId: string }>;

const withLength = { video: { select: { durationMs: true } } } as const satisfies Prisma.PlayoutInclude;

/** The class may be started so long before its video: media asks a little ahead, and 应到 takes a moment to freeze. */
const CLASS_AHEAD_MS = 15_000;

export type Playouts = ReturnType<typeof createPlayouts>;

/** Which prepared video is played in a session, and when: decided here, done by the media process. */
export function createPlayouts({ db, clock, signals }: Services, { courses, broadcasts, media }: PlayoutNeeds) {
  const { prisma } = db;

  /** What is planned or playing, else what was played last; null when there was nothing. */
  async function read(sessionId: string): Promise<Playout | null> {
    const row =
      (await prisma.playout.findFirst({ where: { sessionId, endedAt: null }, include: withLength })) ??
      (await prisma.playout.findFirst({
        where: { sessionId, startedAt: { not: null } },
        include: withLength,
        orderBy: { endedAt: 'desc' },
      }));
    return row && viewOf(row);
  }

  /**
   * Plans a video for a session, in place of one that has not begun.
   * @throws AppError `video-not-ready`, `playout-past-end`, `session-not-open` for one that is over or, where the class is to
   * be started, not scheduled; `bad-request` for a time that has passed; `playout-running`, `playout-changed`
   */
  async function arm(sessionId: string, input: PlayoutInput, { actor, name }: Officer): Promise<Playout> {
    const now = clock();
    const startsAt = input.startsAt === null ? null : Date.parse(input.startsAt);
    const { accountId } = actor;
    if (accountId === null) throw new AppError('forbidden');
    const id = newId();
    // What it replaces needs no word of its own: media takes the later one.
    try {
      await prisma.$transaction(async (tx) => {
        // Held, so that a class that is ended or moved meanwhile leaves no plan that nothing takes back.
        const session = await courses.holdSession(tx, sessionId);
        if (!session) throw notFound();
        const { state } = session;
        const over = state === 'ended' || state === 'archived';
        if (over || (input.startsClass && state === 'draft')) throw new AppError('session-not-open');
        const due = input.start === 'plan' ? session.startsAt : startsAt;
        if (due !== null && due < now) throw new AppError('bad-request', { fields: 'startsAt' });
        await lockVideo(tx, input.videoId);
        const video = await tx.video.findUnique({ where: { id: input.videoId }, omit: { poster: true } });
        if (!video) throw notFound();
        if (video.state !== 'ready' || video.durationMs === null) throw new AppError('video-not-ready');
        if (input.fromMs >= video.durationMs) throw new AppError('playout-past-end');
        const before = await openIn(tx, sessionId);
        if (before?.startedAt) throw new AppError('playout-running');
        if (before) await close(tx, before.id, 'cancelled', now);
        const { videoId, start, startsClass, fromMs } = input;
        const asked = { videoId, start, startsClass, fromMs };
        await tx.playout.create({
          data: {
            ...asked,
            id,
            sessionId,
            videoName: video.name,
            startsAt: startsAt === null ? null : new Date(startsAt),
            armedBy: accountId,
            armedByName: name,
            armedAt: new Date(now),
          },
        });
        const detail = { ...asked, playoutId: id, video: video.name, startsAt: input.startsAt };
        await audit(tx, actor, now, 'playout:arm', { kind: 'session', id: sessionId }, detail);
      });
    } catch (error) {
      if (isUniqueViolation(error)) throw new AppError('playout-changed');
      throw error;
    }
    return told(id);
  }

  /**
   * Does to a playout what the officer says.
   * @throws AppError `playout-changed` when another one is there by now, or it is not in a state for that
   */
  async function act(sessionId: string, playoutId: string, what: PlayoutAct, actor: Actor): Promise<Playout> {
    const now = clock();
    const { positionMs } = (await mediaState(playoutId)) ?? {};
    await prisma.$transaction(async (tx) => {
      const row = await openIn(tx, sessionId);
      if (row?.id !== playoutId) throw new AppError('playout-changed');
      if ((what === 'start') === (row.startedAt !== null) && what !== 'stop') throw new AppError('playout-changed');
      if (what === 'stop') await close(tx, row.id, row.startedAt ? 'stopped' : 'cancelled', now);
      else {
        const begins = { start: 'manual', startsClass: false, startsAt: new Date(now) } as const;
        const data = what === 'start' ? begins : { held: what === 'hold' };
        await tx.playout.update({ where: { id: row.id }, data: { ...data, revision: { increment: 1 } } });
      }
      const detail = { playoutId, video: row.videoName, ...(positionMs !== undefined && { positionMs }) };
      await audit(tx, actor, now, `playout:${what}`, { kind: 'session', id: sessionId }, detail);
    });
    return told(playoutId);
  }

  /**
   * Media asks shortly before a video's time. Where the officer has said so beforehand the class begins with it, in the
   * officer's name. By hand it may run as a trial before the class; planned, it waits for the class.
   */
  async function authorise({ playoutId, sessionId }: AuthoriseFileRequest): Promise<AuthoriseFileResponse> {
    const row = await prisma.playout.findFirst({ where: { id: playoutId, sessionId, endedAt: null } });
    const session = await courses.sessionForRoom(sessionId);
    if (!row || !session) return { allowed: false, reason: 'not-armed' };
    if (session.state === 'ended' || session.state === 'archived') return { allowed: false, reason: 'session-over' };
    // Viewers see somebody else's stream, and nothing of ours.
    if (session.outsideUrl !== null) return { allowed: false, reason: 'outside-stream' };
    const startsAt = dueAt(row, session);
    // It was put off, and media has not heard yet.
    if (startsAt === null || !isDue(startsAt)) return { allowed: false, reason: 'class-not-started' };
    const now = session.state === 'scheduled' && row.startsClass ? await startClass(session, row) : session;
    // Media asks again in a moment, and gets the answer of then.
    if (now === null) return { allowed: false, reason: 'class-not-started' };
    const { state, startedAt } = now;
    const manual = row.start === 'manual';
    const open = async (wanted: Broadcast['kind']): Promise<Broadcast> => {
      const { id, prefix, kind } = await broadcasts.open({ sessionId, outsideUrl: null }, wanted);
      return { id, sessionId, prefix, kind };
    };
    if (state === 'live') {
      // The first picture of the class that it begins is its own; an instructor's test stream stands by.
      const opens = row.startsClass && startedAt !== null && startedAt >= startsAt - CLASS_AHEAD_MS;
      return { allowed: true, broadcast: await open('live'), takesOver: manual || opens };
    }
    // Also the one that has begun as a trial, and is back after a restart.
    if (manual) return { allowed: true, broadcast: await open('preview'), takesOver: true };
    return { allowed: false, reason: 'class-not-started' };
  }

  /** Starts the class in the officer's name. @returns null when the plan has been cancelled or put off by now */
  async function startClass(
    session: RoomSession,
    { id, armedBy }: { id: string; armedBy: string },
  ): Promise<RoomSession | null> {
    const officer: Actor = { accountId: armedBy, personId: null, requestId: `playout ${id}` };
    const check = async (tx: Tx, held: RoomSession) => {
      const row = await openIn(tx, session.id);
      const due = row && dueAt(row, held);
      const stands = row?.id === id && row.startsClass && held.outsideUrl === null;
      if (!stands || due === null || !isDue(due)) throw new AppError('playout-changed');
    };
    try {
      return await courses.changeState(session.id, 'live', officer, { check });
    } catch (error) {
      if (error instanceof AppError && error.code === 'playout-changed') return null;
      if (!(error instanceof AppError) || error.code !== 'impossible-transition') throw error;
      // Somebody was quicker.
      return (await courses.sessionForRoom(session.id)) ?? session;
    }
  }

  /** Takes in what media did; what comes again changes nothing. @throws AppError `not-found` */
  async function record(event: PlayoutEvent): Promise<void> {
    const { playoutId: id, sessionId, at } = event;
    const known = await prisma.playout.findUnique({ where: { id, sessionId } });
    if (!known) throw notFound();
    if (event.type === 'playout-started') {
      await prisma.playout.updateMany({ where: { id, startedAt: null }, data: { startedAt: new Date(at) } });
      return;
    }
    const { outcome } = event;
    const closed = await prisma.$transaction(async (tx) => {
      await courses.holdSession(tx, sessionId);
      if (!(await close(tx, id, outcome, at))) return false;
      await courses.bumpRevision(tx, sessionId);
      const detail = { playoutId: id, video: known.videoName, outcome };
      await audit(tx, SYSTEM, clock(), 'playout:end', { kind: 'session', id: sessionId }, detail);
      return true;
    });
    // The room says why there is no picture.
    if (closed) signals.emit('room-changed', sessionId);
    void media.endPlayout({ playoutId: id });
  }

  function isDue(startsAt: number): boolean {
    return clock() >= startsAt - CLASS_AHEAD_MS;
  }

  /** Whoever puts a session's time right must not start its class by that. @throws AppError `playout-would-start` */
  async function rescheduled(tx: Tx, session: RoomSession): Promise<void> {
    if (session.startsAt >= clock()) return;
    const row = await openIn(tx, session.id);
    if (row?.start === 'plan' && row.startsClass) throw new AppError('playout-would-start');
  }

  /** Whether a video of the session ended, as it was to, at this moment, epoch ms: both are reported in the same one. */
  async function endedAt(sessionId: string, at: number): Promise<boolean> {
    const near = { gte: new Date(at - SAME_MOMENT_MS), lte: new Date(at + SAME_MOMENT_MS) };
    const count = await prisma.playout.count({
      where: { sessionId, startedAt: { not: null }, outcome: { in: ['finished', 'stopped'] }, endedAt: near },
    });
    return count > 0;
  }

  /** A class that is over, or taken back, has no video. */
  const transition: TransitionParticipant = {
    async within(tx, session, to) {
      if (to !== 'ended' && to !== 'draft') return;
      const row = await openIn(tx, session.id);
      if (row) await close(tx, row.id, to === 'ended' ? 'class_ended' : 'cancelled', clock());
    },
    async after(session, to) {
      if (to !== 'ended' && to !== 'draft') return;
      const row = await prisma.playout.findFirst({ where: { sessionId: session.id }, orderBy: { armedAt: 'desc' } });
      if (row) void media.endPlayout({ playoutId: row.id });
    },
  };

  async function plannedFor(videoIds: string[]): Promise<ReadonlyMap<string, Video['plannedFor']>> {
    const rows = await prisma.playout.findMany({
      where: { endedAt: null, videoId: { in: videoIds } },
      select: { videoId: true, sessionId: true },
    });
    const planned = new Map<string, Video['plannedFor']>();
    for (const { videoId, sessionId } of rows) {
      const session = await courses.sessionForRoom(sessionId);
      if (!session || videoId === null) continue;
      const { courseTitle, number } = session;
      planned.set(videoId, [...(planned.get(videoId) ?? []), { sessionId, courseTitle, number }]);
    }
    return planned;
  }

  /** Says again what media does not know: a planned time that was moved, a message that did not arrive. */
  async function reconcile(): Promise<void> {
    const status = await media.videosStatus();
    if (!status) return;
    const open = await prisma.playout.findMany({ where: { endedAt: null }, include: withLength });
    for (const row of open) {
      const plan = await planOf(row);
      const seen = status.playouts.find(({ playoutId }) => playoutId === row.id);
      const same = seen && seen.revision === plan?.revision && seen.startsAt === plan.startsAt;
      if (plan && !same) await media.planPlayout({ plan });
    }
    for (const { playoutId } of status.playouts) {
      if (!open.some(({ id }) => id === playoutId)) await media.endPlayout({ playoutId });
    }
  }

  /** Says to media how things are, and gives them back. */
  async function told(id: string): Promise<Playout> {
    const row = await prisma.playout.findUniqueOrThrow({ where: { id }, include: withLength });
    const plan = row.endedAt === null ? await planOf(row) : null;
    const saying = plan ? media.planPlayout({ plan }) : media.endPlayout({ playoutId: id });
    // Whoever waits for an answer waits no longer than for one try; it is said again until media has heard it.
    await Promise.race([saying, new Promise((resolve) => setTimeout(resolve, ANSWER_MS).unref())]);
    return viewOf(row);
  }

  async function planOf(row: PlayoutRow): Promise<PlayoutPlan | null> {
    const session = await courses.sessionForRoom(row.sessionId);
    if (!session || row.videoId === null) return null;
    const { id: playoutId, revision, sessionId, videoId, fromMs, held } = row;
    return { playoutId, revision, sessionId, videoId, fromMs, held, startsAt: dueAt(row, session) };
  }

  async function mediaState(playoutId: string) {
    return (await media.videosStatus())?.playouts.find((each) => each.playoutId === playoutId);
  }

  async function viewOf(row: PlayoutRow): Promise<Playout> {
    const seen = row.endedAt === null ? await mediaState(row.id) : undefined;
    const session = row.start === 'plan' ? await courses.sessionForRoom(row.sessionId) : null;
    const startsAt = session ? new Date(session.startsAt) : row.startsAt;
    const { id, sessionId, videoId, videoName, start, startsClass, fromMs, armedByName, outcome } = row;
    return {
      ...{ id, sessionId, videoId, videoName, start, startsClass, fromMs, outcome },
      startsAt: startsAt?.toISOString() ?? null,
      durationMs: row.video?.durationMs ?? null,
      armedBy: armedByName,
      armedAt: row.armedAt.toISOString(),
      startedAt: row.startedAt?.toISOString() ?? null,
      endedAt: row.endedAt?.toISOString() ?? null,
      state: seen?.state ?? null,
      positionMs: seen?.positionMs ?? fromMs,
    };
  }

  return { read, arm, act, authorise, record, transition, rescheduled, endedAt, plannedFor, reconcile };
}

const ANSWER_MS = 3_000;
const SAME_MOMENT_MS = 10_000;

/** When it is to begin, epoch ms; null while nobody has said. */
function dueAt(row: { start: string; startsAt: Date | null }, session: { startsAt: number }): number | null {
  return row.start === 'plan' ? session.startsAt : (row.startsAt?.getTime() ?? null);
}

/** The session's playout that is not over, held until the transaction ends. */
async function openIn(tx: Tx, sessionId: string) {
  await tx.$queryRaw`select 1 as locked from playout where session_id = ${sessionId}::uuid and ended_at is null for update`;
  return tx.playout.findFirst({ where: { sessionId, endedAt: null } });
}

/** @returns whether it was open */
async function close(tx: Tx, id: string, outcome: PlayoutOutcome, at: number): Promise<boolean> {
  const closed = await tx.playout.updateMany({
    where: { id, endedAt: null },
    data: { endedAt: new Date(at), outcome },
  });
  return closed.count > 0;
}
