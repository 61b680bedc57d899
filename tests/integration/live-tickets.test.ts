import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { signTicket } from '#server/live/ticket.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { admission, beat } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* What a ticket opens, and what it does not. The same holds on a socket and by plain requests. */

const DAY_MS = 24 * 3_600_000;

let app: TestApp;
let district: District;
let learner: HttpClient;
let sessionId: string;
let elsewhere: string;
let startedAt: number;
const opened: RoomSocket[] = [];

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { unitA, unitB, personA, personB } = district;
  const made = { title: '开工第一课', instructorAccountId: null };
  ({ sessionId } = await seedClass(app, { ...made, unitId: unitA.id, personId: personA.id }));
  ({ sessionId: elsewhere } = await seedClass(app, { ...made, unitId: unitB.id, personId: personB.id }));
  startedAt = app.clock();
  app.clock.advance(60_000);
  learner = district.clients.learner;
});
afterEach(async () => {
  for (const socket of opened.splice(0)) await socket.close();
});
afterAll(() => app?.close());

async function connect(): Promise<RoomSocket> {
  const socket = await RoomSocket.connect(app.url);
  opened.push(socket);
  return socket;
}

/** What is refused both ways, and leaves nothing behind. */
async function refusals(ticket: string): Promise<[string | null, [number, string | undefined]]> {
  const before = await app.prisma.attendanceEntry.count();
  const joined = await (await connect()).refusal('room:join', { ticket });
  const { status, problem } = await app.client().call('POST /beats', {
    body: { ticket, beats: [beat(1, startedAt, 15)] },
  });
  expect(await app.prisma.attendanceEntry.count()).toBe(before);
  return [joined, [status, problem?.code]];
}

function forged(changes: Partial<Parameters<typeof signTicket>[1]>, secret = app.secrets.ticket, now = app.clock()) {
  const { personA, unitA } = district;
  const honest = { personId: personA.id, sessionId, connId: newId(), deviceId: newId(), unitId: unitA.id };
  const words = { loginId: newId(), personName: personA.name, unitName: unitA.name };
  return signTicket(secret, { ...honest, ...words, ...changes }, now);
}

describe('a ticket', () => {
  it('opens the room, and its beats are stored by either way, each once', async () => {
    const { ticket, connId } = await admission(learner, sessionId);
    app.clock.advance(30_000);
    const socket = await connect();
    const { room } = await socket.request('room:join', { ticket });
    expect(room.sessionId).toBe(sessionId);
    const beats = [beat(1, startedAt, 15)];
    expect(await socket.request('beat:send', { beats })).toMatchObject({ accepted: [1], creditedMs: 15_000 });
    const left = await app.client().call('POST /beats', { body: { ticket, beats } });
    expect(left.body).toMatchObject({ accepted: [1], creditedMs: 15_000 });
    expect(await app.prisma.attendanceEntry.count({ where: { connId } })).toBe(1);
  });

  it('is kept seeing: a new playback token comes with a beat when the last is past half its life', async () => {
    const prefix = 'prefix-of-the-class';
    const broadcast = { id: newId(), sessionId, prefix, kind: 'live' as const, firstPdt: startedAt };
    await app.prisma.broadcast.create({ data: broadcast });
    app.clock.advance(6_000);
    const { ticket, playbackToken } = await admission(learner, sessionId);
    expect(playbackToken).not.toBeNull();
    const socket = await connect();
    await socket.request('room:join', { ticket });
    const given = async (seq: number) =>
      (await socket.request('beat:send', { beats: [beat(seq, startedAt, 15)] })).playbackToken;
    app.clock.advance(200_000);
    expect(await given(1)).toBeUndefined();
    app.clock.advance(100_000);
    expect(await given(2)).toMatch(/^ey/);
    expect(await given(3)).toBeUndefined();
    const left = await app.client().call('POST /beats', { body: { ticket, beats: [beat(4, startedAt, 15)] } });
    expect(left.body.playbackToken).toMatch(/^ey/);
  });

  it.each(['beat:send', 'question:ask', 'quiz:answer'] as const)('has to be shown before %s', async (event) => {
    const payloads = {
      'beat:send': { beats: [beat(1, startedAt, 15)] },
      'question:ask': { id: newId(), text: '?' },
      'quiz:answer': { liveQuestionId: newId(), choice: [0] },
    };
    expect(await (await connect()).refusal(event, payloads[event])).toBe('not-joined');
  });

  it('that is no ticket opens nothing', async () => {
    expect(await refusals('no.ticket.atall')).toEqual(['bad-ticket', [401, 'bad-ticket']]);
  });

  it('signed by somebody else opens nothing', async () => {
    const wrong = forged({}, app.secrets.playback);
    expect(await refusals(wrong)).toEqual(['bad-ticket', [401, 'bad-ticket']]);
  });

  it('whose content was changed opens nothing', async () => {
    const { ticket } = await admission(learner, sessionId);
    const [head, claims, signature] = ticket.split('.');
    const changed = { ...JSON.parse(Buffer.from(claims ?? '', 'base64url').toString()), sub: district.personB.id };
    const body = Buffer.from(JSON.stringify(changed)).toString('base64url');
    expect(await refusals(`${head}.${body}.${signature}`)).toEqual(['bad-ticket', [401, 'bad-ticket']]);
  });

  it('without a signature opens nothing', async () => {
    const { ticket } = await admission(learner, sessionId);
    const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
    expect(await refusals(`${head}.${ticket.split('.')[1]}.`)).toEqual(['bad-ticket', [401, 'bad-ticket']]);
  });

  it('of yesterday opens nothing', async () => {
    const old = forged({}, app.secrets.ticket, app.clock() - DAY_MS - 1_000);
    expect(await refusals(old)).toEqual(['bad-ticket', [401, 'bad-ticket']]);
  });

  it('is not given for a class to which one is not invited', async () => {
    const params = { sessionId: elsewhere };
    const reply = await learner.call('POST /sessions/:sessionId/ticket', { params, body: { deviceId: newId() } });
    expect([reply.status, reply.problem?.code]).toEqual([403, 'not-invited']);
  });

  it('of one session answers no question of another', async () => {
    const { ticket } = await admission(learner, sessionId);
    const socket = await connect();
    await socket.request('room:join', { ticket });
    const foreign = await app.prisma.liveQuestion.findFirstOrThrow({ where: { sessionId: elsewhere } });
    expect(await socket.refusal('quiz:answer', { liveQuestionId: foreign.id, choice: [0] })).toBe('not-found');
    expect(await app.prisma.liveAnswer.count()).toBe(0);
  });

  it('of a person whom the unit refused meanwhile opens nothing, and the refused renewal says why', async () => {
    const client = app.client();
    const { unitA, clients } = district;
    const who = { name: '孙七', phone: '13800009998' };
    await client.call('POST /join/unit/:joinCode', { params: { joinCode: unitA.joinCode }, body: who });
    const { ticket } = await admission(client, sessionId);
    const personId = (await client.call('GET /me')).body?.personId ?? '';
    const refusal = { params: { personId }, body: { verification: 'refused' as const } };
    await clients.enterprise.call('POST /people/:personId/verification', refusal);
    await expect.poll(async () => (await refusals(ticket))[0]).toBe('not-signed-in');
    expect(await refusals(ticket)).toEqual(['not-signed-in', [401, 'not-signed-in']]);
    const renewal = await client.call('POST /login/refresh');
    expect(renewal.problem).toMatchObject({ status: 401, code: 'login-ended', params: { reason: 'not-confirmed' } });
  });
});

