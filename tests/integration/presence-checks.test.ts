import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PresenceCheck } from '#contract/presence.ts';
import { askedAt } from '#contract/presence-moment.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { PresenceLearner } from '#tests/support/presence-learner.ts';

/* Two workers of one installation, whose clock stands still until it is moved. */

const soon = { timeout: 45_000, interval: 50 };

let first: TestApp;
let second: TestApp;
let district: District;
let sessionId: string;
let learners: PresenceLearner[] = [];
let count = 0;

beforeAll(async () => {
  const ports: number[] = [];
  first = await startApp({ ports });
  second = await startApp({ ports, beside: first });
  district = await first.seedDistrict();
});
afterAll(async () => {
  await second?.close();
  await first?.close();
});
beforeEach(async () => {
  for (const learner of learners) await learner.socket.close();
  learners = [];
  // The clock has moved on, past the end of short-lived logins.
  await district.clients.bureau.call('POST /login/refresh');
  const { unitA, personA } = district;
  ({ sessionId } = await seedClass(first, {
    title: '开工第一课',
    unitId: unitA.id,
    personId: personA.id,
    instructorAccountId: null,
  }));
});

async function learner(app = first): Promise<PresenceLearner> {
  const client = app.client();
  count += 1;
  const body = { name: `学员${count}`, phone: `137${String(count).padStart(8, '0')}` };
  const { status } = await client.call('POST /join/unit/:joinCode', {
    params: { joinCode: district.unitA.joinCode },
    body,
  });
  expect(status).toBe(200);
  return known(app, client);
}

async function known(app: TestApp, client: PresenceLearner['client']): Promise<PresenceLearner> {
  const entered = await PresenceLearner.enter(app, client, sessionId);
  learners.push(entered);
  return entered;
}

async function open(): Promise<PresenceCheck> {
  const params = { sessionId };
  const { status, body } = await district.clients.bureau.call('POST /sessions/:sessionId/presence-checks', { params });
  expect(status).toBe(200);
  return body;
}

async function results(): Promise<PresenceCheck[]> {
  const params = { sessionId };
  return (await district.clients.bureau.call('GET /sessions/:sessionId/presence-checks', { params })).body;
}

/** Moves on, and everybody named reports. */
async function pass(seconds: number, ...watching: PresenceLearner[]) {
  first.clock.advance(seconds * 1_000);
  return Promise.all(watching.map((each) => each.report()));
}

/** All that the class's time to confirm takes, with those who watch it from its beginning to its end. */
async function through(...watching: PresenceLearner[]): Promise<void> {
  for (const seconds of [20, 20, 20]) await pass(seconds, ...watching);
  first.clock.advance(25_000);
}

async function settled(): Promise<PresenceCheck> {
  await expect.poll(async () => (await results())[0]?.state, soon).toBe('settled');
  return (await results())[0] as PresenceCheck;
}

async function credit(of: PresenceLearner): Promise<number> {
  const params = { sessionId };
  return (await of.client.call('GET /sessions/:sessionId/credit', { params })).body.creditedMs;
}

/** The chain is whole, and everybody is credited with what the rule makes of its entries. */
async function expectTruth(): Promise<void> {
  const { faults } = await verifySession(first.pool, sessionId, { clock: first.clock });
  expect(faults).toEqual([]);
}

