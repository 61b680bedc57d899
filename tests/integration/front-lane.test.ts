import http from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';

/* What a crowd asks for is answered past the framework's routing. With a query it goes the long way, and the answer has to be the same. */

let app: TestApp;
let district: District;
let sessionId: string;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { unitA, personA } = district;
  ({ sessionId } = await seedClass(app, {
    title: '开工第一课',
    instructorAccountId: null,
    unitId: unitA.id,
    personId: personA.id,
  }));
});
afterAll(() => app?.close());

const JSON_BODY = { 'content-type': 'application/json', 'x-anke-client': 'web' };

interface Asked {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

it.each<[what: string, asked: () => Asked, status: number]>([
  ['a code', () => ({ path: `/join/unit/${district.unitA.joinCode}` }), 200],
  ['a code that opens nothing', () => ({ path: '/join/unit/ZZZZ9999' }), 404],
  ['English', () => ({ path: '/join/unit/ZZZZ9999', headers: { 'accept-language': 'en' } }), 404],
  ['a list, of nobody', () => ({ path: '/my/sessions' }), 401],
  ['a list', () => ({ path: '/my/sessions', headers: { cookie: district.clients.learner.cookieHeader() } }), 200],
  ['a sign-in of another site', () => ({ ...signIn({}), headers: { 'content-type': 'application/json' } }), 403],
  [
    'a sign-in from another origin',
    () => ({ ...signIn({}), headers: { ...JSON_BODY, origin: 'http://elsewhere.example' } }),
    403,
  ],
  ['a sign-in without a name', () => signIn({ phone: '13700000001' }), 400],
  ['a body that is no JSON', () => ({ ...signIn({}), body: '{"name":' }), 400],
  ['a body of another kind', () => ({ ...signIn({}), headers: { ...JSON_BODY, 'content-type': 'text/plain' } }), 415],
  ['a ticket to nothing', () => ticket(newId()), 404],
  ['a ticket to what is no id', () => ticket('x'), 404],
])('answers %s as the framework does', async (_what, asked, status) => {
  const short = await send(asked());
  const long = await send({ ...asked(), path: `${asked().path}?long` });
  expect(short.status).toBe(status);
  expect(short).toEqual(long);
});

it('signs in and gives a ticket', async () => {
  const signedIn = await send(signIn({ name: '周九', phone: '13700000009' }));
  expect(signedIn.status).toBe(200);
  const cookies = signedIn.headers['set-cookie'] as string[];
  expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual(['anke_access', 'anke_refresh']);
  const cookie = cookies.map((each) => each.split(';')[0]).join('; ');
  const given = await send({ ...ticket(sessionId), headers: { ...JSON_BODY, cookie } });
  expect(given.status).toBe(200);
  expect(given.body).toMatchObject({ personName: '周九', room: { sessionId } });
});

function signIn(who: { name?: string; phone?: string }): Asked {
  const path = `/join/unit/${district.unitA.joinCode}`;
  return { method: 'POST', path, headers: JSON_BODY, body: JSON.stringify(who) };
}

function ticket(session: string): Asked {
  const headers = { ...JSON_BODY, cookie: district.clients.learner.cookieHeader() };
  return { method: 'POST', path: `/sessions/${session}/ticket`, headers, body: JSON.stringify({ deviceId: newId() }) };
}

/** Without what is another for each request. */
async function send({ method = 'GET', path, headers = {}, body }: Asked) {
  const url = new URL(`/api/v1${path}`, app.url);
  return new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: unknown }>((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (res) => {
      const parts: Buffer[] = [];
      res.on('data', (part: Buffer) => parts.push(part));
      res.on('end', () => {
        const { date: _date, 'x-request-id': id, etag: _etag, 'content-length': _length, ...rest } = res.headers;
        const text = Buffer.concat(parts).toString().replaceAll(String(id), 'ID');
        resolve({ status: res.statusCode ?? 0, headers: rest, body: text === '' ? null : JSON.parse(text) });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
