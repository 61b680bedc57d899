import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DoorSign } from '#contract/venues.ts';
import { verifySession } from '#server/attendance/verify.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let app: TestApp;
let district: District;
let bureau: HttpClient;
let enterprise: HttpClient;
let sessionId: string;
let startsAt: number;
/** People of the enterprise's unit. */
let people: string[];

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  ({ bureau, enterprise } = district.clients);
});
afterAll(() => app?.close());

/** A class at a venue in an hour, with five more people in the unit. */
beforeEach(async () => {
  sessionId = newId();
  startsAt = app.clock() + HOUR;
  await app.prisma.course.create({
    data: {
      id: newId(),
      title: '高危行业线下专题班',
      audience: { create: { id: newId() } },
      presenceMinutes: 0,
      sessions: {
        create: {
          id: sessionId,
          number: 1,
          topic: '动火作业',
          mode: 'offline',
          venue: '区党校三楼报告厅',
          startsAt: new Date(startsAt),
          plannedMinutes: 60,
          state: 'scheduled',
          streamKeyHash: Buffer.from(sessionId),
          streamKeyCipher: Buffer.alloc(1),
        },
      },
    },
  });
  people = Array.from({ length: 5 }, newId);
  await app.prisma.person.createMany({
    data: people.map((id, n) => ({
      ...{ id, unitId: district.unitA.id, name: `学员${sessionId.slice(-4)}${n}`, category: 'worker' as const },
    })),
  });
});

/** Time goes by, in which those who are signed in stay so. */
async function pass(ms: number): Promise<void> {
  app.clock.advance(ms);
  for (const client of [bureau, enterprise, district.clients.learner]) await client.call('POST /login/refresh', {});
}

const plan = (capacity: number, client = bureau) =>
  client.call('PUT /sessions/:sessionId/venue', { params: { sessionId }, body: { capacity } });
const enrol = (personIds: string[], client = enterprise) =>
  client.call('POST /sessions/:sessionId/enrolments', { params: { sessionId }, body: { personIds } });
const withdraw = (personId: string, client = enterprise) =>
  client.call('POST /sessions/:sessionId/enrolments/withdraw', { params: { sessionId }, body: { personId } });
const venue = async (client = bureau) =>
  (await client.call('GET /sessions/:sessionId/venue', { params: { sessionId } })).body;
const seats = async () => {
  const rows = await app.prisma.enrolment.findMany({ where: { sessionId }, orderBy: { number: 'asc' } });
  return rows.map(({ personId, seat }) => [people.indexOf(personId), seat]);
};
const changeState = (to: 'live' | 'ended' | 'archived') =>
  bureau.call('POST /sessions/:sessionId/state', { params: { sessionId }, body: { to } });
const verify = () => verifySession(app.pool, sessionId, { clock: app.clock });
const creditOf = async (personId: string) => {
  const row = await app.prisma.attendee.findUnique({ where: { sessionId_personId: { sessionId, personId } } });
  return row && { creditedMs: row.creditedMs, venueMs: row.venueMs, due: row.due };
};

async function door() {
  const { body } = await bureau.call('GET /sessions/:sessionId/door', { params: { sessionId } });
  return body;
}

/** A phone at the door that scans, or types the digits of, the code that is shown now. */
async function scan({ typed = false, phone = app.client() } = {}) {
  const { doorCode, code } = await door();
  const body = { door: doorCode, code: typed ? code.digits : (code.path.split('/').at(-1) ?? '') };
  return phone.call('POST /door/scans', { body });
}

async function sign(personId: string, how: DoorSign, given: { ticket?: string; deviceId?: string } = {}) {
  const ticket = given.ticket ?? (await scan()).body?.ticket ?? '';
  const body = { ticket, personId, deviceId: given.deviceId ?? newId(), sign: how };
  return app.client().call('POST /door/signs', { body });
}

