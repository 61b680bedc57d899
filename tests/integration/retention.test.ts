import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCorrections } from '#server/attendance/correcting.ts';
import { createSeals } from '#server/attendance/seals.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { type Config, loadConfig, type Secrets } from '#server/config.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { createRetention } from '#server/retention/service.ts';
import { createScreenFiles } from '#server/screens/files.ts';
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

describe('files that a record rests on', () => {
  const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  const scan = (n: number) => Buffer.from([...PNG, n]);
  const actor = { accountId: null, personId: null, requestId: null };
  let screenId: string;
  let files: Map<string, { kind: string; sha256: string }>;

  /** The worker's correction and the operator's rest on a scan each; a third was not used. A sheet and a photograph of their room. */
  beforeEach(async () => {
    await sessions.db.prisma.screenFile.deleteMany();
    await sessions.db.prisma.correctionEvidence.deleteMany();
    later(3_600_000);
    files = new Map();
    const corrections = createCorrections({ db: sessions.db, clock: () => sessions.time.now });
    const evidence: string[] = [];
    for (const n of [1, 2, 3]) {
      const { id, sha256 } = await corrections.addEvidence(sessionId, `签到表${n}.png`, scan(n), actor);
      evidence.push(id);
      files.set(id, { kind: 'evidence', sha256 });
    }
    for (const [n, personId] of [worker, operator].entries()) {
      const change = { effect: 'difference', deltaMs: 5_000 } as const;
      const evidenceId = evidence[n] as string;
      await corrections.correct(sessionId, { personId, change, reason: '现场有签到表', evidenceId }, actor);
    }
    screenId = newId();
    await sessions.db.prisma.screen.create({
      data: {
        ...{ id: screenId, sessionId, unitId: sessions.unitId, shortCode: screenId.slice(-8) },
        ...{ secret: Buffer.alloc(32), openedAt: new Date(STARTED_AT) },
      },
    });
    const screenFiles = createScreenFiles({ db: sessions.db, clock: () => sessions.time.now });
    await screenFiles.add(screenId, { kind: 'sheet', name: '签到表.png' }, scan(4), actor);
    await screenFiles.add(screenId, { kind: 'photo_end', name: '会议室.png' }, scan(5), actor);
    for (const { id, kind, sha256 } of await screenFiles.list(screenId)) files.set(id, { kind, sha256 });
  });

  const kept = async () => [
    ...(await sessions.db.prisma.correctionEvidence.findMany({ where: { sessionId }, select: { id: true } })),
    ...(await sessions.db.prisma.screenFile.findMany({ where: { screenId }, select: { id: true } })),
  ];
  const removed = () => sessions.db.prisma.removedFile.findMany({ where: { removal: { sessionId } } });
  /** Each file is there with its content, or a row says what it was: never both, never neither. */
  async function expectNoneLost(): Promise<void> {
    const gone = await removed();
    for (const { id, kind, sha256 } of gone) {
      expect({ kind, sha256: Buffer.from(sha256).toString('hex') }).toEqual(files.get(id));
    }
    expect([...(await kept()), ...gone].map(({ id }) => id).sort()).toEqual([...files.keys()].sort());
    expect(await verify()).toMatchObject({ intact: true });
  }

  it('go with the last record that rests on them, and their digests stay', async () => {
    later(3.1 * YEAR_MS);
    await retention.sweep();
    await expectNoneLost();
    // The operator's evidence, and what shows the room in which somebody sat whose record is kept.
    expect(await kept()).toHaveLength(3);
    const [removal] = (await retention.read()).removals;
    expect(removal?.files.map(({ kind, bytes }) => [kind, bytes])).toEqual([
      ['evidence', 9],
      ['evidence', 9],
    ]);
    later(6.1 * YEAR_MS);
    await retention.sweep();
    await expectNoneLost();
    expect(await kept()).toEqual([]);
    expect((await retention.read()).removals.find(({ recordClass }) => recordClass === 'special')?.files).toHaveLength(
      3,
    );
    const detail = { files: 3, entries: 4 };
    const entries = await sessions.db.prisma.auditEntry.findMany({
      where: { action: 'retention:remove', subjectId: sessionId },
      orderBy: { id: 'asc' },
    });
    expect(entries.at(-1)?.detail).toMatchObject(detail);
  });

  it('are never lost without a word, whenever a removal is killed', async () => {
    later(6.1 * YEAR_MS);
    for (
      let allowed = 1;
      (await kept()).length > 0 || (await sessions.db.prisma.attendee.count({ where: { sessionId } })) > 0;
      allowed += 1
    ) {
      let steps = 0;
      await retention.sweep(() => {
        steps += 1;
        return steps <= allowed;
      });
      await expectNoneLost();
      expect(allowed).toBeLessThan(100);
    }
    expect(await removed()).toHaveLength(files.size);
  });

  it('are all there when the process dies as it removes them', async () => {
    later(6.1 * YEAR_MS);
    await sessions.db.pool.query(`
      create function dies() returns trigger language plpgsql as $$ begin
        perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
      create trigger dies after insert on removed_file for each row execute function dies()`);
    await expect(retention.sweep()).rejects.toThrow();
    expect(await kept()).toHaveLength(files.size);
    await expectNoneLost();
    await sessions.db.pool.query('drop function dies() cascade');
    await retention.sweep();
    expect(await kept()).toEqual([]);
    await expectNoneLost();
  });

  it('go when nobody attended', async () => {
    await sessions.db.prisma.attendee.deleteMany();
    await sessions.db.prisma.attendanceEntry.deleteMany({ where: { sessionId } });
    await sessions.db.prisma.attendanceBatch.deleteMany({ where: { sessionId } });
    await sessions.db.prisma.attendanceChain.deleteMany({ where: { sessionId } });
    later(2.9 * YEAR_MS);
    await retention.sweep();
    expect(await kept()).toHaveLength(files.size);
    later(3.1 * YEAR_MS);
    expect((await retention.sweep()).records).toMatchObject([{ sessionId, recordClass: 'general' }]);
    expect(await kept()).toEqual([]);
    await expectNoneLost();
    expect((await retention.sweep()).records).toEqual([]);
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
    const [phone, screenId] = [newId(), newId()];
    const openedAt = new Date(STARTED_AT);
    await sessions.db.prisma.screen.create({
      data: {
        ...{ id: screenId, sessionId, unitId: sessions.unitId, shortCode: screenId.slice(-8), openedAt },
        secret: Buffer.alloc(32),
        signIns: {
          create: [worker, operator].map((personId) => ({
            ...{ id: newId(), personId, signedInAt: openedAt, signedOutAt: openedAt, way: 'code' as const },
            deviceId: phone,
          })),
        },
      },
    });
    const signIns = () => sessions.db.prisma.screenSignIn.findMany({ where: { screenId } });
    later(183 * DAY_MS);
    expect((await retention.sweep()).network).toBe(0);
    later(185 * DAY_MS);
    expect((await retention.sweep()).network).toBe(1);
    expect((await signIns()).map(({ deviceId }) => deviceId)).toEqual(Array(2).fill(expect.not.stringMatching(phone)));
    expect(new Set((await signIns()).map(({ deviceId }) => deviceId)).size).toBe(1);
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
  const asked = await left('孙七', 1);
  await prisma.person.update({ where: { id: asked }, data: { erasureAskedAt: new Date(sessions.time.now) } });
  await prisma.person.update({ where: { id: operator }, data: { erasureAskedAt: new Date(), leftAt: new Date() } });
  expect((await retention.sweep()).people).toBe(2);
  const names = new Map((await prisma.person.findMany()).map((row) => [row.id, row.name]));
  expect([gone, asked, recent, worker].map((id) => names.get(id))).toEqual(['已删除', '已删除', '赵六', '张三']);
  // Who asked for deletion keeps their name as long as the law wants the record, and not a day longer.
  expect(names.get(operator)).toBe('李四');
  later(6.1 * YEAR_MS);
  await retention.sweep();
  expect(await prisma.person.findUnique({ where: { id: operator } })).toMatchObject({
    ...{ name: '已删除', erasedAt: expect.any(Date) },
  });
  expect(await prisma.person.findUnique({ where: { id: gone } })).toMatchObject({ phoneLast4: null });
});
