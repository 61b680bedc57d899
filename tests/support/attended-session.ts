import type { Beat } from '#contract/attendance.ts';
import { createAttendance } from '#server/attendance/service.ts';
import { replayUntil } from '#server/courses/replay-deadline.ts';
import { type Db, openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createTestDatabase } from './database.ts';

/** When the sessions of {@link attendedSessions} start. */
export const STARTED_AT = Date.parse('2026-02-08T01:00:00Z');

export type AttendedSessions = Awaited<ReturnType<typeof attendedSessions>>;

/** A database with one unit, and sessions that people attend through the real admission and store. */
export async function attendedSessions() {
  const database = await createTestDatabase();
  const db: Db = openDb(database.url, createLogger('silent', 'test'));
  const time = { now: STARTED_AT };
  /** Of every session that is over: how its replay counts. */
  const replay = { days: 30, presenceMinutes: 0, holesMs: 0 };
  const areaId = newId();
  const unitId = newId();
  await db.prisma.area.create({ data: { id: areaId, name: '城东街道' } });
  await db.prisma.unit.create({
    data: { id: unitId, kind: 'enterprise', name: '宏远机械厂', areaId, joinCode: 'TEST2345' },
  });
  const snapshot = {
    unitId,
    areaId,
    unitKind: 'enterprise',
    industry: 'other',
    highRisk: false,
    category: 'worker',
  } as const;
  const attendance = createAttendance(
    { db, clock: () => time.now, logger: createLogger('silent', 'test'), metrics: createMetrics(0) },
    {
      windowOf: async (id) => {
        const { startedAt, endedAt } = await db.prisma.session.findUniqueOrThrow({ where: { id } });
        return { startedAt: startedAt?.getTime() ?? null, endedAt: endedAt?.getTime() ?? null };
      },
      replayOf: async (id) => {
        const { endedAt } = await db.prisma.session.findUniqueOrThrow({ where: { id } });
        const until = replayUntil({ endedAt: endedAt?.getTime() ?? null, replayDays: replay.days });
        if (until === null || !endedAt) return null;
        const { presenceMinutes, holesMs } = replay;
        return {
          first: STARTED_AT,
          last: endedAt.getTime(),
          until,
          holesMs,
          endedAt: endedAt.getTime(),
          presenceMinutes,
        };
      },
    },
    // The clock stands still: nobody comes meanwhile.
    { gatherMs: 5 },
  );

  /** A session that has begun. */
  async function session(): Promise<string> {
    const id = newId();
    const courseId = newId();
    await db.prisma.course.create({
      data: { id: courseId, title: '开工第一课', audience: { create: { id: newId() } } },
    });
    await db.prisma.session.create({
      data: {
        id,
        courseId,
        number: 1,
        topic: '事故规律与预防',
        state: 'live',
        startsAt: new Date(STARTED_AT),
        startedAt: new Date(STARTED_AT),
        plannedMinutes: 60,
        streamKeyHash: Buffer.from(id),
        streamKeyCipher: Buffer.from(''),
      },
    });
    return id;
  }

  async function person(name: string): Promise<string> {
    const { id } = await db.prisma.person.create({ data: { id: newId(), unitId, name, category: 'worker' } });
    return id;
  }

  const enter = (sessionId: string, personId: string) => attendance.enter(sessionId, { personId, ...snapshot });

  /** People who watch the seconds from 0 to `seconds` together, in beats of `length` seconds, one link each. */
  async function attend(sessionId: string, people: string[], seconds: number, length = 15): Promise<void> {
    const sources = people.map((personId) => ({
      ...{ personId, sessionId, connId: newId(), deviceId: newId() },
      openedAt: STARTED_AT,
    }));
    time.now = STARTED_AT;
    for (const { personId } of sources) await enter(sessionId, personId);
    for (let from = 0; from < seconds; from += length) {
      const to = Math.min(seconds, from + length);
      time.now = STARTED_AT + to * 1_000 + 500;
      await Promise.all(sources.map((source) => attendance.store(source, [playedBeat(1 + from / length, from, to)])));
    }
  }

  return {
    db,
    url: database.url,
    time,
    replay,
    unitId,
    attendance,
    session,
    person,
    enter,
    attend,
    async end(sessionId: string, seconds: number): Promise<void> {
      const endedAt = new Date(STARTED_AT + seconds * 1_000);
      await db.prisma.session.update({ where: { id: sessionId }, data: { state: 'ended', endedAt } });
    },
    async close(): Promise<void> {
      await attendance.close();
      await db.close();
      await database.drop();
    },
  };
}

/** A beat that played from one second after the start to another. */
export function playedBeat(seq: number, fromSeconds: number, toSeconds: number): Beat {
  return {
    seq,
    mediaFrom: STARTED_AT + fromSeconds * 1_000,
    mediaTo: STARTED_AT + toSeconds * 1_000,
    monotonicMs: 0,
    state: { playing: true, hidden: false, stalled: false },
  };
}
