import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { api, type EndpointKey } from '#contract/api.ts';
import type { Endpoint } from '#contract/endpoint.ts';
import type { Problem } from '#contract/errors.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { addressOf, type HttpClient } from '#tests/support/http-client.ts';

/*
 * Every endpoint, as the contract declares them, with what it must not take: a 4xx with its code, and every table as it
 * was before.
 */

const keys = Object.keys(api) as EndpointKey[];
const endpointOf = (key: EndpointKey): Endpoint => api[key];
const withBody = keys.filter((key) => endpointOf(key).body);
const aboutSomething = keys.filter((key) => endpointOf(key).target !== 'none');
/** Who may do the most, and who learns. */
const roles = ['bureau', 'learner'] as const;

let app: TestApp;
let district: District;
/** Of things that are there. */
let ids: Record<string, string>;
/** Of the other enterprise. */
let theirs: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { areaA, areaB, unitA, unitB, personA, personB, accounts } = district;
  const ours = { title: '甲课', unitId: unitA.id, personId: personA.id, instructorAccountId: accounts.instructor.id };
  const others = { title: '乙课', unitId: unitB.id, personId: personB.id, instructorAccountId: null };
  const { joinCode } = unitA;
  const accountId = accounts.instructor.id;
  const made = await seedClass(app, ours);
  ids = { ...made, areaId: areaA.id, unitId: unitA.id, personId: personA.id, accountId, joinCode };
  theirs = { ...(await seedClass(app, others)), areaId: areaB.id, unitId: unitB.id, personId: personB.id };
});
afterAll(() => app?.close());

/** How many rows each table has, and when something in it was changed last. */
async function everything(): Promise<Record<string, string>> {
  const { rows } = await app.pool.query<{ name: string }>(
    `select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' and table_name not in ('rate_limit', '_prisma_migrations')`,
  );
  const digests: Record<string, string> = {};
  for (const { name } of rows) {
    const { rows: found } = await app.pool.query<{ digest: string }>(
      `select coalesce(md5(string_agg(t::text, '|' order by t::text)), '') as digest from "${name}" t`,
    );
    digests[name] = found[0]?.digest ?? '';
  }
  return digests;
}

interface Refusal {
  status: number;
  code: string;
}

async function send(client: HttpClient, key: EndpointKey, params: Record<string, string>, body?: string) {
  const { method, path } = addressOf(key, params);
  const headers = { 'x-anke-client': 'test', 'content-type': 'application/json' };
  const response = await client.fetch(path, { method, headers, ...(method !== 'GET' && { body: body ?? '{}' }) });
  expect(response.headers.get('content-type'), `${key}: ${response.status}`).toContain('application/problem+json');
  const { code, requestId } = (await response.json()) as Problem;
  expect(requestId).not.toBe('');
  return { status: response.status, code } satisfies Refusal;
}

async function expectNothingChanged(work: () => Promise<void>): Promise<void> {
  const before = await everything();
  await work();
  expect(await everything()).toEqual(before);
}

describe('a body', () => {
  it('that breaks off is not valid JSON, for every endpoint', () =>
    expectNothingChanged(async () => {
      for (const key of withBody) {
        expect(await send(district.clients.bureau, key, ids, '{"a":'), key).toEqual({ status: 400, code: 'bad-json' });
      }
    }));

  it.each(['[]', '"text"', '7', 'null', 'true', '[{"a":1}]'])('%s is refused by every endpoint', (body) =>
    expectNothingChanged(async () => {
      for (const key of withBody) {
        for (const role of roles) {
          const { status, code } = await send(district.clients[role], key, ids, body);
          expect(['bad-request', 'bad-json', 'forbidden'], `${key} ${role}`).toContain(code);
          expect(status, key).toBeLessThan(500);
        }
      }
    }),
  );

  it('whose fields are of the wrong types is refused by every endpoint', () =>
    expectNothingChanged(async () => {
      for (const key of withBody) {
        const fields = Object.keys((endpointOf(key).body as { shape?: object }).shape ?? {});
        const wrong = JSON.stringify(Object.fromEntries(fields.map((field) => [field, { $ne: [field] }])));
        const refusal = forLearners(key) ? { status: 403, code: 'forbidden' } : { status: 400, code: 'bad-request' };
        expect(await send(district.clients.bureau, key, ids, wrong), key).toEqual(refusal);
      }
    }));

  it('of more than a megabyte is refused by every endpoint', () =>
    expectNothingChanged(async () => {
      const body = JSON.stringify({ name: 'x'.repeat(1_100_000) });
      for (const key of withBody) {
        const refusal = await send(district.clients.bureau, key, ids, body);
        expect(refusal, key).toEqual({ status: 413, code: 'body-too-large' });
      }
    }));
});