describe('a socket request', () => {
  it.each([
    ['nothing at all', undefined],
    ['a number', 7],
    ['a list', []],
    ['no ticket', {}],
    ['a ticket of another type', { ticket: { $gt: '' } }],
    ['an endless ticket', { ticket: 'x'.repeat(3_000) }],
  ])('with %s is refused by its code', async (_, payload) => {
    expect(await (await connect()).refusal('room:join', payload)).toBe('bad-request');
  });

  it.each([
    ['no beats', { beats: [] }],
    ['too many beats', { beats: Array.from({ length: 51 }, (_, n) => beat(n + 1, 0, 1)) }],
    ['a beat that ends before it begins', { beats: [{ ...beat(1, 50_000, 1), mediaTo: 1 }] }],
    ['a beat of no number', { beats: [{ ...beat(1, 0, 1), seq: 0 }] }],
    ['a beat of another age', { beats: [{ ...beat(1, 0, 1), mediaTo: 1e15 }] }],
  ])('with %s is refused by its code', async (_, payload) => {
    const { ticket } = await admission(learner, sessionId);
    const socket = await connect();
    await socket.request('room:join', { ticket });
    expect(await socket.refusal('beat:send', payload)).toBe('bad-request');
  });

  it('that is too large ends the connection, and the worker goes on', async () => {
    const socket = await connect();
    socket.socket.emit('room:join', { ticket: 'x'.repeat(200_000) }, () => undefined);
    await expect.poll(() => socket.connected).toBe(false);
    expect((await app.client().fetch('/health/ready')).status).toBe(200);
  });

  it('from the page of another site is not let in', async () => {
    const response = await fetch(`${app.url}/socket.io/?EIO=4&transport=polling`, {
      headers: { origin: 'https://evil.example' },
    });
    expect(response.status).toBe(403);
  });

  it('to watch from a console needs an officer or the session’s instructor', async () => {
    const asked = async (client: HttpClient, id: string) => {
      const socket = await RoomSocket.connect(app.url, { cookie: client.cookieHeader() });
      opened.push(socket);
      return socket.refusal('console:join', { sessionId: id });
    };
    const { bureau, enterprise, instructor } = district.clients;
    expect(await asked(bureau, sessionId)).toBeNull();
    expect(await asked(bureau, newId())).toBe('not-found');
    expect(await asked(enterprise, sessionId)).toBe('forbidden');
    expect(await asked(instructor, sessionId)).toBe('forbidden');
    expect(await asked(learner, sessionId)).toBe('forbidden');
    expect(await asked(app.client(), sessionId)).toBe('not-signed-in');
  });
});

// The last, since it moves the clock on beyond every access token.
it('a ticket opens nothing once its login has ended, also for a worker that was started later', async () => {
  const client = await district.joined(district.principalA, district.unitA.joinCode);
  const { ticket } = await admission(client, sessionId);
  await client.call('POST /logout');
  expect(await refusals(ticket)).toEqual(['not-signed-in', [401, 'not-signed-in']]);
  app.clock.advance(3_600_000);
  const later = await startApp({ beside: app });
  const body = { ticket, beats: [beat(1, startedAt, 15)] };
  const { status, problem } = await later.client().call('POST /beats', { body });
  expect([status, problem?.code]).toEqual([401, 'not-signed-in']);
  await later.close();
});
