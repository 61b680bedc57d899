import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Beat } from '#contract/attendance.ts';
import { type ChainedEntry, genesis, link } from '#server/attendance/chain.ts';
import { lengthOf, unite } from '#server/attendance/credit.ts';
import type { Entering } from '#server/attendance/entries.ts';
import { createAttendance } from '#server/attendance/service.ts';
import { type Db, openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';

const T0 = Date.parse('2026-02-08T01:00:00Z');
let now = T0;
let db: Db;
let database: TestDatabase;
let unitId: string;
let areaId: string;
let sessionId: string;
let startedAt: number | null;
let endedAt: number | null;
let windowsRead = 0;

function attendance(on = db) {
  return createAttendance(
    { db: on, clock: () => now, logger: createLogger('silent', 'test'), metrics: createMetrics(0) },
    {
      windowOf: async () => {
        windowsRead += 1;
        return { startedAt, endedAt };
      },
      replayOf: async () => null,
    },
  );
}

async function person(name: string): Promise<string> {
  const { id } = await db.prisma.person.create({ data: { id: newId(), unitId, name, category: 'worker' } });
  return id;
}

/** Somebody at the door, as they are now. */
function entering(personId: string): Entering {
  return { personId, unitId, areaId, unitKind: 'enterprise', industry: 'other', highRisk: false, category: 'worker' };
}

function source(personId: string, openedAt = T0) {
  return { personId, sessionId, connId: newId(), deviceId: newId(), openedAt };
}

function beat(seq: number, fromSeconds: number, toSeconds: number): Beat {
  return {
    seq,
    mediaFrom: T0 + fromSeconds * 1000,
    mediaTo: T0 + toSeconds * 1000,
    monotonicMs: 0,
    state: { playing: true, hidden: false, stalled: false },
  };
}

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDb(database.url, createLogger('silent', 'test'));
  areaId = newId();
  unitId = newId();
  await db.prisma.area.create({ data: { id: areaId, name: '城东街道' } });
  await db.prisma.unit.create({
    data: { id: unitId, kind: 'enterprise', name: '宏远机械厂', areaId, joinCode: 'TEST2345' },
  });
});