describe('enrolling', () => {
  it('is by the unit, of its own people, within the capacity; who comes later waits and moves up by themselves', async () => {
    expect((await enrol(people)).problem?.code).toBe('no-venue');
    expect((await plan(2)).body).toMatchObject({ capacity: 2, open: true, enrolled: 0 });
    expect((await enrol(people.slice(0, 4))).body).toEqual({ seated: 2, waiting: 2, known: 0 });
    expect((await enrol(people)).body).toEqual({ seated: 0, waiting: 1, known: 4 });
    expect(await venue(enterprise)).toMatchObject({ enrolled: 2, waiting: 3, ownEnrolled: 2, ownWaiting: 3 });
    expect((await withdraw(people[0] as string)).status).toBe(204);
    expect(await seats()).toEqual([
      [1, 2],
      [2, 1],
      [3, null],
      [4, null],
    ]);
    const { body } = await enterprise.call('GET /sessions/:sessionId/enrolments', { params: { sessionId } });
    expect(body?.items.map(({ seat, waitingAt }) => [seat, waitingAt])).toEqual([
      [1, null],
      [2, null],
      [null, 1],
      [null, 2],
    ]);
    expect((await plan(1)).problem).toMatchObject({ code: 'capacity-below-enrolled', params: { enrolled: 2 } });
    expect((await plan(9)).status).toBe(200);
    expect((await seats()).map(([, seat]) => seat)).toEqual([2, 1, 3, 4]);
    const noted = await app.prisma.auditEntry.findMany({
      where: { subjectId: sessionId, action: { startsWith: 'venue:' } },
      orderBy: { id: 'asc' },
    });
    expect(noted.map(({ action }) => action)).toEqual([
      ...['venue:plan', 'venue:enrol', 'venue:enrol', 'venue:withdraw', 'venue:plan'],
    ]);
  });

  it('never gives more seats than there are, however many want the last ones at once', async () => {
    await plan(2);
    const other = await app.prisma.person.createManyAndReturn({
      data: Array.from({ length: 6 }, (_, n) => ({
        ...{ id: newId(), unitId: district.unitB.id, name: `乙${n}`, category: 'worker' as const },
      })),
    });
    const wanting = [...people.map((id) => enrol([id])), ...other.map(({ id }) => enrol([id], bureau))];
    const answers = await Promise.all(wanting);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(answers.reduce((sum, { body }) => sum + (body?.seated ?? 0), 0)).toBe(2);
    const leaving = people.slice(0, 3).map((id) => withdraw(id));
    await Promise.all([...leaving, enrol([people[0] as string])]);
    const given = (await seats()).flatMap(([, seat]) => seat ?? []);
    expect(given.toSorted()).toEqual([1, 2]);
  });

  it('refuses people of others, who is not invited, and who comes too late', async () => {
    await plan(3);
    expect((await enrol([district.personB.id])).problem?.code).toBe('not-invited');
    expect((await enrol([newId()], bureau)).problem?.code).toBe('not-invited');
    await enrol([district.personB.id], bureau);
    expect((await withdraw(district.personB.id)).problem?.code).toBe('not-found');
    await pass(HOUR);
    expect((await enrol([people[0] as string])).problem?.code).toBe('enrolment-closed');
    // The bureau still puts things right.
    expect((await enrol([people[0] as string], bureau)).body).toMatchObject({ seated: 1 });
  });
});

