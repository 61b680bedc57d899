import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Problem } from '#contract/errors.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';

let app: TestApp;
let district: District;
let bureau: HttpClient;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  bureau = district.clients.bureau;
});
afterAll(() => app.close());

const ours = { 'x-anke-client': 'test' };
const json = { ...ours, 'content-type': 'application/json' };

async function problemOf(path: string, init: { method?: string; headers?: Record<string, string>; body?: string }) {
  const response = await bureau.fetch(path, init);
  expect(response.headers.get('content-type')).toContain('application/problem+json');
  const problem = (await response.json()) as Problem;
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  expect(JSON.stringify(problem)).not.toContain('node_modules');
  return { status: response.status, code: problem.code };
}

it.each([
  ['JSON that breaks off', '/api/v1/accounts', { method: 'POST', headers: json, body: '{"name":' }, 400, 'bad-json'],
  ['JSON of the wrong shape', '/api/v1/accounts', { method: 'POST', headers: json, body: '[1]' }, 400, 'bad-request'],
  ['no body', '/api/v1/accounts', { method: 'POST', headers: ours }, 400, 'bad-request'],
  [
    'a body of more than a megabyte',
    '/api/v1/accounts',
    { method: 'POST', headers: json, body: `"${'x'.repeat(1_100_000)}"` },
    413,
    'body-too-large',
  ],
  [
    'a form instead of JSON',
    '/api/v1/accounts',
    { method: 'POST', headers: { ...ours, 'content-type': 'application/x-www-form-urlencoded' }, body: 'name=a' },
    415,
    'unsupported-media-type',
  ],
  ['a path that is not there', '/api/v1/nothing', { headers: ours }, 404, 'not-found'],
  ['another version of the API', '/api/v9/me', { headers: ours }, 404, 'not-found'],
  ['an id that is none', '/api/v1/accounts/42', { method: 'PATCH', headers: json, body: '{}' }, 404, 'not-found'],
  ['a page that is no number', '/api/v1/accounts?page=many', { headers: ours }, 400, 'bad-request'],
  ['an escape that is none', '/api/v1/join/unit/%E0%A4%A', { headers: ours }, 404, 'not-found'],
  ['no client header', '/api/v1/logout', { method: 'POST' }, 403, 'cross-site'],
  [
    'the page of another site',
    '/api/v1/logout',
    { method: 'POST', headers: { ...ours, origin: 'https://evil.example' } },
    403,
    'cross-site',
  ],
])('answers %s with its code', async (_, path, init, status, code) => {
  expect(await problemOf(path, init)).toEqual({ status, code });
});

it('changed nothing and signed nobody out by all that', async () => {
  expect((await bureau.call('GET /me')).body?.accountId).toBe(district.accounts.bureau.id);
});
