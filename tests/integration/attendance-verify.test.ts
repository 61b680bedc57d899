import { spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Verification } from '#contract/verification.ts';
import { ROOT } from '#scripts/folders.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { newId } from '#server/ids.ts';
import { type AttendedSessions, attendedSessions, STARTED_AT } from '#tests/support/attended-session.ts';

const TABLES = ['attendance_chain', 'attendance_batch', 'attendance_entry', 'attendee'];

let sessions: AttendedSessions;
/** The session that tests tamper with; afterwards it is put back. */
let attended: string;
/** The session that is checked. */
let sessionId: string;
let people: string[];
/** Ids of the entries in the order of the chain: three links of three people. */
let entries: { id: number; batch: number; personId: string }[];

beforeAll(async () => {
  sessions = await attendedSessions();
  people = [await sessions.person('张三'), await sessions.person('李四'), await sessions.person('王五')];
  attended = sessionId = await sessions.session();
  await sessions.attend(sessionId, people, 45);
  entries = await query(
    'select id, batch, person_id as "personId" from attendance_entry where session_id = $1 order by id',
    [sessionId],
  );
  await query('create schema kept');
  for (const table of TABLES) await query(`create table kept.${table} as table ${table}`);
});

afterEach(async () => {
  for (const table of TABLES) {
    await query(`delete from ${table} where session_id = $1`, [attended]);
    await query(`insert into ${table} select * from kept.${table}`);
  }
  sessionId = attended;
});

afterAll(() => sessions.close());

async function query<T>(sql: string, parameters: unknown[] = []): Promise<T[]> {
  return (await sessions.db.pool.query(sql, parameters)).rows as T[];
}

const verify = (): Promise<Verification> =>
  verifySession(sessions.db.pool, sessionId, { clock: () => sessions.time.now });

/** What was found, without what is null or the same everywhere. */
async function found() {
  const { faults, intact } = await verify();
  expect(intact).toBe(faults.length === 0);
  return faults.map(({ kind, link, position, entryId, personId, keptMs, recomputedMs }) =>
    Object.fromEntries(
      Object.entries({ kind, link, position, entryId, personId, keptMs, recomputedMs }).filter(([, v]) => v !== null),
    ),
  );
}

function entry(link: number, position: number) {
  return entries.filter(({ batch }) => batch === link)[position - 1] as (typeof entries)[number];
}

describe('a record as it was made', () => {
  it('is intact, with its head, its counts and the credit of everybody', async () => {
    const head = await sessions.db.prisma.attendanceChain.findUniqueOrThrow({ where: { sessionId } });
    expect(await verify()).toMatchObject({
      intact: true,
      digest: Buffer.from(head.digest).toString('hex'),
      ...{ links: 3, entries: 9, people: 3, creditedSeconds: 135, faults: [], faultCount: 0 },
    });
  });

  it('takes out what missed presence checks take, up to the next sign of life', async () => {
    sessionId = await sessions.session();
    await sessions.attend(sessionId, people, 60);
    const [away, back] = people as [string, string, string];
    const checkId = newId();
    await sessions.db.prisma.presenceCheck.create({
      data: {
        ...{ id: checkId, sessionId, windowMs: 60_000, spreadMs: 0 },
        ...{ openedAt: new Date(STARTED_AT + 20_000), openedPdt: STARTED_AT + 20_000, settledAt: new Date() },
      },
    });
    const [since, at] = [STARTED_AT + 10_000, STARTED_AT + 20_000];
    const missing = [away, back].map((personId) => ({ personId, since, at }));
    await sessions.attendance.miss(sessionId, checkId, missing);
    const sign = { sessionId, personId: back, connId: newId(), receivedAt: sessions.time.now, checkId: null };
    await sessions.attendance.sign({ ...sign, at: STARTED_AT + 50_000, cause: 'hand' });
    expect(await verify()).toMatchObject({ faults: [], entries: 15, creditedSeconds: 10 + 20 + 60 });

    await query("update attendance_entry set check_id = $2 where session_id = $1 and kind = 'sign'", [
      sessionId,
      checkId,
    ]);
    expect((await found()).map(({ kind }) => kind)).toEqual(['changed', 'credit-changed']);
  });

  it('is intact before anybody has come', async () => {
    sessionId = await sessions.session();
    expect(await verify()).toMatchObject({ intact: true, links: 0, entries: 0, people: 0, creditedSeconds: 0 });
  });

  it('is refused when there is no such session', async () => {
    sessionId = newId();
    await expect(verify()).rejects.toMatchObject({ code: 'not-found' });
  });
});

