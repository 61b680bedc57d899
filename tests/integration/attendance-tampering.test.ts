import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createChecks } from '#server/attendance/checks.ts';
import { createCorrections } from '#server/attendance/correcting.ts';
import { createSeals } from '#server/attendance/seals.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { SYSTEM } from '#server/audit.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { type AttendedSessions, attendedSessions, playedBeat, STARTED_AT } from '#tests/support/attended-session.ts';

/* One record with entries of every kind, made by the product; whoever changes it in the database is found out. */

const KINDS = [
  ...['live', 'sign', 'missed', 'screen', 'venue', 'replay', 'replay_sign', 'replay_missed', 'correction'],
] as const;
const TABLES = ['attendance_chain', 'attendance_batch', 'attendance_entry', 'attendee'];

interface Row {
  id: number;
  batch: number;
  kind: string;
  personId: string;
}

let sessions: AttendedSessions;
let sessionId: string;
let rows: Row[];

beforeAll(async () => {
  sessions = await attendedSessions();
  sessionId = await sessions.session();
  await attendInEveryWay();
  rows = await query(
    `select id, batch, kind, person_id as "personId" from attendance_entry where session_id = $1 order by batch, id`,
    [sessionId],
  );
  await query('create schema kept');
  for (const table of TABLES) await query(`create table kept.${table} as table ${table}`);
}, 120_000);

afterEach(async () => {
  for (const table of TABLES) {
    await query(`delete from ${table} where session_id = $1`, [sessionId]);
    await query(`insert into ${table} select * from kept.${table}`);
  }
});

afterAll(() => sessions.close());

async function query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
  return (await sessions.db.pool.query(sql, parameters)).rows as T[];
}

async function attendInEveryWay(): Promise<void> {
  const { attendance, time, db } = sessions;
  const at = (seconds: number) => {
    time.now = STARTED_AT + seconds * 1_000;
  };
  const person = async (name: string) => {
    const id = await sessions.person(name);
    await sessions.enter(sessionId, id);
    return id;
  };
  const watching = await sessions.person('张三');
  await sessions.attend(sessionId, [watching, await sessions.person('李四')], 60);

  const sitting = await person('王五');
  const screenId = newId();
  const screen = { id: screenId, sessionId, unitId: sessions.unitId, shortCode: 'TAMPER23' };
  await db.prisma.screen.create({
    data: { ...screen, secret: Uint8Array.from(randomBytes(32)), openedAt: new Date(time.now) },
  });
  at(70);
  const signingIn = { way: 'code', deviceId: newId(), ticketId: newId(), added: false, actorId: null } as const;
  await attendance.screens.signIn({ sessionId, screenId, personId: sitting, ...signingIn });
  at(100);
  const page = { screenId, sessionId, connId: newId(), deviceId: newId(), openedAt: STARTED_AT + 60_000 };
  await attendance.screens.played(page, [playedBeat(1, 60, 80), playedBeat(2, 80, 99)]);
  await attendance.screens.signOut({ sessionId, screenId, personId: sitting, way: 'convenor', actorId: newId() });

  const missing = { personId: watching, since: STARTED_AT + 10_000, at: STARTED_AT + 30_000 };
  await attendance.miss(sessionId, newId(), [missing]);
  const sign = { sessionId, personId: watching, connId: newId(), receivedAt: time.now, checkId: null };
  await attendance.sign({ ...sign, at: STARTED_AT + 50_000, cause: 'hand' });

  const there = await person('赵六');
  const door = { sessionId, personId: there };
  const code = () => ({ way: 'code', deviceId: newId(), scanId: newId() }) as const;
  await attendance.venue.sign({ ...door, sign: 'in', at: time.now, by: code() });
  at(400);
  const hand = { way: 'hand', reason: '忘记签退', actor: SYSTEM } as const;
  await attendance.venue.sign({ ...door, sign: 'out', at: STARTED_AT + 350_000, by: hand });

  await sessions.end(sessionId, 600);
  sessions.replay.presenceMinutes = 1;
  at(3_600);
  const late = await sessions.person('孙七');
  const watcher = { personId: late, sessionId, connId: newId() };
  const source = { ...watcher, deviceId: newId(), openedAt: time.now };
  for (let seq = 1, asked = 0; asked < 2 || seq < 30; seq += 1) {
    at(3_600 + seq * 15);
    const { replay } = await attendance.store(source, [playedBeat(seq, (seq - 1) * 15, seq * 15)]);
    if (asked === 0 && replay?.check) {
      asked = 1;
      await attendance.confirmInReplay(watcher, { checkId: replay.check.id, pressedAgoMs: 0, pdt: null });
    }
    if (replay?.missed) asked = 2;
  }

  const corrections = createCorrections({ db, clock: () => time.now });
  const { id: evidenceId } = await corrections.addEvidence(sessionId, 'a.pdf', Buffer.from('%PDF-1.4'), SYSTEM);
  const given = { personId: there, reason: '签到表为证', evidenceId };
  const difference = { effect: 'difference', deltaMs: 60_000 } as const;
  const stretch = { effect: 'present', from: STARTED_AT, to: STARTED_AT + 20_000 } as const;
  const { id } = await corrections.correct(sessionId, { ...given, change: difference }, SYSTEM);
  await corrections.correct(sessionId, { ...given, change: stretch }, SYSTEM);
  await corrections.withdraw(sessionId, id, '重复', SYSTEM);
}