describe('at the door', () => {
  beforeEach(async () => {
    await plan(3);
    await enrol(people);
  });

  it('people sign in and out by the code, and are credited for the time between within the class', async () => {
    const [a, b, c] = people as [string, string, string];
    expect((await sign(a, 'in')).body).toMatchObject({ again: false });
    expect((await sign(a, 'in')).body).toMatchObject({ again: true });
    await pass(HOUR);
    expect((await changeState('live')).status).toBe(200);
    // 应到 of a class at a venue are those with a seat.
    expect(await app.prisma.attendee.count({ where: { sessionId, due: true } })).toBe(3);
    await pass(10 * MINUTE);
    await sign(b, 'in');
    await pass(20 * MINUTE);
    await sign(c, 'in');
    await sign(b, 'here');
    await pass(30 * MINUTE);
    await changeState('ended');
    await pass(5 * MINUTE);
    await sign(a, 'out');
    expect((await sign(a, 'out')).body).toMatchObject({ again: true });
    expect(await creditOf(a)).toEqual({ creditedMs: HOUR, venueMs: HOUR, due: true });
    // Who does not sign out: until the last moment at which they surely were there.
    expect(await creditOf(b)).toMatchObject({ creditedMs: 20 * MINUTE });
    expect(await creditOf(c)).toMatchObject({ creditedMs: 0 });
    expect(await verify()).toMatchObject({ intact: true, entries: 5 });

    const visits = await bureau.call('GET /sessions/:sessionId/visits', { params: { sessionId } });
    expect(visits.body?.map(({ signedOutAt, outWay }) => [signedOutAt !== null, outWay])).toEqual([
      [false, null],
      [false, null],
      [true, 'code'],
    ]);
    await pass(26 * MINUTE);
    expect((await sign(b, 'out')).problem?.code).toBe('door-closed');
  });

  it('are found by what they say, masked, when they have a seat; whoever is signed in on the phone at once', async () => {
    const name = `学员${sessionId.slice(-4)}0`;
    const opened = await scan({ typed: true });
    expect(opened.body).toMatchObject({ topic: '动火作业', venue: '区党校三楼报告厅', me: null });
    const find = (q: string) =>
      app.client().call('POST /door/people', { body: { ticket: opened.body?.ticket ?? '', q } });
    expect((await find(name)).body).toMatchObject([
      { personId: people[0], unitName: '东湖机械有限公司', present: false },
    ]);
    expect((await find(name)).body?.[0]?.name).not.toBe(name);
    expect((await find(name.slice(0, 3))).body).toEqual([]);
    expect((await find(`学员${sessionId.slice(-4)}4`)).body).toEqual([]);
    await withdraw(people[0] as string);
    await enrol([district.personA.id]);
    await plan(9);
    const own = await scan({ phone: district.clients.learner });
    expect(own.body?.me).toMatchObject({ personId: district.personA.id });
  });

  it('old, wrong and forwarded codes are refused, and one scan serves one person', async () => {
    const [a, b] = people as [string, string];
    const { doorCode, code } = await door();
    const token = code.path.split('/').at(-1) ?? '';
    const open = (given: string, at = doorCode) =>
      app.client().call('POST /door/scans', { body: { door: at, code: given } });
    const { body } = await open(token);
    const ticket = body?.ticket ?? '';
    expect((await sign(a, 'in', { ticket })).status).toBe(200);
    expect((await sign(b, 'in', { ticket })).problem?.code).toBe('door-ticket-used');
    // The same again, by a phone that never heard the answer.
    expect((await sign(a, 'in', { ticket })).body).toMatchObject({ again: true });
    expect((await open('nothing')).problem?.code).toBe('door-code-wrong');
    expect((await open(token, 'NOTHERE2')).problem?.code).toBe('door-code-wrong');
    await pass(30_000);
    expect((await open(token)).problem?.code).toBe('door-code-expired');
    await pass(3 * MINUTE);
    expect((await sign(b, 'in', { ticket })).problem?.code).toBe('door-ticket');
    expect((await sign(people[4] as string, 'in')).problem?.code).toBe('not-enrolled');
    expect((await sign(b, 'out')).problem?.code).toBe('not-at-venue');
  });

  it('guesses close nothing: the door shows ten digits then, and takes no others', async () => {
    const { doorCode, code } = await door();
    const type = (digits: string) => app.client().call('POST /door/scans', { body: { door: doorCode, code: digits } });
    const wrong = code.digits === '000000' ? '000001' : '000000';
    const guesses = await Promise.all(Array.from({ length: 200 }, () => type(wrong)));
    // Those beyond sixty are not even judged, though all were sent at once.
    const codes = guesses.map(({ problem }) => problem?.code);
    expect(codes.filter((each) => each === 'door-code-wrong')).toHaveLength(60);
    expect(codes.filter((each) => each === 'door-code-expired')).toHaveLength(140);
    const long = (await door()).code.digits;
    expect(long).toMatch(/^\d{10}$/);
    expect((await type(code.digits)).problem?.code).toBe('door-code-expired');
    expect((await type(`${long.slice(0, 3)} ${long.slice(3)}`)).status).toBe(200);
    expect((await scan()).status).toBe(200);
    expect((await scan({ typed: true })).status).toBe(200);
  });

  it('one phone that signs several is shown', async () => {
    const deviceId = newId();
    for (const id of people.slice(0, 2)) await sign(id, 'in', { deviceId });
    const { body } = await bureau.call('GET /sessions/:sessionId/visits', { params: { sessionId } });
    expect(body?.map(({ phoneSigned }) => phoneSigned)).toEqual([2, 2]);
    expect(await door()).toMatchObject({ signedIn: 2, present: 2, enrolled: 3 });
  });

  it('two at once are one visit', async () => {
    const [a] = people as [string];
    const tickets = [];
    for (let n = 0; n < 4; n += 1) tickets.push((await scan()).body?.ticket ?? '');
    const answers = await Promise.all(tickets.map((ticket) => sign(a, 'in', { ticket })));
    expect(answers.filter(({ body }) => body?.again === false)).toHaveLength(1);
    expect(await app.prisma.venueVisit.count({ where: { sessionId } })).toBe(1);
    expect(await verify()).toMatchObject({ intact: true, entries: 1 });
  });

  it('the bureau signs by hand with a reason, whoever it is, until the archive', async () => {
    const byHand = (personId: string, how: DoorSign, at: number | null, client = bureau) =>
      client.call('POST /sessions/:sessionId/visits', {
        params: { sessionId },
        body: {
          personId,
          sign: how,
          at: at === null ? null : new Date(at).toISOString(),
          reason: '手机没电，核对身份证',
        },
      });
    const walkIn = district.personB.id;
    expect((await byHand(walkIn, 'in', null, enterprise)).status).toBe(403);
    await pass(HOUR);
    await changeState('live');
    const begun = app.clock();
    await pass(40 * MINUTE);
    expect((await byHand(walkIn, 'in', begun + 10 * MINUTE)).status).toBe(200);
    expect((await byHand(walkIn, 'out', begun + 5 * MINUTE)).problem?.code).toBe('venue-time');
    expect((await byHand(walkIn, 'out', app.clock() + MINUTE)).problem?.code).toBe('venue-time');
    await pass(20 * MINUTE);
    await changeState('ended');
    await pass(24 * HOUR);
    expect((await byHand(walkIn, 'out', begun + 50 * MINUTE)).status).toBe(200);
    expect(await creditOf(walkIn)).toEqual({ creditedMs: 40 * MINUTE, venueMs: 40 * MINUTE, due: false });
    const noted = await app.prisma.auditEntry.count({ where: { action: 'venue:hand', subjectId: sessionId } });
    expect(noted).toBe(2);
    expect(await verify()).toMatchObject({ intact: true });
    await changeState('archived');
    expect((await byHand(walkIn, 'in', begun + 55 * MINUTE)).problem?.code).toBe('record-closed');
  });

  it('a changed entry is named by the check, and a correction stands beside what the venue credits', async () => {
    const [a] = people as [string];
    await sign(a, 'in');
    await pass(HOUR);
    await changeState('live');
    await pass(30 * MINUTE);
    await sign(a, 'out');
    await changeState('ended');
    await pass(11 * MINUTE);
    const evidence = await bureau.call('POST /sessions/:sessionId/evidence', {
      params: { sessionId },
      query: { name: '签到表.pdf' },
      body: Buffer.from('%PDF-1.4'),
    });
    const correction = await bureau.call('POST /sessions/:sessionId/corrections', {
      params: { sessionId },
      body: {
        personId: a,
        change: { effect: 'difference', deltaMs: -5 * MINUTE },
        reason: '中途离开，照片为证',
        evidenceId: evidence.body?.id ?? '',
      },
    });
    expect(correction.body).toMatchObject({ beforeMs: 30 * MINUTE, afterMs: 25 * MINUTE });
    expect(await verify()).toMatchObject({ intact: true });
    await app.pool.query(
      `update attendance_entry set "to" = "to" + 600000 where session_id = $1 and kind = 'venue' and seq = 2`,
      [sessionId],
    );
    const { intact, faults } = await verify();
    expect(intact).toBe(false);
    expect(faults.map(({ kind, personId }) => [kind, personId])).toContainEqual(['changed', a]);
  });
});