describe('a record that was tampered with', () => {
  it('names the entry that was changed and whose it is, and what is credited wrongly for it', async () => {
    const { id, personId } = entry(2, 2);
    await query('update attendance_entry set "to" = "to" + 5000 where id = $1', [id]);
    await query('update attendee set credited_ms = 60000 where session_id = $1 and person_id = $2', [
      sessionId,
      personId,
    ]);
    expect(await found()).toEqual([
      { kind: 'changed', link: 2, position: 2, entryId: id, personId },
      { kind: 'credit-changed', personId, keptMs: 60_000, recomputedMs: 45_000 },
    ]);
    expect((await verify()).faults[0]).toMatchObject({ personName: expect.any(String), unitName: '宏远机械厂' });
  });

  it.each([
    ['the page was hidden', 'hidden = true'],
    ['when it was received', "received_at = received_at + interval '1 ms'"],
    ['what was claimed', 'claimed_to = claimed_to + 1'],
    ['its number', 'seq = 999'],
    ['why', "reason = 'x'"],
  ])('notices a change of %s', async (_, change) => {
    const { id, personId } = entry(3, 1);
    await query(`update attendance_entry set ${change} where id = $1`, [id]);
    expect(await found()).toEqual([{ kind: 'changed', link: 3, position: 1, entryId: id, personId }]);
  });

  it('says for whom an entry was that was given to somebody else', async () => {
    const { id, personId } = entry(1, 3);
    await query('update attendance_entry set person_id = $2 where id = $1', [id, newId()]);
    expect(await found()).toContainEqual({ kind: 'changed', link: 1, position: 3, entryId: id, personId });
  });

  it('says where an entry is missing, and whose it was', async () => {
    const { id, personId } = entry(2, 3);
    await query('delete from attendance_entry where id = $1', [id]);
    expect(await found()).toEqual([
      { kind: 'missing', link: 2, position: 3, personId },
      { kind: 'credit-changed', personId, keptMs: 45_000, recomputedMs: 30_000 },
    ]);
  });

  it('names an entry that was put in', async () => {
    const { personId } = entry(1, 1);
    const [row] = await query<{ id: number }>(
      `insert into attendance_entry (session_id, batch, person_id, kind, claimed_from, claimed_to, "from", "to", received_at)
       select session_id, batch, person_id, kind, claimed_from, claimed_to, "from", "to", received_at
       from attendance_entry where id = $1 returning id`,
      [entry(1, 1).id],
    );
    expect(await found()).toEqual([{ kind: 'inserted', link: 1, position: 4, entryId: row?.id, personId }]);
  });

  it.each([0, 9])('names an entry that was put in as link %i, which there never was', async (batch) => {
    const [row] = await query<{ id: number }>(
      `insert into attendance_entry (session_id, batch, person_id, kind, claimed_from, claimed_to, "from", "to", received_at)
       select session_id, $2, person_id, kind, claimed_from, claimed_to, "from", "to", received_at
       from attendance_entry where id = $1 returning id`,
      [entry(1, 1).id, batch],
    );
    expect(await found()).toEqual([
      { kind: 'inserted', link: batch, entryId: row?.id, personId: entry(1, 1).personId },
    ]);
  });

  it('names an entry whose place was changed', async () => {
    const [one, , three] = [entry(2, 1), entry(2, 2), entry(2, 3)];
    await query('update attendance_entry set id = $2 where id = $1', [one.id, three.id + 1_000_000]);
    const personId = one.personId;
    expect(await found()).toEqual([{ kind: 'moved', link: 2, position: 1, entryId: three.id + 1_000_000, personId }]);
  });

  it('names an entry that was put into another link in both', async () => {
    const { id, personId } = entry(1, 2);
    await query('update attendance_entry set batch = 3 where id = $1', [id]);
    expect(await found()).toEqual([
      { kind: 'missing', link: 1, position: 2, personId },
      { kind: 'inserted', link: 3, position: 1, entryId: id, personId },
    ]);
  });

  it('says which link was taken out whole', async () => {
    await query('delete from attendance_entry where session_id = $1 and batch = 2', [sessionId]);
    await query('delete from attendance_batch where session_id = $1 and batch = 2', [sessionId]);
    const lost = people.map(() =>
      expect.objectContaining({ kind: 'credit-changed', keptMs: 45_000, recomputedMs: 30_000 }),
    );
    expect(await found()).toEqual([{ kind: 'link-missing', link: 2 }, ...lost]);
  });

  it('notices that the last link was taken off, with the credit that it had given', async () => {
    await query('delete from attendance_entry where session_id = $1 and batch = 3', [sessionId]);
    await query('delete from attendance_batch where session_id = $1 and batch = 3', [sessionId]);
    await query('update attendee set credited_ms = 30000 where session_id = $1', [sessionId]);
    expect(await found()).toEqual([{ kind: 'head-changed', link: 3 }]);
  });

  it('notices a link that was sealed anew: the next one does not follow from it', async () => {
    await query(`update attendance_batch set digest = sha256('x') where session_id = $1 and batch = 2`, [sessionId]);
    expect(await found()).toEqual([{ kind: 'link-changed', link: 2 }]);
  });

  it('says which link it is where entries can’t be told apart', async () => {
    await query('update attendance_batch set fingerprints = null where session_id = $1', [sessionId]);
    await query('update attendance_entry set hidden = true where id = $1', [entry(2, 2).id]);
    expect(await found()).toEqual([{ kind: 'link-changed', link: 2 }]);
  });

  it('names credit that no entry explains', async () => {
    const personId = await sessions.person('赵六');
    await sessions.enter(sessionId, personId);
    await query('update attendee set credited_ms = 1 where session_id = $1 and person_id = $2', [sessionId, personId]);
    expect(await found()).toEqual([{ kind: 'credit-changed', personId, keptMs: 1, recomputedMs: 0 }]);
  });
});

describe('npm run verify', () => {
  it('ends with 0 when all is well, with 1 and the row’s name when not, with 2 when it can’t tell', async () => {
    const whole = await run(sessionId, '--json');
    expect(whole.code).toBe(0);
    expect(JSON.parse(whole.output)).toMatchObject({ intact: true, entries: 9 });
    const { id } = entry(2, 2);
    await query('update attendance_entry set "to" = "to" + 5000 where id = $1', [id]);
    const broken = await run(sessionId);
    expect(broken.code).toBe(1);
    expect(broken.output).toMatch(new RegExp(`记录被改动 / changed.*attendance_entry\\.id = ${id}.*宏远机械厂`));
    expect((await run(newId())).code).toBe(2);
  });
});

function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['scripts/bootstrap.mjs', 'scripts/verify.ts', ...args], {
      cwd: path.resolve(ROOT),
      env: { ...process.env, DATABASE_URL: sessions.url },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}