const verify = async () => verifySession(sessions.db.pool, sessionId, { clock: () => sessions.time.now });

async function faults() {
  const found = await verify();
  expect(found.intact).toBe(false);
  return found.faults.map(({ kind, link, position, entryId, personId }) => ({
    ...{ kind, link, position, entryId, personId },
  }));
}

const ofKind = (kind: string) => rows.filter((row) => row.kind === kind);

/** Where an entry stands in its link, from 1. */
function positionOf({ id, batch }: Row): number {
  return rows.filter((row) => row.batch === batch).findIndex((row) => row.id === id) + 1;
}

it('is intact with entries of every kind', async () => {
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(KINDS));
  expect(await verify()).toMatchObject({ intact: true, faults: [], entries: rows.length });
});

describe.each(KINDS)('an entry of kind %s', (kind) => {
  it.each([
    ['from where it counts', '"from" = "from" - 1000'],
    ['up to where it counts', '"to" = "to" + 1000'],
    ['what was claimed', 'claimed_from = claimed_from + 1'],
    ['when it was received', "received_at = received_at + interval '1 ms'"],
    ['by whom', 'actor_id = gen_random_uuid()'],
    ['why', "reason = 'x'"],
    ['its connection', 'conn_id = gen_random_uuid()'],
    ['by how much', 'delta_ms = coalesce(delta_ms, 0) + 1'],
    ['its kind', `kind = '${kind === 'live' ? 'screen' : 'live'}'`],
  ])('whose fact was changed (%s) is named, and whose it is', async (_, change) => {
    const row = ofKind(kind).at(-1) as Row;
    await query(`update attendance_entry set ${change} where id = $1`, [row.id]);
    const named = { kind: 'changed', link: row.batch, position: positionOf(row), entryId: row.id };
    expect(await faults()).toContainEqual({ ...named, personId: row.personId });
  });

  it('that was given to somebody else is named for whom it was', async () => {
    const row = ofKind(kind).at(-1) as Row;
    await query('update attendance_entry set person_id = $2 where id = $1', [row.id, newId()]);
    const named = { kind: 'changed', link: row.batch, position: positionOf(row), entryId: row.id };
    expect(await faults()).toContainEqual({ ...named, personId: row.personId });
  });

  it('that was taken out is named by its place and whose it was', async () => {
    const row = ofKind(kind)[0] as Row;
    await query('delete from attendance_entry where id = $1', [row.id]);
    const named = { kind: 'missing', link: row.batch, position: positionOf(row), entryId: null };
    expect(await faults()).toContainEqual({ ...named, personId: row.personId });
  });
});