beforeEach(async () => {
  now = T0;
  startedAt = T0;
  endedAt = null;
  sessionId = newId();
  const courseId = newId();
  await db.prisma.course.create({ data: { id: courseId, title: '开工第一课', audience: { create: { id: newId() } } } });
  await db.prisma.session.create({
    data: {
      id: sessionId,
      courseId,
      number: 1,
      topic: '事故规律与预防',
      startsAt: new Date(T0),
      plannedMinutes: 60,
      streamKeyHash: Buffer.from(sessionId),
      streamKeyCipher: Buffer.from(''),
    },
  });
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

describe('storing beats', () => {
  it('acks a beat sent twice and stores it once', async () => {
    const service = attendance();
    const personId = await person('张三');
    await service.enter(sessionId, entering(personId));
    const from = source(personId);
    now = T0 + 16_000;
    const first = await service.store(from, [beat(1, 0, 15)]);
    const again = await service.store(from, [beat(1, 0, 15)]);
    expect(first).toEqual({ accepted: [1], creditedMs: 15_000 });
    expect(again).toEqual(first);
    expect(await db.prisma.attendanceEntry.count({ where: { sessionId } })).toBe(1);
  });

  it('counts two tabs of one person once', async () => {
    const service = attendance();
    const personId = await person('李四');
    await service.enter(sessionId, entering(personId));
    now = T0 + 31_000;
    await service.store(source(personId), [beat(1, 0, 15), beat(2, 15, 30)]);
    const { creditedMs: credited } = await service.store(source(personId), [beat(1, 5, 20)]);
    expect(credited).toBe(30_000);
  });

  it('stores what several workers report at once, as one unbroken chain that recomputes to the credited time', async () => {
    const workers = [attendance(), attendance(), attendance()];
    const people = await Promise.all(Array.from({ length: 12 }, (_, i) => person(`工人${i}`)));
    for (const personId of people) await workers[0]?.enter(sessionId, entering(personId));
    now = T0 + 100_000;
    await Promise.all(
      people.flatMap((personId, i) =>
        workers.map((worker, w) => worker.store(source(personId), [beat(1, i, i + 20 + w), beat(2, 40 + w, 50)])),
      ),
    );

    const entries = await db.prisma.attendanceEntry.findMany({ where: { sessionId }, orderBy: { id: 'asc' } });
    const batches = await db.prisma.attendanceBatch.findMany({ where: { sessionId }, orderBy: { batch: 'asc' } });
    let digest = genesis(sessionId);
    for (const [i, batch] of batches.entries()) {
      expect(batch.batch).toBe(i + 1);
      const inBatch = entries.filter((entry) => entry.batch === batch.batch);
      digest = link(
        digest,
        inBatch.map(
          (e): ChainedEntry => ({
            ...e,
            claimedFrom: Number(e.claimedFrom),
            claimedTo: Number(e.claimedTo),
            from: Number(e.from),
            to: Number(e.to),
            receivedAt: e.receivedAt.getTime(),
          }),
        ),
      );
      expect(Buffer.from(batch.digest)).toEqual(digest);
    }
    const head = await db.prisma.attendanceChain.findUniqueOrThrow({ where: { sessionId } });
    expect(Buffer.from(head.digest)).toEqual(digest);

    for (const attendee of await db.prisma.attendee.findMany({ where: { sessionId } })) {
      const spans = entries
        .filter((entry) => entry.personId === attendee.personId)
        .map((entry) => ({ from: Number(entry.from), to: Number(entry.to) }));
      expect(attendee.creditedMs).toBe(lengthOf(unite([], spans)));
    }
  });

  it('rejects the beats of somebody who never entered without losing those gathered with them', async () => {
    const service = attendance();
    const personId = await person('王五');
    await service.enter(sessionId, entering(personId));
    now = T0 + 16_000;
    const [known, stranger] = await Promise.allSettled([
      service.store(source(personId), [beat(1, 0, 15)]),
      service.store(source(newId()), [beat(1, 0, 15)]),
    ]);
    expect(known).toMatchObject({ status: 'fulfilled', value: { accepted: [1] } });
    expect(stranger).toMatchObject({ status: 'rejected', reason: { code: 'not-joined' } });
  });

  it('does not ack when the database refuses, and stores everything when it is sent again', async () => {
    const personId = await person('赵六');
    const service = attendance();
    await service.enter(sessionId, entering(personId));
    const from = source(personId);
    now = T0 + 16_000;
    await db.pool.query('alter table attendance_batch rename to attendance_batch_away');
    await expect(service.store(from, [beat(1, 0, 15)])).rejects.toMatchObject({ code: 'busy' });
    await db.pool.query('alter table attendance_batch_away rename to attendance_batch');
    expect(await db.prisma.attendanceEntry.count({ where: { sessionId } })).toBe(0);
    expect(await service.store(from, [beat(1, 0, 15)])).toEqual({ accepted: [1], creditedMs: 15_000 });
  });

  it('takes beats neither before the class nor ten minutes after it', async () => {
    const service = attendance();
    const personId = await person('孙七');
    await service.enter(sessionId, entering(personId));
    startedAt = null;
    await expect(service.store(source(personId), [beat(1, 0, 15)])).rejects.toMatchObject({ code: 'session-not-open' });
    startedAt = T0;
    endedAt = T0 + 60_000;
    now = endedAt + 600_001;
    await expect(service.store(source(personId), [beat(1, 0, 15)])).rejects.toMatchObject({ code: 'too-late' });
  });
});

describe('a batch', () => {
  it('reads the session once, and refuses what is too late without the others', async () => {
    const service = attendance();
    const people = await Promise.all(['甲', '乙', '丙'].map(person));
    for (const personId of people) await service.enter(sessionId, entering(personId));
    endedAt = T0 + 60_000;
    now = endedAt + 600_000;
    const before = windowsRead;
    const inTime = people.map((personId) => service.store(source(personId), [beat(1, 0, 15)]));
    now += 1;
    const late = service.store(source(people[0] ?? ''), [beat(2, 15, 30)]);
    const again = service.store(source(people[1] ?? ''), [beat(2, 0, 15)]);
    await expect(late).rejects.toMatchObject({ code: 'too-late' });
    await expect(again).rejects.toMatchObject({ code: 'too-late' });
    expect(await Promise.all(inTime)).toEqual(people.map(() => ({ accepted: [1], creditedMs: 15_000 })));
    expect(windowsRead - before).toBe(1);
  });

  it('reads of a large class nobody but those who report', async () => {
    const crowd = 4_000;
    // One connection for all of it, which tells at once what it has read: others do a second later.
    const alone = openDb(database.url, createLogger('silent', 'test'), 1);
    // As in the morning: what is known is of the classes before.
    await alone.pool.query('analyze attendee');
    await alone.pool.query(
      `insert into person (id, unit_id, name, category, updated_at)
       select gen_random_uuid(), $1, '工人' || n, 'worker', now() from generate_series(1, $2::int) n`,
      [unitId, crowd],
    );
    await alone.pool.query(
      `insert into attendee (session_id, person_id, unit_id, area_id, unit_kind, high_risk, category, first_joined_at)
       select $1, id, unit_id, $2, 'enterprise', false, category, $3 from person where name like '工人%'`,
      [sessionId, areaId, new Date(T0)],
    );
    const { rows } = await alone.pool.query<{ id: string }>(
      'select person_id as id from attendee where session_id = $1 order by person_id limit 100',
      [sessionId],
    );
    const read = async () => {
      await alone.pool.query('select pg_stat_force_next_flush()');
      const counts = await alone.pool.query<{ n: number }>(
        `select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as n from pg_stat_user_tables where relname = 'attendee'`,
      );
      return counts.rows[0]?.n ?? 0;
    };
    const service = attendance(alone);
    const sources = rows.map(({ id }) => source(id));
    now = T0 + 16_000;
    const before = await read();
    await Promise.all(sources.map((from) => service.store(from, [beat(1, 0, 15)])));
    await Promise.all(sources.map(({ personId }) => service.enter(sessionId, entering(personId))));
    const sign = { sessionId, at: now, receivedAt: now, checkId: null, cause: 'hand' as const };
    await Promise.all(sources.map(({ personId, connId }) => service.sign({ ...sign, personId, connId })));
    expect(await read()).toBeLessThan(before + 10 * rows.length);
    await alone.close();
  });
});

describe('freezing 应到', () => {
  it('marks everybody invited as due, also those who came early, and nobody who joins later', async () => {
    const service = attendance();
    const early = await person('钱八');
    await service.enter(sessionId, entering(early));
    const session = await db.prisma.session.findUniqueOrThrow({ where: { id: sessionId } });
    await db.prisma.$transaction((tx) => service.freezeDue(tx, session));
    const late = await person('周九');
    await service.enter(sessionId, entering(late));
    const due = await db.prisma.attendee.findMany({ where: { sessionId, personId: { in: [early, late] } } });
    expect(due.find((a) => a.personId === early)).toMatchObject({ due: true });
    expect(due.find((a) => a.personId === late)).toMatchObject({ due: false });
    expect(due.find((a) => a.personId === early)?.firstJoinedAt).not.toBeNull();
  });
});
