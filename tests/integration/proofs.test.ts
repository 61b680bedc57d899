import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCorrections } from '#server/attendance/correcting.ts';
import type { Actor } from '#server/audit.ts';
import { loadConfig } from '#server/config.ts';
import { newId } from '#server/ids.ts';
import { createProofs, type Proofs } from '#server/proofs/service.ts';
import { type AttendedSessions, attendedSessions, STARTED_AT } from '#tests/support/attended-session.ts';
import { codeOnLastPage } from '#tests/support/read-codes.ts';

const MINUTE = 60_000;
const REASON = '会议室网络中断，签到表为证';
const ORIGIN = 'https://anke.example';
const ALL = { all: true } as const;
const FIRST = { page: 1, pageSize: 50 };

let sessions: AttendedSessions;
let proofs: Proofs;
let corrections: ReturnType<typeof createCorrections>;
let actor: Actor;
let sessionId: string;
let zhang: string;
let li: string;

beforeAll(async () => {
  sessions = await attendedSessions();
  const clock = () => sessions.time.now;
  const { classHours } = loadConfig({ DATABASE_URL: sessions.url });
  proofs = createProofs({ db: sessions.db, clock, config: { classHours } });
  corrections = createCorrections({ db: sessions.db, clock }, { credited: proofs.corrected });
  actor = { accountId: newId(), personId: null, requestId: 'r1' };
  await sessions.db.prisma.account.create({ data: { id: actor.accountId as string, displayName: '陈科长' } });
  await sessions.db.prisma.installation.upsert({
    where: { id: 1 },
    create: { id: 1, bureauName: '城东区应急管理局' },
    update: { bureauName: '城东区应急管理局' },
  });
});

/** A class of one planned minute, of which 48 s complete it: one person saw a minute of it, another nothing. */
beforeEach(async () => {
  sessionId = await sessions.session();
  await sessions.db.prisma.session.update({ where: { id: sessionId }, data: { plannedMinutes: 1 } });
  zhang = await sessions.person('张三丰');
  li = await sessions.person('李四');
  await sessions.attend(sessionId, [zhang], 60, 60);
  await sessions.end(sessionId, 600);
  sessions.time.now = STARTED_AT + 40 * MINUTE;
});

afterAll(() => sessions.close());

const ofSession = async () => (await proofs.list(sessionId, FIRST, ALL)).items;
const validOf = async (personId: string) =>
  (await ofSession()).find((proof) => proof.personId === personId && !proof.withdrawnAt);

async function correct(personId: string, seconds: number): Promise<string> {
  const evidence = await corrections.addEvidence(sessionId, 'a.pdf', Buffer.from('%PDF-1.4'), actor);
  const change = { effect: 'difference', deltaMs: seconds * 1_000 } as const;
  return (await corrections.correct(sessionId, { personId, change, reason: REASON, evidenceId: evidence.id }, actor))
    .id;
}

const audited = (action: string) =>
  sessions.db.prisma.auditEntry.findMany({ where: { action, subjectId: sessionId }, orderBy: { id: 'asc' } });

