import { type CaptionLanguage, type Captions, Cue } from '#contract/captions.ts';
import { Prisma } from '#prisma/client.ts';
import { type Actor, audit } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { Tx } from '../db.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import { readCaptions } from './caption-file.ts';
import { keptRecording } from './kept-recording.ts';
import type { MediaClient } from './media-client.ts';

/** For so long media is told again of a change: it may have been away. */
const TOLD_FOR_MS = 7 * 86_400_000;

export type CaptionsService = ReturnType<typeof createCaptions>;

interface Row {
  broadcastId: string;
  language: string;
  zero: bigint;
  cues: Prisma.JsonValue;
  changedAt: Date;
}

/** Captions that officers give to recordings. What is stored here is the truth; media has a copy to play from. */
export function createCaptions({ db, clock, signals }: Services, courses: Courses, media: MediaClient) {
  const { prisma } = db;

  function tell({ broadcastId, language, zero, cues, changedAt }: Row): void {
    const track = cues === null ? null : { zero: Number(zero), cues: Cue.array().parse(cues) };
    const as = { broadcastId, language: language as CaptionLanguage, changedAt: changedAt.getTime() };
    void media.captions({ ...as, track });
  }

  /** Later than every change before it, so that media can tell which of two holds. */
  async function changeTime(tx: Tx, broadcastId: string, language: string): Promise<Date> {
    const last = await tx.recordingCaptions.findUnique({ where: { broadcastId_language: { broadcastId, language } } });
    return new Date(Math.max(clock(), (last?.changedAt.getTime() ?? 0) + 1));
  }

  return {
    /**
     * Stores a file of captions, in place of what there was in that language. It begins where the recording does as it is shown.
     * @throws AppError `no-recording`, `captions-…` with the line
     */
    async put(sessionId: string, language: CaptionLanguage, file: Buffer, actor: Actor): Promise<void> {
      const cues = readCaptions(file);
      const row = await prisma.$transaction(async (tx) => {
        // The session's row first, as in every change of a recording; with it one change comes after the other.
        await courses.bumpRevision(tx, sessionId);
        const { id: broadcastId, firstPdt, trimFrom } = await keptRecording(tx, sessionId);
        const zero = trimFrom ?? firstPdt;
        if (zero === null) throw new AppError('no-recording');
        const changedAt = await changeTime(tx, broadcastId, language);
        const detail = { language, cues: cues.length, zero: Number(zero) };
        await audit(tx, actor, clock(), 'recording:captions', { kind: 'session', id: sessionId }, detail);
        const lengthMs = cues.reduce((end, { to }) => Math.max(end, to), 0);
        const data = { zero, cues, count: cues.length, lengthMs, changedAt };
        return tx.recordingCaptions.upsert({
          where: { broadcastId_language: { broadcastId, language } },
          create: { broadcastId, language, ...data },
          update: data,
        });
      });
      tell(row);
      signals.emit('room-changed', sessionId);
    },

    /** @throws AppError `no-captions`, `no-recording` */
    async remove(sessionId: string, language: CaptionLanguage, actor: Actor): Promise<void> {
      const row = await prisma.$transaction(async (tx) => {
        await courses.bumpRevision(tx, sessionId);
        const { id: broadcastId } = await keptRecording(tx, sessionId);
        const where = { broadcastId, language, cues: { not: Prisma.DbNull } };
        const changedAt = await changeTime(tx, broadcastId, language);
        const removed = await tx.recordingCaptions.updateMany({ where, data: { cues: Prisma.DbNull, changedAt } });
        if (removed.count === 0) throw new AppError('no-captions');
        await audit(tx, actor, clock(), 'recording:uncaption', { kind: 'session', id: sessionId }, { language });
        return { broadcastId, language, zero: 0n, cues: null, changedAt };
      });
      tell(row);
      signals.emit('room-changed', sessionId);
    },

    /** Media may have been away when it was told. */
    async tellAgain(): Promise<void> {
      const changedAt = { gt: new Date(clock() - TOLD_FOR_MS) };
      // One after the other: each may be a megabyte.
      const lately = await prisma.recordingCaptions.findMany({
        where: { changedAt, broadcast: { path: { not: null } } },
        select: { broadcastId: true, language: true },
      });
      for (const key of lately) {
        const row = await prisma.recordingCaptions.findUnique({ where: { broadcastId_language: key } });
        if (row) tell(row);
      }
    },
  };
}

/** What a recording has, in a fixed order. */
export async function captionsOf(tx: Tx, broadcastId: string): Promise<Captions[]> {
  const rows = await tx.recordingCaptions.findMany({
    where: { broadcastId, cues: { not: Prisma.DbNull } },
    orderBy: { language: 'desc' },
    select: { language: true, count: true, lengthMs: true, changedAt: true },
  });
  return rows.map(({ language, count, lengthMs, changedAt }) => {
    return { language: language as CaptionLanguage, cues: count, lengthMs, changedAt: changedAt.toISOString() };
  });
}
