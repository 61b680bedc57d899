import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSeals } from '#server/attendance/seals.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { type Config, loadConfig, type Secrets } from '#server/config.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { createRetention } from '#server/retention/service.ts';
import type { Services } from '#server/services.ts';
import { type AttendedSessions, attendedSessions, STARTED_AT } from '#tests/support/attended-session.ts';

const DAY_MS = 86_400_000;
const YEAR_MS = 365.25 * DAY_MS;

let sessions: AttendedSessions;
let services: Services;
let retention: ReturnType<typeof createRetention>;
let sessionId: string;
let worker: string;
let operator: string;

beforeAll(async () => {
  sessions = await attendedSessions();
  const config: Config = loadConfig({ DATABASE_URL: sessions.url });
  services = {
    ...{ db: sessions.db, config, logger: createLogger('silent', 'test') },
    clock: () => sessions.time.now,
    secrets: { 'phone-hash': 'aa' } as Secrets,
  } as Services;
  retention = createRetention(services);
});
afterAll(() => sessions.close());

/** A class of three links, which a worker and a special operator attended. */
beforeEach(async () => {
  // Sessions of tests before are none of this one's.
  await sessions.db.prisma.recordRemoval.deleteMany();
  await sessions.db.prisma.session.updateMany({ data: { endedAt: null } });
  sessionId = await sessions.session();
  worker = await sessions.person('张三');
  operator = await sessions.person('李四');
  await sessions.attend(sessionId, [worker, operator], 45);
  await sessions.db.prisma.attendee.updateMany({
    where: { sessionId, personId: operator },
    data: { category: 'special_operator' },
  });
  await sessions.end(sessionId, 60);
});

const verify = () => verifySession(sessions.db.pool, sessionId, { clock: () => sessions.time.now });
const entriesOf = (personId: string) => sessions.db.prisma.attendanceEntry.count({ where: { sessionId, personId } });
const later = (ms: number) => {
  sessions.time.now = STARTED_AT + ms;
};