describe('by rule', () => {
  it('whoever completed the session gets one, once, when no beat can come any more', async () => {
    sessions.time.now = STARTED_AT + 19 * MINUTE;
    await proofs.keepTheRule();
    expect(await ofSession()).toEqual([]);
    sessions.time.now = STARTED_AT + 21 * MINUTE;
    await Promise.all([proofs.keepTheRule(), proofs.keepTheRule()]);
    await proofs.keepTheRule();
    const [proof, ...others] = await ofSession();
    expect(others).toEqual([]);
    expect(proof).toMatchObject({
      ...{ personId: zhang, personName: '张三丰', unitName: '宏远机械厂', courseTitle: '开工第一课', sessionNumber: 1 },
      ...{ creditedSeconds: 60, classHours: null, withdrawnAt: null, withdrawal: null },
      number: expect.stringMatching(/^2026-/),
    });
    expect(await proofs.mine(zhang)).toMatchObject([{ number: proof?.number }]);
    expect(await proofs.mine(li)).toEqual([]);
    expect(await audited('proof:issue')).toMatchObject([{ accountId: null, detail: { issued: 1, personId: zhang } }]);
  });

  it('a correction issues, withdraws and issues again, in its own transaction', async () => {
    await proofs.keepTheRule();
    expect(await validOf(li)).toBeUndefined();
    const more = await correct(li, 60);
    const first = await validOf(li);
    expect(first).toMatchObject({ creditedSeconds: 60 });
    await corrections.withdraw(sessionId, more, '签到表是另一期的', actor);
    expect(await validOf(li)).toBeUndefined();
    expect((await proofs.check(first?.number ?? '')).state).toBe('withdrawn');
    expect((await audited('proof:withdraw')).at(-1)).toMatchObject({
      ...{ accountId: actor.accountId, requestId: 'r1' },
      detail: { number: first?.number, personId: li, withdrawal: 'below_threshold', creditedMs: 0 },
    });
    await correct(li, 70);
    expect((await validOf(li))?.number).not.toBe(first?.number);
  });

  it('one that states more than is credited by now makes way for another', async () => {
    await proofs.keepTheRule();
    const before = await validOf(zhang);
    await correct(zhang, -5);
    expect(await validOf(zhang)).toMatchObject({ creditedSeconds: 55 });
    expect((await ofSession()).find(({ number }) => number === before?.number)?.withdrawal).toBe('less_credited');
  });

  it('without its audit entry there is none', async () => {
    await sessions.db.pool.query('alter table audit_entry rename to audit_entry_away');
    await expect(proofs.keepTheRule()).rejects.toThrow();
    await sessions.db.pool.query('alter table audit_entry_away rename to audit_entry');
    expect(await ofSession()).toEqual([]);
  });

  it('somebody whom the unit has not confirmed gets one once it has, and loses it when it refuses them', async () => {
    const verify = (verification: 'unverified' | 'verified' | 'refused') =>
      sessions.db.prisma.person.update({
        where: { id: zhang },
        data: { verification, verifiedAt: new Date(sessions.time.now) },
      });
    await verify('unverified');
    await proofs.keepTheRule();
    expect(await ofSession()).toEqual([]);
    await verify('verified');
    await proofs.keepTheRule();
    expect(await validOf(zhang)).toBeDefined();
    await verify('refused');
    await proofs.keepTheRule();
    expect(await ofSession()).toMatchObject([{ withdrawal: 'identity_refused' }]);
  });

  it('an offline class gives none', async () => {
    await sessions.db.prisma.session.update({ where: { id: sessionId }, data: { mode: 'offline' } });
    await proofs.keepTheRule();
    expect(await ofSession()).toEqual([]);
  });

  it('class hours stand on it only where the course counts as such', async () => {
    const { courseId } = await sessions.db.prisma.session.findUniqueOrThrow({ where: { id: sessionId } });
    await sessions.db.prisma.course.update({
      where: { id: courseId },
      data: { statutory: true, statutoryBasis: '区应急〔2026〕12号', statutoryApprover: '安全生产基础科' },
    });
    await sessions.db.prisma.attendee.updateMany({
      where: { sessionId, personId: zhang },
      data: { creditedMs: 50 * MINUTE },
    });
    await proofs.keepTheRule();
    const [proof] = await ofSession();
    expect(proof?.classHours).toBe(1.1);
    expect((await proofs.check(proof?.number ?? '')).proof).toMatchObject({ statutoryBasis: '区应急〔2026〕12号' });
  });
});

describe('by hand', () => {
  it('it is withdrawn once, with a reason; no other is issued until somebody says so', async () => {
    await proofs.keepTheRule();
    const { number = '' } = (await validOf(zhang)) ?? {};
    const both = await Promise.allSettled([1, 2].map(() => proofs.withdraw(sessionId, number, '冒名参加', actor)));
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect((await audited('proof:withdraw')).at(-1)).toMatchObject({
      accountId: actor.accountId,
      detail: { number, reason: '冒名参加' },
    });
    await correct(zhang, 1);
    await proofs.keepTheRule();
    expect(await ofSession()).toMatchObject([{ number, withdrawal: 'by_hand', withdrawnReason: '冒名参加' }]);
    const answer = await proofs.check(number);
    expect(answer.state).toBe('withdrawn');
    expect(JSON.stringify(answer)).not.toContain('冒名');

    const again = await proofs.reissue(sessionId, zhang, '核实为本人', actor);
    expect(await validOf(zhang)).toMatchObject({ number: again.number, creditedSeconds: 61 });
    await expect(proofs.reissue(sessionId, zhang, '核实为本人', actor)).rejects.toMatchObject({ code: 'not-found' });
    await expect(proofs.withdraw(newId(), again.number, '冒名参加', actor)).rejects.toMatchObject({
      code: 'not-found',
    });
  });
});