describe('an id', () => {
  it.each([
    ['that nothing has', newId()],
    ['that is none', '42'],
    ['that is a quote', "' or 1=1 --"],
  ])('%s is not found, whatever is asked', (_, id) =>
    expectNothingChanged(async () => {
      for (const key of aboutSomething) {
        const unknown = Object.fromEntries(Object.keys(ids).map((name) => [name, id]));
        for (const role of roles) {
          expect(await send(district.clients[role], key, unknown), key).toEqual({ status: 404, code: 'not-found' });
        }
      }
    }),
  );

  it('of another enterprise opens nothing to an enterprise, nor to its people', () =>
    expectNothingChanged(async () => {
      const { enterprise, learner } = district.clients;
      for (const key of aboutSomething.filter((each) =>
        Object.keys(theirs).some((name) => each.includes(`:${name}`)),
      )) {
        for (const client of [enterprise, learner]) {
          const { status, code } = await send(client, key, theirs);
          expect([status, ['forbidden', 'not-invited'].includes(code)], `${key} ${code}`).toEqual([403, true]);
        }
      }
    }));
});

describe('a session', () => {
  const session = { topic: '有限空间', plannedMinutes: 60 };
  const DAY_MS = 86_400_000;
  it.each([
    ['two days ago', () => new Date(app.clock() - 2 * DAY_MS).toISOString(), 'impossible-time'],
    ['in two years', () => new Date(app.clock() + 700 * DAY_MS).toISOString(), 'impossible-time'],
    ['on 31 February', () => '2027-02-31T01:00:00Z', 'bad-request'],
    ['at half past eight', () => '08:30', 'bad-request'],
    ['at a number', () => 1_800_000_000_000, 'bad-request'],
    ['without a time zone', () => '2027-02-01T09:00:00', 'bad-request'],
  ])('%s is not planned', (_, startsAt, code) =>
    expectNothingChanged(async () => {
      const body = JSON.stringify({ ...session, startsAt: startsAt() });
      const { bureau } = district.clients;
      const refusal = await send(bureau, 'POST /courses/:courseId/sessions', ids, body);
      expect(refusal).toEqual({ status: 400, code });
    }),
  );

  it.each([0, -60, 0.5, 1e9, '60'])('of %s minutes is not planned', (plannedMinutes) =>
    expectNothingChanged(async () => {
      const body = JSON.stringify({ ...session, plannedMinutes, startsAt: new Date(app.clock()).toISOString() });
      const refusal = await send(district.clients.bureau, 'POST /courses/:courseId/sessions', ids, body);
      expect(refusal).toEqual({ status: 400, code: 'bad-request' });
    }),
  );

  it.each(['draft', 'scheduled', 'live', 'archived'])('that is live does not become %s', (to) =>
    expectNothingChanged(async () => {
      const body = JSON.stringify({ to });
      const { status } = await send(district.clients.bureau, 'POST /sessions/:sessionId/state', ids, body);
      expect([400, 409]).toContain(status);
    }),
  );
});

it.each([
  ['with a wrong check digit', '91310000000000011X', 'bad-credit-code'],
  ['with a letter that no code has', '9131000000000001IO', 'bad-credit-code'],
  ['of 17 signs', '91310000000000011', 'bad-credit-code'],
])('an enterprise %s is not stored', (_, creditCode, code) =>
  expectNothingChanged(async () => {
    const unit = { kind: 'enterprise', name: '新厂', areaId: ids.areaId, industry: 'food', creditCode };
    const { bureau } = district.clients;
    const refusal = await send(bureau, 'POST /units', {}, JSON.stringify(unit));
    expect(refusal).toEqual({ status: 400, code });
  }),
);

it.each(['not.a.token', 'eyJhbGciOiJub25lIn0.eyJsaWQiOiJ4In0.', 'x'.repeat(5_000)])(
  'an access token that is forged is nobody’s',
  async (token) => {
    const stranger = app.client();
    stranger.setCookie('anke_access', token);
    expect((await stranger.call('GET /me')).body).toBeNull();
    expect((await stranger.call('GET /accounts')).problem?.code).toBe('not-signed-in');
  },
);

it('an access token that has expired is nobody’s', async () => {
  const copy = district.clients.bureau.copy();
  app.clock.advance(601_000);
  expect((await copy.call('GET /accounts')).problem?.code).toBe('not-signed-in');
  expect((await copy.call('POST /login/refresh')).status).toBe(200);
});

/** Whether only people on a roster may. */
function forLearners(key: EndpointKey): boolean {
  return LEARNERS.includes(endpointOf(key).action);
}
const LEARNERS = [
  'room:enter',
  'my:credit',
  'live-question:answer',
  'network-report:send',
  'paper:sit',
  'attempt:submit',
  'screen:open',
  'screen:run',
];
