import type { FilmStatus } from '#contract/media.ts';
import { MAX_MARKS } from '#contract/plain.ts';
import type { Mark, Recording } from '#contract/recordings.ts';
import type { Target } from '../accounts/policy.ts';
import { type Actor, audit, SYSTEM } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { type CaptionsService, captionsOf } from './captions.ts';
import { keptRecording, recordedBroadcast } from './kept-recording.ts';
import type { MediaClient } from './media-client.ts';
import { signPlayback } from './playback.ts';

const DAY_MS = 86_400_000;
const LOOK_EVERY_MS = 3_600_000;
/** For so long media is told again what was deleted: it may have been away. */
const TOLD_FOR_MS = 7 * DAY_MS;
const NO_FILM: FilmStatus = { state: 'none', progress: 0, bytes: null };

export type Recordings = ReturnType<typeof createRecordings>;

/** What is kept of a class: its chapters, what of it is shown, and until when. */
export function createRecordings(services: Services, courses: Courses, media: MediaClient) {
  const { db, clock, signals, secrets, config, logger } = services;
  const { prisma } = db;

  async function marksOf(sessionId: string): Promise<Mark[]> {
    const rows = await prisma.sessionMark.findMany({ where: { sessionId }, orderBy: [{ at: 'asc' }, { id: 'asc' }] });
    return rows.map(markView);
  }

  async function read(sessionId: string): Promise<Recording> {
    const [row, marks] = await Promise.all([recordedBroadcast(prisma, sessionId), marksOf(sessionId)]);
    const kept = row !== null && row.endedAt !== null && row.path !== null;
    const days = config.keepRecordingsDays;
    return {
      state: row === null ? 'none' : row.deletedAt ? 'deleted' : row.endedAt === null ? 'open' : kept ? 'kept' : 'none',
      bytes: kept ? Number(row.bytes ?? 0) : null,
      durationMs: row?.durationMs ?? null,
      firstPdt: numberOf(row?.firstPdt),
      lastPdt: numberOf(row?.lastPdt),
      trimFrom: numberOf(row?.trimFrom),
      trimTo: numberOf(row?.trimTo),
      marks,
      deletedAt: row?.deletedAt?.toISOString() ?? null,
      keptUntil:
        kept && row.endedAt && days !== undefined
          ? new Date(row.endedAt.getTime() + days * DAY_MS).toISOString()
          : null,
      film: kept ? await media.film({ broadcastId: row.id, make: false }).catch(() => NO_FILM) : NO_FILM,
      captions: kept ? await captionsOf(prisma, row.id) : [],
    };
  }

  /** @throws AppError `no-recording` before the class, `too-many-marks` */
  async function mark(
    sessionId: string,
    input: { label: string; at?: number | undefined },
    actor: Actor,
  ): Promise<Mark> {
    const now = clock();
    const id = newId();
    const made = await prisma.$transaction(async (tx) => {
      // The session's row first, as in a change of state; with it one mark after the other is counted.
      await courses.bumpRevision(tx, sessionId);
      const broadcast = await recordedBroadcast(tx, sessionId);
      if (!broadcast || broadcast.firstPdt === null) throw new AppError('no-recording');
      if ((await tx.sessionMark.count({ where: { sessionId } })) >= MAX_MARKS) throw new AppError('too-many-marks');
      const at = within(input.at ?? now, broadcast);
      const data = { id, sessionId, label: input.label, at: BigInt(at), createdAt: new Date(now) };
      const row = await tx.sessionMark.create({ data });
      await audit(tx, actor, now, 'recording:mark', { kind: 'mark', id }, { sessionId, at, label: input.label });
      return markView(row);
    });
    signals.emit('room-changed', sessionId);
    return made;
  }

  async function changeMark(
    id: string,
    changes: { label?: string | undefined; at?: number | undefined },
    actor: Actor,
  ): Promise<Mark> {
    const { sessionId } = await markRow(id);
    const changed = await prisma.$transaction(async (tx) => {
      await courses.bumpRevision(tx, sessionId);
      const broadcast = await recordedBroadcast(tx, sessionId);
      const at = changes.at === undefined || !broadcast ? undefined : within(changes.at, broadcast);
      const data = { ...(changes.label && { label: changes.label }), ...(at !== undefined && { at: BigInt(at) }) };
      const row = await tx.sessionMark.update({ where: { id }, data });
      await audit(tx, actor, clock(), 'recording:mark', { kind: 'mark', id }, { sessionId, ...changes });
      return markView(row);
    });
    signals.emit('room-changed', sessionId);
    return changed;
  }

  async function removeMark(id: string, actor: Actor): Promise<void> {
    const { sessionId } = await markRow(id);
    await prisma.$transaction(async (tx) => {
      await courses.bumpRevision(tx, sessionId);
      const row = await tx.sessionMark.delete({ where: { id } });
      const detail = { sessionId, at: Number(row.at), label: row.label };
      await audit(tx, actor, clock(), 'recording:unmark', { kind: 'mark', id }, detail);
    });
    signals.emit('room-changed', sessionId);
  }

  async function markRow(id: string) {
    const row = await prisma.sessionMark.findUnique({ where: { id } });
    if (!row) throw notFound();
    return row;
  }

  /** @throws AppError `no-recording` */
  async function trim(
    sessionId: string,
    { from, to }: { from: number | null; to: number | null },
    actor: Actor,
  ): Promise<Recording> {
    const row = await prisma.$transaction(async (tx) => {
      await courses.bumpRevision(tx, sessionId);
      const { id } = await keptRecording(tx, sessionId);
      await audit(tx, actor, clock(), 'recording:trim', { kind: 'session', id: sessionId }, { from, to });
      const data = { trimFrom: from === null ? null : BigInt(from), trimTo: to === null ? null : BigInt(to) };
      return tx.broadcast.update({ where: { id }, data });
    });
    void media.trim({ broadcastId: row.id, from, to });
    signals.emit('room-changed', sessionId);
    return read(sessionId);
  }

  /** For good. What attended whom is evidence and stays. @throws AppError `no-recording` */
  async function remove(sessionId: string, actor: Actor, reason: 'by-hand' | 'by-rule' = 'by-hand'): Promise<void> {
    const row = await prisma.$transaction(async (tx) => {
      await courses.bumpRevision(tx, sessionId);
      const { id, bytes, path } = await keptRecording(tx, sessionId);
      const detail = { reason, path, bytes: Number(bytes ?? 0) };
      await audit(tx, actor, clock(), 'recording:delete', { kind: 'session', id: sessionId }, detail);
      await tx.recordingCaptions.deleteMany({ where: { broadcastId: id } });
      return tx.broadcast.update({ where: { id }, data: { path: null, deletedAt: new Date(clock()) } });
    });
    signals.emit('room-changed', sessionId);
    void media.remove({ broadcastId: row.id });
  }

  /** Deletes what the installation's rule no longer keeps, and tells media again what was deleted lately. */
  async function keepTheRule(): Promise<void> {
    const days = config.keepRecordingsDays;
    const now = clock();
    const old =
      days === undefined
        ? []
        : await prisma.broadcast.findMany({
            where: { kind: 'live', path: { not: null }, endedAt: { lt: new Date(now - days * DAY_MS) } },
            select: { sessionId: true },
          });
    for (const { sessionId } of old) {
      try {
        await remove(sessionId, SYSTEM, 'by-rule');
        logger.info({ sessionId }, 'a recording was deleted by rule');
      } catch (error) {
        // Another worker was faster.
        if (!(error instanceof AppError) || error.code !== 'no-recording') throw error;
      }
    }
    const told = await prisma.broadcast.findMany({
      where: { deletedAt: { gt: new Date(now - TOLD_FOR_MS) } },
      select: { id: true },
    });
    for (const { id } of told) void media.remove({ broadcastId: id });
  }

  return {
    read,
    marksOf,
    mark,
    changeMark,
    removeMark,
    trim,
    remove,
    keepTheRule,

    async makeFilm(sessionId: string, actor: Actor): Promise<FilmStatus> {
      const { id } = await keptRecording(prisma, sessionId);
      const film = await media.film({ broadcastId: id, make: true }).catch(() => {
        throw new AppError('media-unavailable');
      });
      await audit(prisma, actor, clock(), 'recording:film', { kind: 'session', id: sessionId });
      return film;
    },

    /** A link is good for ten minutes; a download that has begun goes on. @throws AppError `no-recording` */
    async filmLink(sessionId: string, viewerId: string, actor: Actor): Promise<{ address: string }> {
      const { prefix } = await keptRecording(prisma, sessionId);
      const session = await courses.sessionForRoom(sessionId);
      if (!session) throw notFound();
      const film = `${session.courseTitle} 第${session.number}期 ${session.topic}.mp4`.replaceAll(/[\\/:*?"<>|]/g, ' ');
      await audit(prisma, actor, clock(), 'recording:download', { kind: 'session', id: sessionId });
      const token = signPlayback(secrets.playback, { personId: viewerId, sessionId, prefix, film }, clock());
      return { address: `/media/t/${token}/${prefix}/class.mp4` };
    },

    async locateMark(id: string): Promise<Target | null> {
      const row = await prisma.sessionMark.findUnique({ where: { id }, select: { sessionId: true } });
      return row && courses.locateSession(row.sessionId);
    },
  };
}

/** Looks from time to time; the state of the rows lets one worker do it. */
export function watchRetention(
  { logger, config }: Services,
  recordings: Recordings,
  captions: CaptionsService,
): { stop(): void } {
  const look = () => {
    if (config.workerIndex !== 0) return;
    recordings
      .keepTheRule()
      .then(captions.tellAgain)
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for old recordings'));
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

function markView(row: { id: string; at: bigint; label: string }): Mark {
  return { id: row.id, at: Number(row.at), label: row.label };
}

function numberOf(value: bigint | null | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

function within(at: number, { firstPdt, lastPdt }: { firstPdt: bigint | null; lastPdt: bigint | null }): number {
  const [first, last] = [numberOf(firstPdt) ?? at, numberOf(lastPdt) ?? at];
  return Math.min(Math.max(at, first), Math.max(first, last));
}