describe('the public page', () => {
  it('masks the name; a number that was never issued, or a row that was altered, is unknown', async () => {
    await proofs.keepTheRule();
    const { number = '' } = (await validOf(zhang)) ?? {};
    const answer = await proofs.check(number);
    expect(answer).toMatchObject({
      state: 'valid',
      proof: { number, nameMasked: '张*丰', unitName: '宏远机械厂', issuer: '城东区应急管理局', creditedSeconds: 60 },
    });
    expect(JSON.stringify(answer)).not.toMatch(/张三丰/);
    for (const unknown of ['2026-22222-22222', 'nonsense', "2026-' or '1"]) {
      expect(await proofs.check(unknown)).toEqual({ state: 'unknown', proof: null });
    }
    await sessions.db.pool.query('update proof set credited_ms = 9000000 where number = $1', [number]);
    expect((await proofs.check(number)).state).toBe('unknown');
  });
});

describe('the paper', () => {
  const textOf = (pdf: Buffer) => execFileSync('pdftotext', ['-', '-'], { input: pdf }).toString().replace(/\s/g, '');
  const hasPoppler = (() => {
    try {
      execFileSync('pdftotext', ['-v'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  })();

  it('is the own one or nobody’s', async () => {
    await proofs.keepTheRule();
    const { number = '' } = (await validOf(zhang)) ?? {};
    await expect(proofs.myFile(number, li, ORIGIN)).rejects.toMatchObject({ code: 'not-found' });
    const { content, name } = await proofs.myFile(number, zhang, ORIGIN);
    expect(name).toBe(`参加线上培训证明-张三丰-${number}.pdf`);
    expect(content.subarray(0, 5).toString()).toBe('%PDF-');
    const foreign = { all: false as const, areaIds: [], industries: [], unitIds: [newId()], personId: null };
    await expect(proofs.file(sessionId, number, foreign, actor, ORIGIN)).rejects.toMatchObject({ code: 'not-found' });
    expect((await proofs.file(sessionId, number, ALL, actor, ORIGIN)).content.length).toBeGreaterThan(10_000);
    expect(await audited('proof:export')).toMatchObject([{ accountId: actor.accountId, detail: { number } }]);
  });

  it.skipIf(!hasPoppler)('says in plain words what it is and what not, in type that can be copied', async () => {
    await sessions.db.prisma.person.update({ where: { id: zhang }, data: { name: '𠮷田丰' } });
    await proofs.keepTheRule();
    const { number = '' } = (await validOf(zhang)) ?? {};
    const paper = (await proofs.myFile(number, zhang, ORIGIN)).content;
    expect(codeOnLastPage(paper)).toContain(number);
    const text = textOf(paper);
    expect(text).toContain('参加线上培训证明');
    expect(text).toContain('不是考核合格证');
    expect(text).toContain('𠮷田丰');
    expect(text).toContain('本课程不计入法定学时');
    expect(text).toContain(number);
  });

  it('comes for many in one file, of those that are valid', async () => {
    await proofs.keepTheRule();
    await correct(li, 60);
    const { content, name } = await proofs.files(sessionId, {}, ALL, actor, ORIGIN);
    expect(name).toBe('开工第一课-第1期-参加线上培训证明.zip');
    const zip = Buffer.concat(await content.toArray());
    for (const { personName, number } of await ofSession()) {
      expect(zip.includes(`宏远机械厂/${personName}-${number}.pdf`)).toBe(true);
    }
    await expect(proofs.files(sessionId, { q: '无此人' }, ALL, actor, ORIGIN)).rejects.toMatchObject({
      code: 'no-proofs',
    });
  });
});
