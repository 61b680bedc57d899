import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Checks, createChecks } from '#server/attendance/checks.ts';
import { createSeals } from '#server/attendance/seals.ts';
import type { Actor } from '#server/audit.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { type AttendedSessions, attendedSessions } from '#tests/support/attended-session.ts';

let sessions: AttendedSessions;
let checks: Checks;
let actor: Actor;
let sessionId: string;
let personId: string;

beforeAll(async () => {
  sessions = await attendedSessions();
  checks = newWorker();
  actor = { accountId: newId(), personId: null, requestId: 'r1' };
  await sessions.db.prisma.account.create({ data: { id: actor.accountId as string, displayName: '陈科长' } });
});
beforeEach(async () => {
  sessionId = await sessions.session();
  personId = await sessions.person('张三');
  await sessions.attend(sessionId, [personId, await sessions.person('李四')], 45);
});
afterAll(async () => {
  await checks.close();
  await sessions.close();
});

function newWorker(): Checks {
  const { db, time } = sessions;
  return createChecks({ db, clock: () => time.now, logger: createLogger('silent', 'test') }, createSeals(db));
}

/** Waits until nothing runs. */
async function finished() {
  await expect
    .poll(async () => (await checks.read(sessionId)).checks.map(({ outcome }) => outcome))
    .not.toContain(null);
  return checks.read(sessionId);
}

const actions = async () =>
  (await sessions.db.prisma.auditEntry.findMany({ where: { subjectId: sessionId }, orderBy: { id: 'asc' } })).map(
    ({ action, accountId, detail }) => ({ action, accountId, detail }),
  );

describe('a check that an officer asks for', () => {
  it('finds what the command finds, and keeps who asked and when; both are in the audit log', async () => {
    const { id } = await checks.start(sessionId, actor);
    const { checks: list, found, sealPath } = await finished();
    expect(list).toEqual([expect.objectContaining({ id, startedByName: '陈科长', outcome: 'intact', done: 6 })]);
    expect(found).toMatchObject({ checkId: id, verification: { intact: true, entries: 6, creditedSeconds: 90 } });
    expect(sealPath).toContain(`/verify/${sessionId}/3-${found?.verification.digest.slice(0, 32)}`);
    expect(await actions()).toEqual([
      { action: 'record:check', accountId: actor.accountId, detail: { checkId: id } },
      expect.objectContaining({
        action: 'record:checked',
        accountId: actor.accountId,
        detail: expect.objectContaining({ checkId: id, outcome: 'intact', faultCount: 0 }),
      }),
    ]);
  });

  it('names the row that was tampered with, and whose it is, without keeping a name in what it found', async () => {
    const [row] = (
      await sessions.db.pool.query<{ id: number }>(
        'select id from attendance_entry where session_id = $1 and person_id = $2 order by id limit 1',
        [sessionId, personId],
      )
    ).rows;
    await sessions.db.pool.query('update attendance_entry set "to" = "to" + 5000 where id = $1', [row?.id]);
    await checks.start(sessionId, actor);
    const { checks: list, found } = await finished();
    expect(list[0]).toMatchObject({ outcome: 'altered', faultCount: 1 });
    expect(found?.verification.faults).toEqual([
      expect.objectContaining({
        ...{ kind: 'changed', link: 1, entryId: row?.id, personId },
        ...{ personName: '张三', unitName: '宏远机械厂' },
      }),
    ]);
    const stored = await sessions.db.prisma.recordCheck.findFirstOrThrow({ where: { sessionId } });
    expect(JSON.stringify(stored.findings)).not.toContain('张三');
  });

  it('is joined by whoever asks while it runs, at whichever worker', async () => {
    const other = newWorker();
    const now = new Date(sessions.time.now);
    const running = { id: newId(), sessionId, startedBy: actor.accountId, startedAt: now, heardAt: now };
    await sessions.db.prisma.recordCheck.create({ data: running });
    const joined = await Promise.all([checks.start(sessionId, actor), other.start(sessionId, actor)]);
    expect(joined.map(({ id }) => id)).toEqual([running.id, running.id]);
    expect(await actions()).toEqual([]);
    await other.close();
  });

  it('gives way to the next one when its worker was killed', async () => {
    const heardAt = new Date(sessions.time.now - 120_000);
    const lost = { id: newId(), sessionId, startedAt: heardAt, heardAt };
    await sessions.db.prisma.recordCheck.create({ data: lost });
    const { id } = await checks.start(sessionId, actor);
    expect((await finished()).checks.map(({ id, outcome }) => ({ id, outcome }))).toEqual([
      { id, outcome: 'intact' },
      { id: lost.id, outcome: 'stopped' },
    ]);
  });

  it('is written down as stopped when its worker ends', async () => {
    const ending = newWorker();
    const ended = ending.close();
    const { id } = await ending.start(sessionId, actor);
    await Promise.all([ended, ending.close()]);
    const { outcome } = await sessions.db.prisma.recordCheck.findUniqueOrThrow({ where: { id } });
    expect(outcome).toBe('stopped');
  });
});
