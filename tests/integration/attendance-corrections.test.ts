import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CorrectionChange } from '#contract/corrections.ts';
import { createCorrections } from '#server/attendance/correcting.ts';
import { verifySession } from '#server/attendance/verify.ts';
import type { Actor } from '#server/audit.ts';
import { newId } from '#server/ids.ts';
import { type AttendedSessions, attendedSessions, STARTED_AT } from '#tests/support/attended-session.ts';

const MINUTE = 60_000;
const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');
const REASON = '会议室网络中断，签到表为证';

let sessions: AttendedSessions;
let corrections: ReturnType<typeof createCorrections>;
let actor: Actor;
let sessionId: string;
let personId: string;
let evidenceId: string;

beforeAll(async () => {
  sessions = await attendedSessions();
  corrections = createCorrections({ db: sessions.db, clock: () => sessions.time.now });
  actor = { accountId: newId(), personId: null, requestId: 'r1' };
  await sessions.db.prisma.account.create({ data: { id: actor.accountId as string, displayName: '陈科长' } });
});

/** A class of ten minutes, of which one person saw the first half minute; half an hour later. */
beforeEach(async () => {
  sessionId = await sessions.session();
  personId = await sessions.person('张三');
  await sessions.attend(sessionId, [personId], 30, 30);
  await sessions.end(sessionId, 600);
  sessions.time.now = STARTED_AT + 40 * MINUTE;
  evidenceId = (await corrections.addEvidence(sessionId, '签到表.png', PNG, actor)).id;
});

afterAll(() => sessions.close());

const correct = (change: CorrectionChange) =>
  corrections.correct(sessionId, { personId, change, reason: REASON, evidenceId }, actor);
const minutes = (count: number): CorrectionChange => ({ effect: 'difference', deltaMs: count * MINUTE });
const stretch = (effect: 'present' | 'absent', fromSeconds: number, toSeconds: number): CorrectionChange => ({
  effect,
  from: STARTED_AT + fromSeconds * 1_000,
  to: STARTED_AT + toSeconds * 1_000,
});
const verify = () => verifySession(sessions.db.pool, sessionId, { clock: () => sessions.time.now });
const credited = async () => sessions.attendance.credit(sessionId, personId);

