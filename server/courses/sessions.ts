import type { z } from 'zod';
import type { DeliveryChoice, Session, SessionInput } from '#contract/courses.ts';
import type { Prisma } from '#prisma/client.ts';
import { type Actor, audit, SYSTEM } from '../audit.ts';
import type { Tx } from '../db.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { Dwell, deliveryFor } from './delivery.ts';
import { hasStarted, isOver, startProblem } from './states.ts';
import { lockCourse, lockSession } from './store.ts';
import { newStreamKey, streamKeyHash } from './stream-key.ts';
import { type RoomSession, roomSession, type SessionMarks, sessionView, withCourse } from './view.ts';

/** A whole session, or, for a change, the fields that change. */
type SessionChanges = { [K in keyof z.output<typeof SessionInput>]?: z.output<typeof SessionInput>[K] | undefined };

/** What can still be put right once the class has begun; the rest is part of the record. */
const TEXTS: ReadonlySet<string> = new Set(['topic', 'outline', 'instructorName', 'venue']);

/** Told, in the transaction, of a session whose time was changed; what it throws undoes the change. */
export type RescheduleParticipant = (tx: Tx, session: RoomSession) => Promise<void>;

/** The sessions (期) of courses: planning them, their stream keys, and what the room keeps on them. */
export function createSessions(services: Services, marksOf: (ids: string[]) => Promise<SessionMarks>) {
  const { db, clock, config, signals, sealing } = services;
  const { prisma } = db;
  const dwell = new Dwell();
  const rescheduling: RescheduleParticipant[] = [];

  function onReschedule(participant: RescheduleParticipant): void {
    rescheduling.push(participant);
  }

  /** `full`: with what is for those who run courses. @throws AppError `not-found` */
  async function readSession(sessionId: string, full: boolean): Promise<Session> {
    const row = await prisma.session.findUnique({ where: { id: sessionId }, include: withCourse });
    if (!row) throw notFound();
    return sessionView(row, row.course.title, await marksOf([sessionId]), full);
  }

  /** @throws AppError `course-archived`, `impossible-time`, `bad-request` for an unknown instructor */
  async function addSession(courseId: string, input: SessionInput, actor: Actor): Promise<Session> {
    const now = clock();
    refuseImpossibleStart(Date.parse(input.startsAt), now);
    const id = newId();
    await knownInstructor(
      prisma.$transaction(async (tx) => {
        await lockCourse(tx, courseId);
        const course = await tx.course.findUnique({
          where: { id: courseId },
          include: { sessions: { orderBy: { number: 'desc' }, take: 1 } },
        });
        if (!course) throw notFound();
        if (course.archivedAt) throw new AppError('course-archived');
        const number = (course.sessions[0]?.number ?? 0) + 1;
        await tx.session.create({ data: { ...input, id, courseId, number, ...newStreamKey(services) } });
        await audit(tx, actor, now, 'session:create', { kind: 'session', id }, { courseId, number });
      }),
    );
    return readSession(id, true);
  }

  /**
   * Changes what `changes` names. Values that stay the same are no change, so a form may send all of them.
   * @throws AppError `session-locked` for anything but texts, and until the end its outside address, once the class has begun,
   * `impossible-time`, or what a participant throws
   */
  async function updateSession(sessionId: string, changes: SessionChanges, actor: Actor): Promise<Session> {
    const now = clock();
    let pictureChanged = false;
    await knownInstructor(
      prisma.$transaction(async (tx) => {
        await lockSession(tx, sessionId);
        const row = await tx.session.findUnique({ where: { id: sessionId }, include: withCourse });
        if (!row) throw notFound();
        if (row.course.archivedAt) throw new AppError('course-archived');
        const { startsAt, ...rest } = changes;
        const data = differing(row, { ...rest, ...(startsAt !== undefined && { startsAt: new Date(startsAt) }) });
        const changed = Object.keys(data);
        if (changed.length === 0) return;
        if (row.state === 'archived') throw new AppError('session-locked');
        const mayChange = (field: string) => TEXTS.has(field) || (field === 'outsideUrl' && !isOver(row.state));
        if (hasStarted(row.state) && !changed.every(mayChange)) throw new AppError('session-locked');
        if (data.startsAt) refuseImpossibleStart(data.startsAt.getTime(), now);
        const after = await tx.session.update({
          where: { id: sessionId },
          data: { ...data, revision: { increment: 1 } },
          include: withCourse,
        });
        if (data.startsAt) for (const participant of rescheduling) await participant(tx, roomSession(after));
        const moved = data.startsAt && { from: row.startsAt.toISOString(), to: data.startsAt.toISOString() };
        await audit(
          tx,
          actor,
          now,
          moved && row.state === 'scheduled' ? 'session:reschedule' : 'session:update',
          { kind: 'session', id: sessionId },
          { changed, ...moved, ...('outsideUrl' in data && { outsideUrl: data.outsideUrl ?? null }) },
        );
        pictureChanged = 'outsideUrl' in data;
      }),
    );
    signals.emit('room-changed', sessionId);
    if (pictureChanged) signals.emit('picture-changed', sessionId);
    return readSession(sessionId, true);
  }

  /** @throws AppError `session-locked` unless it is a draft */
  async function deleteSession(sessionId: string, actor: Actor): Promise<void> {
    await prisma.$transaction(async (tx) => {
      await lockSession(tx, sessionId);
      const row = await tx.session.findUnique({ where: { id: sessionId } });
      if (!row) throw notFound();
      if (row.state !== 'draft') throw new AppError('session-locked');
      await tx.session.delete({ where: { id: sessionId } });
      const detail = { courseId: row.courseId, number: row.number, topic: row.topic };
      await audit(tx, actor, clock(), 'session:delete', { kind: 'session', id: sessionId }, detail);
    });
  }

  /** The session's stream key in plain text. */
  async function streamKey(sessionId: string): Promise<string> {
    const row = await prisma.session.findUnique({ where: { id: sessionId }, select: { streamKeyCipher: true } });
    if (!row) throw notFound();
    return sealing.unseal(row.streamKeyCipher);
  }

  /** Replaces the stream key: the old one opens nothing any more, and whoever publishes with it is cut off. */
  async function rotateStreamKey(sessionId: string, actor: Actor): Promise<string> {
    await prisma.$transaction(async (tx) => {
      await tx.session.update({ where: { id: sessionId }, data: newStreamKey(services) });
      await audit(tx, actor, clock(), 'session:stream-key', { kind: 'session', id: sessionId });
    });
    signals.emit('stream-key-replaced', sessionId);
    return streamKey(sessionId);
  }

  /** Whose key this is, the session's id; null for a wrong or replaced one. Whether the session takes a publisher is for the caller. */
  async function findByStreamKey(key: string): Promise<string | null> {
    const where = { streamKeyHash: streamKeyHash(services, key) };
    return (await prisma.session.findUnique({ where, select: { id: true } }))?.id ?? null;
  }

  async function sessionForRoom(sessionId: string): Promise<RoomSession | null> {
    const row = await prisma.session.findUnique({ where: { id: sessionId }, include: withCourse });
    return row && roomSession(row);
  }

  /** Reads a session and holds it until the transaction ends. Whoever holds other rows as well takes them after it. */
  async function holdSession(tx: Tx, sessionId: string): Promise<RoomSession | null> {
    await lockSession(tx, sessionId);
    const row = await tx.session.findUnique({ where: { id: sessionId }, include: withCourse });
    return row && roomSession(row);
  }

  /** Counts a change that the room can see. Emit `room-changed` after the commit. */
  async function bumpRevision(tx: Tx, sessionId: string): Promise<number> {
    const { revision } = await tx.session.update({
      where: { id: sessionId },
      data: { revision: { increment: 1 } },
      select: { revision: true },
    });
    return revision;
  }

  /** Notes that 应到 was frozen now. Part of the transaction that froze it. */
  async function noteDueFrozen(tx: Tx, sessionId: string): Promise<void> {
    await tx.session.update({ where: { id: sessionId }, data: { dueFrozenAt: new Date(clock()) } });
  }

  /** Notes since when the publisher of a live session has been away; null: it is back. */
  async function setPublisherLost(sessionId: string, at: number | null, tx: Tx = prisma): Promise<void> {
    await tx.session.updateMany({
      where: { id: sessionId, state: 'live' },
      data: { publisherLostAt: at === null ? null : new Date(at) },
    });
  }

  /** Live sessions whose publisher has been away since before `at`, epoch ms. */
  async function lostSince(at: number): Promise<string[]> {
    const rows = await prisma.session.findMany({
      where: { state: 'live', publisherLostAt: { lt: new Date(at) } },
      select: { id: true },
    });
    return rows.map((row) => row.id);
  }

  /** Live sessions whose picture is somebody else's stream. */
  async function liveFromOutside(): Promise<string[]> {
    const where = { state: 'live', outsideUrl: { not: null } } as const;
    const rows = await prisma.session.findMany({ where, select: { id: true } });
    return rows.map((row) => row.id);
  }

  /** Addresses of outside streams that are, or soon will be, played. */
  async function outsideUrls(): Promise<string[]> {
    const where = {
      state: { in: ['scheduled', 'live'] },
      outsideUrl: { not: null },
    } satisfies Prisma.SessionWhereInput;
    const rows = await prisma.session.findMany({ where, select: { outsideUrl: true } });
    return rows.flatMap((row) => row.outsideUrl ?? []);
  }

  /** Raises 峰值同时在线 (devices) to `devices` if it was lower. */
  async function setPeakDevices(sessionId: string, devices: number): Promise<void> {
    await prisma.session.updateMany({
      where: { id: sessionId, peakDevices: { lt: devices } },
      data: { peakDevices: devices, peakAt: new Date(clock()) },
    });
  }

  /**
   * How the picture is to be delivered from now on. 自动 begins with what it is now, and follows the number of devices.
   * @throws AppError `not-found`
   */
  async function chooseDelivery(sessionId: string, choice: DeliveryChoice, actor: Actor): Promise<Session> {
    await prisma.$transaction(async (tx) => {
      await lockSession(tx, sessionId);
      const row = await tx.session.findUnique({ where: { id: sessionId } });
      if (!row) throw notFound();
      if (row.deliveryChoice === choice) return;
      const delivery = choice === 'auto' ? row.delivery : choice;
      const data = { deliveryChoice: choice, delivery, revision: { increment: 1 } };
      await tx.session.update({ where: { id: sessionId }, data });
      await audit(tx, actor, clock(), 'session:delivery', { kind: 'session', id: sessionId }, { choice, delivery });
    });
    signals.emit('room-changed', sessionId);
    return readSession(sessionId, true);
  }

  /**
   * Switches a live class that is delivered by itself when its devices have become, or for a while are no longer, a crowd.
   * @returns whether that is how it stays with so many devices; otherwise it must be asked again
   */
  async function adaptDelivery(sessionId: string, devices: number): Promise<boolean> {
    const row = await prisma.session.findUnique({ where: { id: sessionId } });
    if (row?.state !== 'live') {
      dwell.forget(sessionId);
      return true;
    }
    const delivery = deliveryFor(row.deliveryChoice, row.delivery, devices, config.crowdFrom);
    if (delivery === row.delivery) {
      dwell.end(sessionId);
      return true;
    }
    if (delivery === 'interactive' && !dwell.isLong(sessionId, clock())) return false;
    const changed = await prisma.$transaction(async (tx) => {
      // Of the workers that see it, one finds the row as it was.
      const { count } = await tx.session.updateMany({
        where: { id: sessionId, delivery: row.delivery, deliveryChoice: row.deliveryChoice },
        data: { delivery, revision: { increment: 1 } },
      });
      if (count === 0) return false;
      await audit(tx, SYSTEM, clock(), 'session:delivery', { kind: 'session', id: sessionId }, { delivery, devices });
      return true;
    });
    if (!changed) return false;
    if (delivery === 'interactive') dwell.tookBack(sessionId);
    signals.emit('room-changed', sessionId);
    return true;
  }

  return {
    readSession,
    chooseDelivery,
    adaptDelivery,
    addSession,
    updateSession,
    deleteSession,
    streamKey,
    rotateStreamKey,
    findByStreamKey,
    sessionForRoom,
    holdSession,
    onReschedule,
    bumpRevision,
    noteDueFrozen,
    setPublisherLost,
    lostSince,
    liveFromOutside,
    outsideUrls,
    setPeakDevices,
  };
}

/** @throws AppError `impossible-time`, saying why. Epoch milliseconds. */
export function refuseImpossibleStart(startsAt: number, now: number): void {
  const reason = startProblem(startsAt, now);
  if (reason) throw new AppError('impossible-time', { reason });
}

/** The entries of `changes` whose value is given and differs from the row's. */
export function differing<C extends object>(row: object, changes: C): { [K in keyof C]?: Exclude<C[K], undefined> } {
  const before = row as Record<string, unknown>;
  const entries = Object.entries(changes).filter(
    ([field, value]) => value !== undefined && !same(before[field], value),
  );
  return Object.fromEntries(entries) as { [K in keyof C]?: Exclude<C[K], undefined> };
}

function same(a: unknown, b: unknown): boolean {
  return a instanceof Date && b instanceof Date ? a.getTime() === b.getTime() : a === b;
}

async function knownInstructor<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    const foreignKey = (error as { code?: string }).code === 'P2003';
    if (foreignKey) throw new AppError('bad-request', { fields: 'instructorAccountId' });
    throw error;
  }
}