describe('a check that is opened by hand', () => {
  it('is shown to the sockets of all workers, and one at a time is open', async () => {
    const here = await learner();
    const there = await learner(second);
    const check = await open();
    for (const each of [here, there]) {
      await expect.poll(() => each.socket.heard('room:changed').at(-1)?.presence?.id, soon).toBe(check.id);
    }
    const params = { sessionId };
    const again = await district.clients.bureau.call('POST /sessions/:sessionId/presence-checks', { params });
    expect(again.problem?.code).toBe('presence-check-open');
    const { status } = await district.clients.supervisor.call('POST /sessions/:sessionId/presence-checks', { params });
    expect(status).toBe(403);
    const audited = await first.prisma.auditEntry.findMany({ where: { subjectId: check.id } });
    expect(audited.map((entry) => entry.action)).toEqual(['presence:open']);
  });

  it('takes time from who was there and did not confirm, and from nobody else', async () => {
    const [confirms, silent, asks, leaves, away] = await Promise.all([
      learner(),
      learner(second),
      learner(),
      learner(),
      learner(second),
    ]);
    const phone = await known(second, confirms.client);
    await pass(60, confirms, silent, asks, leaves, away);

    const check = await open();
    await pass(5, confirms, silent, asks, leaves);
    await Promise.all([confirms.confirm(check.id), confirms.confirm(check.id), phone.confirm(check.id)]);
    await asks.socket.request('question:ask', { id: newId(), text: '电工证要年审吗?' });
    const arrives = await learner();
    const [ack] = await pass(25, phone, confirms, silent, asks);
    // The other device hears that it is done.
    expect(ack?.standing).toEqual({ confirmed: check.id, missedFrom: null });
    await pass(30, confirms, silent, asks, arrives);
    expect((await results())[0]).toMatchObject({ state: 'asking', confirmed: 1 });
    await pass(10, confirms, silent, asks, arrives);
    first.clock.advance(15_000);

    expect(await settled()).toMatchObject({ byHand: true, confirmed: 1, unconfirmed: 1 });
    expect(await credit(silent)).toBe(0);
    const lost = (await silent.client.call('GET /sessions/:sessionId/credit', { params: { sessionId } })).body.missed;
    expect(lost).toEqual([{ from: expect.any(Number), to: null, lostMs: 130_000 }]);
    const people = await district.clients.bureau.call('GET /sessions/:sessionId/people', { params: { sessionId } });
    const checksOf = (of: PresenceLearner) => people.body.items.find(({ personId }) => personId === of.personId);
    expect(checksOf(silent)).toMatchObject({ checksConfirmed: 0, checksMissed: 1 });
    expect(checksOf(confirms)).toMatchObject({ checksConfirmed: 1, checksMissed: 0 });
    expect(checksOf(asks)).toMatchObject({ checksConfirmed: 0, checksMissed: 0 });
    expect(await credit(confirms)).toBe(130_000);
    expect(await credit(asks)).toBe(130_000);
    expect(await credit(leaves)).toBe(65_000);
    expect(await credit(away)).toBe(60_000);
    const [told] = await pass(15, silent);
    expect(told).toMatchObject({ creditedMs: 0, standing: { confirmed: null, missedFrom: expect.any(Number) } });
    await expectTruth();
  });

  it('gives time again from the next sign of life on: by hand, by an answer, by a question', async () => {
    const [byHand, answers, asks] = await Promise.all([learner(), learner(second), learner()]);
    await pass(60, byHand, answers, asks);
    await open();
    await through(byHand, answers, asks);
    expect((await settled()).unconfirmed).toBe(3);

    const stored = await byHand.confirm(null);
    expect(stored).toMatchObject({ creditedMs: 0, standing: { missedFrom: null } });
    const live = await first.prisma.liveQuestion.findFirstOrThrow({ where: { sessionId } });
    await first.prisma.liveQuestion.update({
      where: { id: live.id },
      data: { openedPdt: first.clock(), closedAt: null },
    });
    await answers.socket.request('quiz:answer', { liveQuestionId: live.id, choice: [0] });
    await asks.socket.request('question:ask', { id: newId(), text: '能重新计时吗?' });
    await expect.poll(() => first.prisma.attendanceEntry.count({ where: { sessionId, kind: 'sign' } }), soon).toBe(3);
    const acks = await pass(15, byHand, answers, asks);
    for (const ack of acks) {
      expect(ack.creditedMs).toBe(15_000);
      expect(ack.standing).toBeUndefined();
    }
    await expectTruth();
  });

  it('takes away what is watched further back in the class while nobody knows who is there', async () => {
    const begun = first.clock();
    await pass(100);
    const back = await learner();
    await pass(30, back);
    await open();
    await through(back);
    await settled();
    first.clock.advance(60_000);
    const device = await known(second, back.client);
    await pass(15);
    expect((await device.played(begun, begun + 15_000)).creditedMs).toBe(0);
    await device.confirm(null);
    await pass(15);
    expect((await device.played(first.clock() - 15_000, first.clock())).creditedMs).toBe(15_000);
    await expectTruth();
  });
});