describe('a correction', () => {
  it('is an entry of the chain that changes credit by exactly its difference, with who, why and on what it rests', async () => {
    expect(await correct(minutes(5))).toMatchObject({ beforeMs: 30_000, afterMs: 330_000, requiredMs: 8 * MINUTE });
    expect(await credited()).toBe(330_000);
    const { items, total } = await corrections.list(sessionId, { page: 1, pageSize: 50 }, { all: true });
    expect(total).toBe(1);
    expect(items[0]).toMatchObject({
      ...{ personId, personName: '张三', unitName: '宏远机械厂', effect: 'difference', deltaMs: 300_000 },
      ...{ from: null, to: null, reason: REASON, actorName: '陈科长', withdrawn: false },
      evidence: {
        id: evidenceId,
        name: '签到表.png',
        bytes: PNG.length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    });
    expect(await verify()).toMatchObject({ intact: true, links: 2, entries: 2 });
  });

  it('credits of a stretch what was not credited yet, and takes away what was', async () => {
    expect(await correct(stretch('present', 15, 90))).toMatchObject({ beforeMs: 30_000, afterMs: 90_000 });
    expect(await correct(stretch('absent', 0, 60))).toMatchObject({ beforeMs: 90_000, afterMs: 30_000 });
    expect(await verify()).toMatchObject({ intact: true });
  });

  it('is taken back by another entry, once, and stays in the record', async () => {
    const { id } = await correct(minutes(5));
    expect(await corrections.withdraw(sessionId, id, '签到表是另一期的', actor)).toMatchObject({ afterMs: 30_000 });
    expect(await credited()).toBe(30_000);
    await expect(corrections.withdraw(sessionId, id, '签到表是另一期的', actor)).rejects.toMatchObject({
      code: 'correction-withdrawn',
    });
    const mine = await corrections.mine(sessionId, personId);
    expect(mine.map(({ effect, withdrawn, withdraws }) => ({ effect, withdrawn, withdraws }))).toEqual([
      { effect: 'difference', withdrawn: true, withdraws: null },
      { effect: 'withdrawal', withdrawn: false, withdraws: id },
    ]);
    expect(await verify()).toMatchObject({ intact: true });
  });

  it('is counted still when a sign of life is written down after it that had come in time', async () => {
    const now = sessions.time.now;
    const receivedAt = STARTED_AT + 12 * MINUTE;
    sessions.time.now = receivedAt;
    const miss = [{ personId, since: STARTED_AT + 20_000, at: STARTED_AT + 25_000 }];
    await sessions.attendance.miss(sessionId, newId(), miss);
    expect(await credited()).toBe(20_000);
    sessions.time.now = now;
    await correct(minutes(5));
    const sign = { sessionId, personId, connId: newId(), receivedAt, checkId: null };
    const signed = await sessions.attendance.sign({ ...sign, at: STARTED_AT + 26_000, cause: 'hand' });
    expect(signed.creditedMs).toBe(324_000);
    expect(await credited()).toBe(324_000);
    expect(await verify()).toMatchObject({ intact: true });
  });

  it('is followed by no sign of life and no missed check that come when it may be made', async () => {
    await correct(minutes(5));
    const miss = [{ personId, since: STARTED_AT + 20_000, at: STARTED_AT + 25_000 }];
    expect(await sessions.attendance.miss(sessionId, newId(), miss)).toBeNull();
    const sign = { sessionId, personId, connId: newId(), receivedAt: sessions.time.now, checkId: null };
    await expect(sessions.attendance.sign({ ...sign, at: STARTED_AT + 26_000, cause: 'hand' })).rejects.toMatchObject({
      code: 'too-late',
    });
    expect(await credited()).toBe(330_000);
    expect(await verify()).toMatchObject({ intact: true });
  });

  it('is in the audit log, in the same transaction: neither without the other', async () => {
    const { id } = await correct(minutes(1));
    const [entry] = await sessions.db.prisma.auditEntry.findMany({
      where: { action: 'attendance:correct', subjectId: sessionId },
    });
    expect(entry).toMatchObject({
      ...{ accountId: actor.accountId, requestId: 'r1' },
      detail: { personId, correctionId: id, beforeMs: 30_000, afterMs: 90_000 },
    });
    await sessions.db.pool.query('alter table audit_entry rename to audit_entry_away');
    await expect(correct(minutes(1))).rejects.toThrow();
    await sessions.db.pool.query('alter table audit_entry_away rename to audit_entry');
    expect(await credited()).toBe(90_000);
    expect(await verify()).toMatchObject({ intact: true, links: 2 });
  });

  it('brings somebody into the record who never came', async () => {
    personId = await sessions.person('李四');
    expect(await correct(minutes(8))).toMatchObject({ beforeMs: 0, afterMs: 480_000 });
    expect(await sessions.db.prisma.attendee.findFirst({ where: { sessionId, personId } })).toMatchObject({
      ...{ unitId: sessions.unitId, due: false, creditedMs: 480_000, liveMs: 0 },
    });
  });

  it('shows what it would come to and changes nothing by that', async () => {
    expect(await corrections.preview(sessionId, personId, minutes(5))).toMatchObject({
      beforeMs: 30_000,
      afterMs: 330_000,
    });
    const stranger = await sessions.person('王五');
    expect(await corrections.preview(sessionId, stranger, minutes(5))).toMatchObject({ beforeMs: 0, afterMs: 300_000 });
    expect(await credited()).toBe(30_000);
    expect(await sessions.db.prisma.attendee.count({ where: { sessionId } })).toBe(1);
  });

  it('is found out when it is tampered with', async () => {
    const { id } = await correct(minutes(5));
    for (const change of [`delta_ms = 600000`, `reason = 'x'`, `evidence_sha256 = sha256('x')`, `actor_id = null`]) {
      const [before] = await sessions.db.prisma.attendanceEntry.findMany({ where: { correctionId: id } });
      await sessions.db.pool.query(`update attendance_entry set ${change} where correction_id = $1`, [id]);
      const { faults } = await verify();
      expect(faults[0]).toMatchObject({ kind: 'changed', link: 2, personName: '张三' });
      await sessions.db.prisma.attendanceEntry.update({
        where: { id: before?.id ?? 0n },
        data: {
          ...{ deltaMs: before?.deltaMs ?? null, reason: before?.reason ?? null, actorId: before?.actorId ?? null },
          evidenceSha256: before?.evidenceSha256 ?? null,
        },
      });
    }
    expect(await verify()).toMatchObject({ intact: true });
  });
});

describe('a correction is refused', () => {
  it.each([
    ['below nothing', minutes(-1), 'correction-out-of-range'],
    ['beyond the class', minutes(11), 'correction-out-of-range'],
    ['before the class began', stretch('present', -10, 60), 'correction-out-of-range'],
    ['after it had ended', stretch('present', 60, 700), 'correction-out-of-range'],
    ['when it changes nothing', stretch('present', 0, 30), 'correction-without-effect'],
    ['when it changes nothing either', stretch('absent', 300, 400), 'correction-without-effect'],
  ])('%s', async (_, change, code) => {
    await expect(correct(change)).rejects.toMatchObject({ code });
    expect(await credited()).toBe(30_000);
  });

  it('on a closed archive, of the session or the course', async () => {
    const { id } = await correct(minutes(5));
    const where = { id: sessionId };
    const { courseId } = await sessions.db.prisma.session.update({ where, data: { state: 'archived' } });
    await expect(correct(minutes(1))).rejects.toMatchObject({ code: 'record-closed' });
    await sessions.db.prisma.session.update({ where, data: { state: 'ended' } });
    await sessions.db.prisma.course.update({ where: { id: courseId }, data: { archivedAt: new Date() } });
    await expect(correct(minutes(1))).rejects.toMatchObject({ code: 'record-closed' });
    await expect(corrections.withdraw(sessionId, id, REASON, actor)).rejects.toMatchObject({ code: 'record-closed' });
    await expect(corrections.addEvidence(sessionId, 'a.png', PNG, actor)).rejects.toMatchObject({
      code: 'record-closed',
    });
  });

  it('while devices may still send what they played', async () => {
    sessions.time.now = STARTED_AT + 20 * MINUTE;
    await expect(correct(minutes(1))).rejects.toMatchObject({ code: 'correction-too-early', params: { minutes: 10 } });
  });

  it('on evidence of another session, or for a person that is not there', async () => {
    const other = await sessions.session();
    await sessions.end(other, 600);
    const foreign = await corrections.addEvidence(other, 'a.png', PNG, actor);
    evidenceId = foreign.id;
    await expect(correct(minutes(1))).rejects.toMatchObject({ code: 'not-found' });
    await expect(corrections.evidence(sessionId, foreign.id, actor)).rejects.toMatchObject({ code: 'not-found' });
    await expect(corrections.preview(sessionId, newId(), minutes(1))).rejects.toMatchObject({ code: 'not-found' });
  });

  it('when a withdrawal would leave less than nothing: what came later goes first', async () => {
    const first = await correct(minutes(5));
    await correct(minutes(-5));
    await expect(corrections.withdraw(sessionId, first.id, REASON, actor)).rejects.toMatchObject({
      code: 'correction-out-of-range',
    });
  });

  it('when two withdraw it at once: one does', async () => {
    const { id } = await correct(minutes(5));
    const both = await Promise.allSettled([1, 2].map(() => corrections.withdraw(sessionId, id, REASON, actor)));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await credited()).toBe(30_000);
  });
});

