import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCorrections } from '#server/attendance/correcting.ts';
import { createSeals } from '#server/attendance/seals.ts';
import { SYSTEM } from '#server/audit.ts';
import { newId } from '#server/ids.ts';
import { type AttendedSessions, attendedSessions, STARTED_AT } from '#tests/support/attended-session.ts';

let sessions: AttendedSessions;
let seals: ReturnType<typeof createSeals>;
let sessionId: string;

beforeAll(async () => {
  sessions = await attendedSessions();
  seals = createSeals(sessions.db);
  sessionId = await sessions.session();
});
afterAll(() => sessions.close());

it('a seal is current until something comes after it, and says of what it is and nothing of anybody', async () => {
  const before = await seals.sealOf(sessionId);
  expect(before).toMatchObject({ links: 0, entries: 0 });
  expect(await seals.check(sessionId, before.code)).toMatchObject({ state: 'current', entries: 0, sealedAt: null });

  const personId = await sessions.person('张三');
  await sessions.attend(sessionId, [personId, await sessions.person('李四')], 15);
  const seal = await seals.sealOf(sessionId);
  const answer = await seals.check(sessionId, seal.code);
  expect(answer).toEqual({
    ...{ state: 'current', courseTitle: '开工第一课', number: 1, startedAt: new Date(STARTED_AT).toISOString() },
    ...{ sealedAt: expect.any(String), entries: 2, later: 0, laterCorrections: 0, lastAt: expect.any(String) },
  });
  expect(JSON.stringify(answer)).not.toMatch(/张三|宏远/);
  expect(await seals.check(sessionId, before.code)).toMatchObject({ state: 'grown', later: 2, laterCorrections: 0 });

  await sessions.end(sessionId, 600);
  sessions.time.now = STARTED_AT + 3_600_000;
  const corrections = createCorrections({ db: sessions.db, clock: () => sessions.time.now });
  const { id } = await corrections.addEvidence(sessionId, 'a.pdf', Buffer.from('%PDF-1.4'), SYSTEM);
  const change = { effect: 'difference', deltaMs: 60_000 } as const;
  await corrections.correct(sessionId, { personId, change, reason: '签到表为证', evidenceId: id }, SYSTEM);
  expect(await seals.check(sessionId, seal.code)).toMatchObject({
    state: 'grown',
    entries: 2,
    later: 1,
    laterCorrections: 1,
  });
});

it('a seal that was never made, or of another session, is unknown', async () => {
  const { code, links } = await seals.sealOf(sessionId);
  const other = await sessions.session();
  const never = `${links}-${'0'.repeat(32)}`;
  for (const [session, given] of [
    [sessionId, never],
    [sessionId, `0-${'0'.repeat(32)}`],
    [sessionId, `999-${code.split('-')[1]}`],
    [sessionId, 'nonsense'],
    [other, code],
    [newId(), code],
  ] as const) {
    expect(await seals.check(session, given)).toMatchObject({ state: 'unknown', courseTitle: null, entries: null });
  }
});