describe('a confirmation that comes late', () => {
  it('is taken of somebody who was cut off, and gives back exactly what was taken', async () => {
    const [cut, steady] = await Promise.all([learner(), learner(second)]);
    await pass(60, cut, steady);
    const check = await open();
    await pass(5, cut, steady);
    await pass(30, cut, steady);
    // Pressed five seconds later, without a network until after the end.
    await pass(30, steady);
    await pass(30, steady);
    expect((await settled()).unconfirmed).toBe(2);
    expect(await credit(cut)).toBe(0);
    const stored = await cut.confirm(check.id, 55_000);
    expect(stored).toMatchObject({ creditedMs: 95_000, standing: { confirmed: check.id, missedFrom: null } });
    expect(await cut.confirm(check.id, 55_000)).toEqual(stored);

    expect(await steady.refusal({ checkId: check.id, pressedAgoMs: 55_000 })).toBe('presence-closed');
    const other = await known(first, steady.client);
    expect(await other.refusal({ checkId: check.id, pressedAgoMs: 55_000 })).toBe('presence-closed');
    expect(await credit(steady)).toBe(0);
    await expectTruth();
  });

  it('asks nobody whose network was away from soon after the question to just before the end of their time', async () => {
    const [cut, silent] = await Promise.all([learner(), learner(second)]);
    await pass(60, cut, silent);
    await open();
    await pass(2, cut, silent);
    for (const seconds of [18, 18, 18]) await pass(seconds, silent);
    await pass(17, cut, silent);
    first.clock.advance(10_000);
    expect(await settled()).toMatchObject({ unconfirmed: 1 });
    expect(await credit(silent)).toBe(0);
    expect(await credit(cut)).toBe(133_000);
    await expectTruth();
  });

  it('is not taken with a press after the deadline, nor ten minutes late', async () => {
    const [late, veryLate] = await Promise.all([learner(), learner()]);
    await pass(60, late, veryLate);
    const check = await open();
    await pass(35, late, veryLate);
    first.clock.advance(60_000);
    expect(await late.refusal({ checkId: check.id, pressedAgoMs: 10_000 })).toBe('presence-closed');
    first.clock.advance(600_000);
    expect(await veryLate.refusal({ checkId: check.id, pressedAgoMs: 655_000 })).toBe('presence-closed');
  });
});

it('refuses checks that there are not, or of another class, and who has not entered', async () => {
  const somebody = await learner();
  expect(await somebody.refusal({ checkId: newId() })).toBe('not-found');
  expect(await somebody.refusal({ checkId: 'x' })).toBe('bad-request');
  const check = await open();
  const before = somebody;
  const { unitA, personA } = district;
  const other = { title: '第二课', unitId: unitA.id, personId: personA.id, instructorAccountId: null };
  ({ sessionId } = await seedClass(first, other));
  const elsewhere = await known(first, before.client);
  expect(await elsewhere.refusal({ checkId: check.id })).toBe('not-found');
  const stranger = await first.client().call('POST /presence', { body: { ticket: 'forged', checkId: check.id } });
  expect(stranger.problem?.code).toBe('bad-ticket');
  const byRequest = { ticket: before.admission.ticket, checkId: check.id };
  expect((await first.client().call('POST /presence', { body: byRequest })).body.stored).toBe(true);
});

it('asks a crowd one after the other, and counts each person’s time from their own moment', async () => {
  const people = await Promise.all([learner(), learner(second), learner(), learner(second)]);
  await first.prisma.session.update({ where: { id: sessionId }, data: { peakDevices: 40_000 } });
  await pass(60, ...people);
  const check = await open();
  expect(check.spreadMs).toBe(20_000);
  for (const seconds of [25, 15, 15, 15]) await pass(seconds, ...people);
  first.clock.advance(30_000);
  expect((await settled()).unconfirmed).toBe(people.length);
  const missed = await first.prisma.attendanceEntry.findMany({ where: { sessionId, kind: 'missed' } });
  for (const { personId, to } of missed) expect(Number(to)).toBe(askedAt(check, personId));
});