describe('evidence', () => {
  it('is given back as it came, and who looked is on record', async () => {
    const file = await corrections.evidence(sessionId, evidenceId, actor);
    expect(file).toMatchObject({ name: '签到表.png', type: 'image/png', content: PNG });
    const looks = { action: 'attendance:evidence-read', subjectId: sessionId };
    expect(await sessions.db.prisma.auditEntry.count({ where: looks })).toBe(1);
  });

  it('is a PDF or a picture of at most 10 MB, whatever it is called', async () => {
    const page = corrections.addEvidence(sessionId, 'a.pdf', Buffer.from('<html>'), actor);
    await expect(page).rejects.toMatchObject({ code: 'evidence-type' });
    const large = Buffer.alloc(10 * 1024 * 1024 + 1);
    await expect(corrections.addEvidence(sessionId, 'a.pdf', large, actor)).rejects.toMatchObject({
      code: 'evidence-too-large',
    });
  });

  it('that nothing rests on is removed after a day', async () => {
    await correct(minutes(1));
    const unused = await corrections.addEvidence(sessionId, 'b.png', Buffer.concat([PNG, PNG]), actor);
    sessions.time.now += 25 * 60 * MINUTE;
    await corrections.addEvidence(sessionId, 'c.png', PNG, actor);
    await expect(corrections.evidence(sessionId, unused.id, actor)).rejects.toMatchObject({ code: 'not-found' });
    expect((await corrections.evidence(sessionId, evidenceId, actor)).content).toEqual(PNG);
  });
});