describe('a record', () => {
  it('stays until its time is over, and says when that is', async () => {
    later(2.9 * YEAR_MS);
    expect((await retention.sweep()).records).toEqual([]);
    const { upcoming, removals } = await retention.read();
    const mine = upcoming.filter((row) => row.sessionId === sessionId);
    expect(mine.map(({ recordClass, people, dueAt, state }) => [recordClass, people, dueAt, state])).toEqual([
      ['general', 1, '2029-02-08T01:01:00.000Z', 'kept'],
      ['special', 1, '2032-02-08T01:01:00.000Z', 'kept'],
    ]);
    expect(removals.filter((row) => row.sessionId === sessionId)).toEqual([]);
  });

  it('goes by class: what is left of it still fits its chain, its digest and its credit', async () => {
    const seal = await createSeals(sessions.db).sealOf(sessionId);
    later(3.1 * YEAR_MS);
    expect((await retention.sweep()).records).toMatchObject([{ sessionId, recordClass: 'general' }]);
    expect([await entriesOf(worker), await entriesOf(operator)]).toEqual([0, 3]);
    expect(await verify()).toMatchObject({
      intact: true,
      links: 3,
      entries: 3,
      removed: 3,
      people: 1,
      digest: seal.digest,
    });
    expect(await createSeals(sessions.db).check(sessionId, seal.code)).toMatchObject({ state: 'current', entries: 6 });
    const [removal] = (await retention.read()).removals;
    expect(removal).toMatchObject({
      ...{ sessionId, recordClass: 'general', people: 1, present: 0, creditedSeconds: 45, entries: 3, rows: 1 },
      digest: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const entry = await sessions.db.prisma.auditEntry.findFirst({
      where: { action: 'retention:remove', subjectId: sessionId },
    });
    expect(entry).toMatchObject({ accountId: null, detail: { people: 1, entries: 3, digest: removal?.digest } });

    later(6.1 * YEAR_MS);
    await retention.sweep();
    expect(await verify()).toMatchObject({ intact: true, links: 3, entries: 0, removed: 6, people: 0 });
    expect(await sessions.db.prisma.connection.count({ where: { sessionId } })).toBe(0);
  });

  it('goes on where a removal was killed, and is one that can be checked at each moment', async () => {
    later(3.1 * YEAR_MS);
    let steps = 0;
    const killed = await retention.sweep(() => {
      steps += 1;
      // The network logs, the session, and one link of it.
      return steps <= 4;
    });
    expect(killed.records).toEqual([]);
    expect(await verify()).toMatchObject({ intact: true });
    expect((await retention.read()).upcoming.find((row) => row.sessionId === sessionId)).toMatchObject({
      state: 'removing',
    });
    const together = await Promise.all([retention.sweep(), retention.sweep()]);
    expect(together.flatMap(({ records }) => records)).toHaveLength(1);
    expect(await verify()).toMatchObject({ intact: true, entries: 3, removed: 3 });
    const removal = await sessions.db.prisma.recordRemoval.findFirstOrThrow({ where: { sessionId } });
    expect(removal).toMatchObject({ people: 1, entries: 3 });
  });

  it('is held when it is not as it was made, until it is again', async () => {
    later(3.1 * YEAR_MS);
    await sessions.db.pool.query('update attendee set credited_ms = 1 where session_id = $1 and person_id = $2', [
      ...[sessionId, worker],
    ]);
    expect((await retention.sweep()).records).toEqual([]);
    expect(await entriesOf(worker)).toBe(3);
    const state = async () =>
      (await retention.read()).upcoming.find((row) => row.sessionId === sessionId && row.recordClass === 'general')
        ?.state;
    expect(await state()).toBe('held');
    await sessions.db.pool.query('update attendee set credited_ms = 45000 where session_id = $1 and person_id = $2', [
      ...[sessionId, worker],
    ]);
    expect((await retention.sweep()).records).toHaveLength(1);
  });
});

describe('a record from which something was removed', () => {
  beforeEach(async () => {
    later(3.1 * YEAR_MS);
    await retention.sweep();
  });
  const kinds = async () => (await verify()).faults.map(({ kind, link, personId }) => ({ kind, link, personId }));

  it('names an entry of it that is changed afterwards', async () => {
    await sessions.db.pool.query('update attendance_entry set hidden = true where session_id = $1 and batch = 2', [
      sessionId,
    ]);
    expect(await kinds()).toEqual([{ kind: 'changed', link: 2, personId: operator }]);
  });

  it('notices what somebody takes out beside the rule', async () => {
    await sessions.db.pool.query(
      `update attendance_batch set kept = 0, kept_digest = sha256(digest), fingerprints = '' where session_id = $1 and batch = 2`,
      [sessionId],
    );
    await sessions.db.pool.query('delete from attendance_entry where session_id = $1 and batch = 2', [sessionId]);
    expect((await kinds()).map(({ kind }) => kind)).toEqual(['removal-unrecorded', 'credit-changed']);
  });
});

describe('network logs', () => {
  it('say after 184 days how many devices there were, and no more which', async () => {
    const devices = () =>
      sessions.db.prisma.connection.findMany({ where: { sessionId }, select: { deviceId: true, coverage: true } });
    const before = await devices();
    later(183 * DAY_MS);
    expect((await retention.sweep()).network).toBe(0);
    later(185 * DAY_MS);
    expect((await retention.sweep()).network).toBe(1);
    const reduced = await devices();
    expect(new Set(reduced.map(({ deviceId }) => deviceId)).size).toBe(2);
    expect(reduced.some(({ deviceId }) => before.some((old) => old.deviceId === deviceId))).toBe(false);
    expect(reduced.every(({ coverage }) => coverage.length === 0)).toBe(true);
    expect((await retention.sweep()).network).toBe(0);
    expect(await verify()).toMatchObject({ intact: true });
  });
});

it('erases who left long ago and of whom no record is left, and nobody else', async () => {
  const { prisma } = sessions.db;
  const { unitId } = sessions;
  const left = async (name: string, days: number) => {
    const id = newId();
    const leftAt = new Date(sessions.time.now - days * DAY_MS);
    await prisma.person.create({ data: { id, unitId, name, category: 'worker', phoneLast4: '1234', leftAt } });
    return id;
  };
  const [gone, recent] = [await left('王五', 200), await left('赵六', 100)];
  await prisma.person.update({ where: { id: worker }, data: { leftAt: new Date(sessions.time.now - 400 * DAY_MS) } });
  expect((await retention.sweep()).people).toBe(1);
  const names = new Map((await prisma.person.findMany()).map((row) => [row.id, row.name]));
  expect([gone, recent, worker].map((id) => names.get(id))).toEqual(['已删除', '赵六', '张三']);
  expect(await prisma.person.findUnique({ where: { id: gone } })).toMatchObject({ phoneLast4: null });
});