it('is cancelled when the class ends before its time is over', async () => {
  const somebody = await learner();
  await pass(60, somebody);
  await open();
  await pass(35, somebody);
  const params = { sessionId };
  expect(
    (await district.clients.bureau.call('POST /sessions/:sessionId/state', { params, body: { to: 'ended' } })).status,
  ).toBe(200);
  expect((await results())[0]).toMatchObject({ state: 'cancelled', unconfirmed: 0 });
  expect(await credit(somebody)).toBe(95_000);
  first.clock.advance(600_001);
  expect(await somebody.refusal({ checkId: null })).toBe('too-late');
});

it('charges nobody when it is settled only after the record was closed to beats', async () => {
  const somebody = await learner();
  await pass(60, somebody);
  await open();
  for (const seconds of [20, 20, 20]) await pass(seconds, somebody);
  // As though every worker had been away for so long.
  const endedAt = new Date(first.clock() - 600_001);
  await first.prisma.session.update({ where: { id: sessionId }, data: { state: 'ended', endedAt } });
  first.clock.advance(25_000);
  await expect.poll(async () => (await results())[0]?.state, soon).toBe('cancelled');
  expect(await first.prisma.attendanceEntry.count({ where: { sessionId, kind: 'missed' } })).toBe(0);
});

describe('a class whose course asks by itself', () => {
  async function begin(presenceMinutes: number): Promise<void> {
    const { bureau } = district.clients;
    const { body: course } = await bureau.call('POST /courses', { body: { title: '复工安全课', presenceMinutes } });
    const session = { topic: '复工安全课', startsAt: new Date(first.clock()).toISOString(), plannedMinutes: 60 };
    const params = { courseId: course.id };
    const { body } = await bureau.call('POST /courses/:courseId/sessions', { params, body: session });
    sessionId = body.id;
    for (const to of ['scheduled', 'live'] as const) {
      const moved = await bureau.call('POST /sessions/:sessionId/state', { params: { sessionId }, body: { to } });
      expect(moved.status).toBe(200);
    }
  }

  const planned = () => first.prisma.presencePlan.findMany({ where: { sessionId }, orderBy: { at: 'asc' } });

  it('is asked once at the planned moment, whichever worker looks; what is due with it or soon after is dropped', async () => {
    await begin(30);
    const [next, second, ...later] = await planned();
    if (!next || !second) throw new Error('nothing is planned');
    expect(later).toHaveLength(8);
    first.clock.advance(next.at.getTime() - first.clock() - 1_000);
    await district.clients.bureau.call('POST /login/refresh');
    expect(await results()).toEqual([]);
    first.clock.advance(1_000);
    await expect.poll(async () => (await results()).length, soon).toBe(1);
    expect((await results())[0]).toMatchObject({ byHand: false, state: 'asking', confirmed: 0 });
    await expect.poll(planned, soon).toHaveLength(9);

    // By hand a minute before the next one, which is then left out.
    first.clock.advance(second.at.getTime() - first.clock() - 60_000);
    await district.clients.bureau.call('POST /login/refresh');
    await open();
    first.clock.advance(60_000);
    await expect.poll(async () => (await planned()).length, soon).toBe(8);
    expect((await results()).map(({ byHand }) => byHand)).toEqual([true, false]);
    const ended = { params: { sessionId }, body: { to: 'ended' as const } };
    expect((await district.clients.bureau.call('POST /sessions/:sessionId/state', ended)).status).toBe(200);
    expect(await planned()).toEqual([]);
  });

  it('is not asked where the course says so, nor less than five minutes apart', async () => {
    await begin(0);
    expect(await planned()).toEqual([]);
    const { bureau } = district.clients;
    const often = await bureau.call('POST /courses', { body: { title: '太密', presenceMinutes: 2 } });
    expect(often.problem?.code).toBe('bad-request');
  });
});
