import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Course, MySession, Session, SessionState, StreamKey } from '#contract/courses.ts';
import type { Person, Unit } from '#contract/organisations.ts';
import { streamKeyOfSrt } from '#contract/srt.ts';
import { SYSTEM } from '#server/audit.ts';
import { mayBecome } from '#server/courses/states.ts';
import { AppError } from '#server/errors.ts';
import { type Features, startFeatures } from '#tests/support/feature-app.ts';

const START = '2027-02-01T01:00:00.000Z';
const STATES: SessionState[] = ['draft', 'scheduled', 'live', 'ended', 'archived'];
const PATH_TO: Record<SessionState, SessionState[]> = {
  draft: [],
  scheduled: ['scheduled'],
  live: ['scheduled', 'live'],
  ended: ['scheduled', 'live', 'ended'],
  archived: ['scheduled', 'live', 'ended', 'archived'],
};

let app: Features;
let course: Course;

beforeAll(async () => {
  app = await startFeatures();
});
afterAll(() => app?.close());

beforeEach(async () => {
  app.time.now = Date.parse(START);
  course = (await app.officer<Course>('POST', '/courses', { title: '开工第一课' })).body;
});

async function addSession(changes: object = {}): Promise<Session> {
  const body = { topic: '事故规律与预防', startsAt: START, plannedMinutes: 45, ...changes };
  const answer = await app.officer<Session>('POST', `/courses/${course.id}/sessions`, body);
  expect(answer.status).toBe(200);
  return answer.body;
}

async function sessionIn(state: SessionState): Promise<Session> {
  const session = await addSession();
  for (const to of PATH_TO[state]) await app.courses.changeState(session.id, to, SYSTEM);
  return session;
}

function change(sessionId: string, to: SessionState) {
  return app.officer<Session>('POST', `/sessions/${sessionId}/state`, { to });
}