describe('a record', () => {
  it('whose last row was taken out is found, also when its link and its credit went with it', async () => {
    const last = rows.at(-1) as Row;
    await query('delete from attendance_entry where id = $1', [last.id]);
    const named = { kind: 'missing', link: last.batch, position: 1, entryId: null, personId: last.personId };
    expect(await faults()).toContainEqual(named);

    await query('delete from attendance_batch where session_id = $1 and batch = $2', [sessionId, last.batch]);
    await query('update attendee set credited_ms = credited_ms + 60000 where person_id = $1', [last.personId]);
    expect(await faults()).toEqual([
      { kind: 'head-changed', link: last.batch, position: null, entryId: null, personId: null },
    ]);
  });

  it('of which two rows of one link changed places names one of them', async () => {
    const link = rows.filter(({ batch }) => batch === 1);
    const [one, other] = link as [Row, Row];
    const aside = (rows.at(-1)?.id ?? 0) + 1_000_000;
    await query('update attendance_entry set id = $2 where id = $1', [one.id, aside]);
    await query('update attendance_entry set id = $2 where id = $1', [other.id, one.id]);
    await query('update attendance_entry set id = $2 where id = $1', [aside, other.id]);
    expect(await faults()).toEqual([expect.objectContaining({ kind: 'moved', link: 1 })]);
  });

  it('of which two links changed a row names both rows', async () => {
    const [one, late] = [rows[0], ofKind('correction')[0]] as [Row, Row];
    await query('update attendance_entry set batch = $2 where id = $1', [late.id, 1]);
    await query('update attendance_entry set batch = $2 where id = $1', [one.id, late.batch]);
    const found = await faults();
    expect(found).toContainEqual(expect.objectContaining({ link: 1, entryId: late.id }));
    expect(found).toContainEqual(expect.objectContaining({ link: late.batch, entryId: one.id }));
  });

  it.each([
    ['the digest of a link', `update attendance_batch set digest = sha256('x') where session_id = $1 and batch = 3`, 3],
    [
      'what a link follows',
      `update attendance_batch set previous = sha256('x') where session_id = $1 and batch = 3`,
      3,
    ],
    ['the last digest', `update attendance_chain set digest = sha256('x') where session_id = $1`, null],
    ['how many links there are', 'update attendance_chain set batch = batch - 1 where session_id = $1', null],
    ['how many entries a link has', 'update attendance_batch set entries = 9 where session_id = $1 and batch = 3', 3],
  ])('whose seal was changed (%s) is found', async (_, change, link) => {
    await query(change, [sessionId]);
    const found = await faults();
    expect(found).toHaveLength(1);
    if (link === null) expect(found[0]?.kind).toBe('head-changed');
    else expect(found[0]).toMatchObject({ kind: 'link-changed', link });
  });

  it('is named row by row on the page, with whose they are', async () => {
    const { db, time } = sessions;
    const checks = createChecks({ db, clock: () => time.now, logger: createLogger('silent', 'test') }, createSeals(db));
    const chosen = KINDS.map((kind) => ofKind(kind).at(-1) as Row);
    for (const { id } of chosen) {
      await query("update attendance_entry set received_at = received_at + interval '1 ms' where id = $1", [id]);
    }
    await checks.start(sessionId, { accountId: null, personId: null, requestId: 'r1' });
    await expect
      .poll(async () => (await checks.read(sessionId)).checks[0]?.outcome, { timeout: 20_000 })
      .toBe('altered');
    const { found } = await checks.read(sessionId);
    for (const { id, personId } of chosen) {
      expect(found?.verification.faults).toContainEqual(
        expect.objectContaining({ kind: 'changed', entryId: id, personId, unitName: '宏远机械厂' }),
      );
    }
    await checks.close();
  });
});