describe('states', () => {
  test.each(STATES)('from %s every impossible step is refused and changes nothing', async (from) => {
    const session = await sessionIn(from);
    for (const to of STATES.filter((state) => !mayBecome(from, state))) {
      expect(await change(session.id, to)).toMatchObject({
        status: 409,
        body: { code: 'impossible-transition', params: { from, to } },
      });
    }
    expect((await app.officer<Session>('GET', `/sessions/${session.id}`)).body.state).toBe(from);
  });

  test('the whole way, with its moments, its record and a revision for each step', async () => {
    const session = await addSession();
    for (const to of PATH_TO.archived) {
      app.time.now += 60_000;
      expect((await change(session.id, to)).body.state).toBe(to);
    }
    const read = await app.officer<Session>('GET', `/sessions/${session.id}`);
    expect(read.body).toMatchObject({ startedAt: '2027-02-01T01:02:00.000Z', endedAt: '2027-02-01T01:03:00.000Z' });
    expect(await app.courses.sessionForRoom(session.id)).toMatchObject({
      revision: 4,
      endReason: 'officer',
      requiredMs: 48_000,
    });
    const entries = await app.db.prisma.auditEntry.findMany({
      where: { action: 'session:state', subjectId: session.id },
      orderBy: { id: 'asc' },
    });
    expect(entries.map((entry) => entry.detail)).toMatchObject(PATH_TO.archived.map((to) => ({ to })));
  });

  test('of two starts at once one wins', async () => {
    const session = await sessionIn('scheduled');
    const answers = await Promise.all([change(session.id, 'live'), change(session.id, 'live')]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
    expect(await app.courses.sessionForRoom(session.id)).toMatchObject({ state: 'live', revision: 2 });
  });

  test('a participant that throws undoes the step; afterwards it only hears of what was committed', async () => {
    const session = await sessionIn('scheduled');
    const heard: string[] = [];
    let refuse = true;
    app.courses.onTransition({
      within: async (tx, { id }, to) => {
        if (id !== session.id) return;
        await tx.session.update({ where: { id }, data: { peakDevices: 7 } });
        if (refuse) throw new AppError('busy');
        heard.push(`within ${to}`);
      },
      after: ({ id, revision }, to) => {
        if (id === session.id) heard.push(`after ${to} ${revision}`);
        throw new Error('too late to matter');
      },
    });
    expect(await change(session.id, 'live')).toMatchObject({ status: 503 });
    expect(await app.courses.sessionForRoom(session.id)).toMatchObject({ state: 'scheduled', peakDevices: 0 });
    refuse = false;
    expect((await change(session.id, 'live')).status).toBe(200);
    expect(heard).toEqual(['within live', 'after live 2']);
  });
});

describe('planning', () => {
  test.each([
    ['2027-01-30T00:00:00Z', '开始时间不合理：已经过去一天以上'],
    ['2028-06-01T00:00:00Z', '开始时间不合理：在一年以后'],
  ])('a session at %s is impossible', async (startsAt, detail) => {
    const body = { topic: '课', startsAt, plannedMinutes: 45 };
    const answer = await app.officer('POST', `/courses/${course.id}/sessions`, body);
    expect(answer).toMatchObject({ status: 400, body: { code: 'impossible-time', detail } });
    expect(await app.db.prisma.session.count({ where: { courseId: course.id } })).toBe(0);
  });

  test('a draft that waited too long can’t be scheduled', async () => {
    const session = await addSession();
    app.time.now += 3 * 86_400_000;
    expect(await change(session.id, 'scheduled')).toMatchObject({ status: 400, body: { code: 'impossible-time' } });
  });

  test('a scheduled session is moved; the room hears of it and it is on record', async () => {
    const session = await sessionIn('scheduled');
    const changed: string[] = [];
    app.services.signals.on('room-changed', (id) => changed.push(id));
    const to = '2027-02-02T01:00:00.000Z';
    const answer = await app.officer<Session>('PATCH', `/sessions/${session.id}`, { startsAt: to });
    expect(answer.body).toMatchObject({ startsAt: to, topic: session.topic, plannedMinutes: 45 });
    expect(changed).toEqual([session.id]);
    const entry = await app.db.prisma.auditEntry.findFirst({
      where: { action: 'session:reschedule', subjectId: session.id },
    });
    expect(entry?.detail).toMatchObject({ from: START, to });
  });

  test('once it has begun only its texts can change', async () => {
    const session = await sessionIn('live');
    const patch = (body: object) => app.officer<Session>('PATCH', `/sessions/${session.id}`, body);
    for (const body of [{ startsAt: '2027-02-02T01:00:00Z' }, { plannedMinutes: 60 }, { mode: 'both' }]) {
      expect(await patch(body)).toMatchObject({ status: 409, body: { code: 'session-locked' } });
    }
    const answer = await patch({ topic: '事故规律与预防 (更正)', startsAt: START, plannedMinutes: 45 });
    expect(answer).toMatchObject({ status: 200, body: { topic: '事故规律与预防 (更正)' } });
    const percent = await app.officer('PATCH', `/courses/${course.id}`, { completePercent: 10 });
    expect(percent).toMatchObject({ status: 409, body: { code: 'session-locked' } });
    expect((await app.officer('DELETE', `/sessions/${session.id}`)).status).toBe(409);
  });

  test('drafts are deleted; two sessions added at once get two numbers', async () => {
    const both = await Promise.all([addSession(), addSession()]);
    expect(both.map((session) => session.number).sort()).toEqual([1, 2]);
    expect((await app.officer('DELETE', `/sessions/${both[0]?.id}`)).status).toBe(204);
    expect((await app.officer('GET', `/sessions/${both[0]?.id}`)).status).toBe(404);
  });

  test('the cloud classroom has six weekly drafts', async () => {
    const made = await app.officer<Course>('POST', '/courses', {
      title: '云课堂',
      template: 'cloud-classroom',
      firstStartsAt: START,
    });
    expect(made.body.sessions.map((session) => session.number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(made.body.sessions.map((session) => session.state)).toEqual(Array(6).fill('draft'));
    expect(made.body.sessions[5]?.startsAt).toBe('2027-03-08T01:00:00.000Z');
    expect(made.body.sessions.map((session) => session.topic)).toContain('安全管理台账');
  });

  test('a course is archived with its ended sessions, not before, and then stays as it is', async () => {
    const session = await sessionIn('live');
    const archive = () => app.officer<Course>('POST', `/courses/${course.id}/archive`);
    expect(await archive()).toMatchObject({ status: 409, body: { code: 'impossible-transition' } });
    await change(session.id, 'ended');
    const archived = await archive();
    expect(archived.body).toMatchObject({ archived: true, sessions: [{ state: 'archived' }] });
    expect((await archive()).body.code).toBe('course-archived');
    expect((await app.officer('PATCH', `/courses/${course.id}`, { title: '改名' })).body.code).toBe('course-archived');
  });
});

describe('stream keys', () => {
  test('find their session until they are replaced', async () => {
    const session = await addSession();
    const first = await app.officer<z.infer<typeof StreamKey>>('GET', `/sessions/${session.id}/stream-key`);
    expect(first.body.server).toBe('rtmp://127.0.0.1:1935/live');
    expect(first.body.secureServer).toBeNull();
    expect(first.body.key).toMatch(/^[\w-]{32}$/);
    const { host, searchParams } = new URL(first.body.srtAddress ?? '');
    expect(host).toBe('127.0.0.1:9000');
    expect(searchParams.get('passphrase')).toBe(first.body.key);
    expect(streamKeyOfSrt(app.services.secrets.hooks, searchParams.get('streamid') ?? '')).toBe(first.body.key);
    expect(await app.courses.findByStreamKey(first.body.key)).toBe(session.id);
    const second = await app.officer<{ key: string }>('POST', `/sessions/${session.id}/stream-key`);
    expect(await app.courses.findByStreamKey(first.body.key)).toBeNull();
    expect(await app.courses.findByStreamKey(second.body.key)).toBe(session.id);
    const stored = await app.db.prisma.session.findUnique({ where: { id: session.id } });
    expect(Buffer.from(stored?.streamKeyCipher ?? []).toString('latin1')).not.toContain(second.body.key);
  });

  test('are for officers and the session’s instructor', async () => {
    const account = await app.db.prisma.account.create({ data: { id: crypto.randomUUID(), displayName: '讲师' } });
    const session = await addSession({ instructorAccountId: account.id });
    const instructor = app.as([{ role: 'instructor' }], { accountId: account.id });
    expect((await instructor('GET', `/sessions/${session.id}/stream-key`)).status).toBe(200);
    expect((await app.as([{ role: 'instructor' }])('GET', `/sessions/${session.id}/stream-key`)).status).toBe(403);
    expect((await app.as([{ role: 'supervisor' }])('GET', `/sessions/${session.id}/stream-key`)).status).toBe(403);
    const unknown = await app.officer('PATCH', `/sessions/${session.id}`, { instructorAccountId: crypto.randomUUID() });
    expect(unknown).toMatchObject({ status: 400, body: { code: 'bad-request' } });
  });
});

test('the peak of devices only rises', async () => {
  const session = await sessionIn('live');
  for (const devices of [5, 3, 9, 4]) await app.courses.setPeakDevices(session.id, devices);
  expect(await app.courses.sessionForRoom(session.id)).toMatchObject({ peakDevices: 9 });
});

describe('who is invited', () => {
  let risky: Unit;
  let safe: Unit;
  let principal: Person;
  let worker: Person;

  beforeAll(async () => {
    const area = await app.officer<{ id: string }>('POST', '/areas', { name: '城南街道', kind: 'street' });
    const unit = async (name: string, highRisk: boolean) =>
      (await app.officer<Unit>('POST', '/units', { kind: 'enterprise', name, areaId: area.body.id, highRisk })).body;
    const person = async (unitId: string, name: string, category: string) =>
      (await app.officer<Person>('POST', `/units/${unitId}/people`, { name, category })).body;
    risky = await unit('化工厂', true);
    safe = await unit('书店', false);
    principal = await person(risky.id, '厂长', 'principal');
    worker = await person(safe.id, '店员', 'worker');
  });

  const learner = (person: Person) => app.as([], { accountId: null, personId: person.id, unitId: person.unitId });
  const invite = (...rules: object[]) => app.officer<Course>('PUT', `/courses/${course.id}/audience`, { rules });

  test('rules narrow, and are counted before they are stored', async () => {
    await sessionIn('scheduled');
    const rule = { highRisk: true, categories: ['principal'] };
    const count = await app.officer('POST', `/courses/${course.id}/audience/count`, { rules: [rule] });
    expect(count.body).toEqual({ units: 1, people: 1 });
    expect((await invite(rule)).body.audience).toMatchObject([rule]);
    expect((await learner(principal)('GET', `/courses/${course.id}`)).status).toBe(200);
    expect(await learner(worker)('GET', `/courses/${course.id}`)).toMatchObject({
      status: 403,
      body: { code: 'not-invited' },
    });
    await invite();
    expect(await app.courses.isInvited(course.id, { personId: principal.id, unitId: null })).toBe(false);
    await invite({ unitIds: [safe.id] }, { highRisk: true });
    expect(await app.courses.isInvited(course.id, { personId: worker.id, unitId: null })).toBe(true);
    expect(await app.courses.isInvited(course.id, { personId: null, unitId: risky.id })).toBe(true);
  });

  test('rules that name unknown places are refused', async () => {
    expect(await invite({ areaIds: [crypto.randomUUID()] })).toMatchObject({ status: 400 });
  });

  test('a person who left or was refused is not invited; an unverified one is', async () => {
    await invite({ unitIds: [safe.id] });
    const joined = await app.join({ joinCode: safe.joinCode, name: '新来的', phone: '13700000001' });
    const who = { personId: joined.personId, unitId: null };
    expect(await app.courses.isInvited(course.id, who)).toBe(true);
    await app.officer('POST', `/people/${joined.personId}/verification`, { verification: 'refused' });
    expect(await app.courses.isInvited(course.id, who)).toBe(false);
  });

  test('supervisors see every course, an enterprise the ones it is invited to, nobody else a draft', async () => {
    await invite({ unitIds: [risky.id] });
    const draft = await addSession();
    const scheduled = await sessionIn('scheduled');
    const titles = async (call: ReturnType<Features['as']>) => {
      const { body } = await call<Course[]>('GET', '/courses');
      return body.filter((seen) => seen.id === course.id).map((seen) => seen.sessions.length);
    };
    expect(await titles(app.as([{ role: 'supervisor' }]))).toEqual([2]);
    expect(await titles(app.as([{ role: 'enterprise', unitId: risky.id }]))).toEqual([1]);
    expect(await titles(app.as([{ role: 'enterprise', unitId: safe.id }]))).toEqual([]);
    expect((await learner(principal)('GET', `/sessions/${draft.id}`)).status).toBe(403);
    expect((await learner(principal)('GET', `/sessions/${scheduled.id}`)).status).toBe(200);
    const seen = await learner(principal)<Course>('GET', `/courses/${course.id}`);
    expect(seen.body).toMatchObject({ audience: [], sessions: [{ id: scheduled.id }] });
  });

  test('my sessions, with what is credited', async () => {
    await invite({ unitIds: [risky.id] });
    await addSession();
    const session = await sessionIn('scheduled');
    app.credit.set(session.id, 36 * 60_000);
    const { body } = await learner(principal)<MySession[]>('GET', '/my/sessions');
    expect(body.filter((mine) => mine.session.courseId === course.id)).toMatchObject([
      { session: { id: session.id }, creditedMs: 2_160_000, requiredMs: 2_160_000, complete: true, paper: null },
    ]);
    const others = await learner(worker)<MySession[]>('GET', '/my/sessions');
    expect(others.body.map((mine) => mine.session.id)).not.toContain(session.id);
    expect((await app.officer('GET', '/my/sessions')).status).toBe(403);
  });
});
