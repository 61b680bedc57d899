import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '#contract/accounts.ts';
import { api, type EndpointKey } from '#contract/api.ts';
import type { Endpoint } from '#contract/endpoint.ts';
import { isAction, policy, type Scope } from '#server/accounts/policy.ts';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { addressOf, type HttpClient } from '#tests/support/http-client.ts';

/*
 * Made from the policy table and the contract: every endpoint is called by every role, with things of its own and with
 * things of others. The bureau comes last, since it may change what the others must not reach.
 */
const roles: Role[] = ['learner', 'instructor', 'enterprise', 'supervisor', 'bureau'];
const signsOut: EndpointKey[] = ['POST /logout', 'POST /logout/everywhere'];
const keys = Object.keys(api) as EndpointKey[];
const steady = keys.filter((key) => !signsOut.includes(key));

let app: TestApp;
let district: District;
/** Path parameters: of the area, unit, person and classes that the roles hold, and of others. */
let own: Record<string, string>;
let foreign: Record<string, string>;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { areaB, unitB, personB } = district;
  const other = { id: newId(), name: 'other', displayName: '别的讲师' };
  await app.prisma.account.create({ data: { ...other, grants: { create: { id: newId(), role: 'instructor' } } } });
  const theirs = { title: '乙课', unitId: unitB.id, personId: personB.id, instructorAccountId: other.id };
  own = await ownThings();
  foreign = {
    ...(await seedClass(app, theirs)),
    areaId: areaB.id,
    unitId: unitB.id,
    personId: personB.id,
    accountId: other.id,
    joinCode: unitB.joinCode,
    exportId: newId(),
  };
});
afterAll(() => app.close());

it.each(keys)('%s is mounted', async (key) => {
  const { method, path } = addressOf(key, foreign);
  const response = await app.client().fetch(path, { method: 'OPTIONS' });
  expect(response.headers.get('allow')?.split(', ') ?? []).toContain(method);
});

describe('nobody signed in', () => {
  it.each(keys)('%s', async (key) => {
    const { status, code } = await call(app.client(), key, foreign);
    // Here the refresh token, not the policy, says who may.
    if (key === 'POST /login/refresh' || !isOpen(key)) expect([status, code]).toEqual([401, 'not-signed-in']);
    else expectLetIn(status, code);
  });
});

describe('without the header of our own pages', () => {
  // Carries its own proof and is sent by sendBeacon, which can't set a header.
  const unsafe = keys.filter((key) => !key.startsWith('GET ') && key !== 'POST /beats');
  it.each(unsafe)('%s', async (key) => {
    const { method, path } = addressOf(key, own);
    const response = await district.clients.bureau.fetch(path, { method });
    expect([response.status, (await response.json()).code]).toEqual([403, 'cross-site']);
  });
});

describe.each(roles)('%s, with things of others', (role) => {
  it.each(steady)('%s', async (key) => {
    const { status, code } = await call(district.clients[role], key, foreign);
    if (scopeOf(key, role) === 'all' || endpointOf(key).target === 'none')
      expectLetInIf(reaches(key, role), status, code);
    else expectLetInIf(false, status, code);
  });
});

describe.each(roles.filter((role) => role !== 'bureau'))('%s, with things of its own', (role) => {
  // The role before may have used them up.
  beforeAll(async () => {
    own = await ownThings();
  });

  it.each(steady.filter((key) => endpointOf(key).target !== 'none'))('%s', async (key) => {
    const { status, code } = await call(district.clients[role], key, own);
    expectLetInIf(reaches(key, role), status, code);
  });
});

describe.each(roles)('%s signs out', (role) => {
  it.each(signsOut)('%s', async (key) => {
    expect((await call(district.clients[role], key, own)).status).toBe(204);
  });
});

async function ownThings(): Promise<Record<string, string>> {
  const { areaA, unitA, personA, accounts } = district;
  const { id } = accounts.instructor;
  const ours = { title: '甲课', unitId: unitA.id, personId: personA.id, instructorAccountId: id };
  const { joinCode } = unitA;
  const ids = await seedClass(app, ours);
  const exportId = newId();
  return { ...ids, areaId: areaA.id, unitId: unitA.id, personId: personA.id, accountId: id, joinCode, exportId };
}

function endpointOf(key: EndpointKey): Endpoint {
  return api[key];
}

function scopeOf(key: EndpointKey, holder: Role | 'anyone'): Scope | undefined {
  const { action } = endpointOf(key);
  if (!isAction(action)) throw new Error(`${key} names an action that is not in the table`);
  return (policy[action] as Partial<Record<Role | 'anyone', Scope>>)[holder];
}

function isOpen(key: EndpointKey): boolean {
  return scopeOf(key, 'anyone') !== undefined;
}

function reaches(key: EndpointKey, role: Role): boolean {
  return isOpen(key) || scopeOf(key, role) !== undefined;
}

/** Bodies are empty or nonsense: whoever is let in is told so, whoever is not never gets that far. */
async function call(client: HttpClient, key: EndpointKey, params: Record<string, string>) {
  const { body, upload } = endpointOf(key);
  const given = { params, ...(upload ? { body: Buffer.from('no workbook') } : body && { body: {} }) };
  const { status, problem } = await client.call(key, given as never);
  return { status, code: problem?.code };
}

function expectLetInIf(allowed: boolean, status: number, code: string | undefined): void {
  if (allowed) expectLetIn(status, code);
  else expect([status, code]).toEqual([403, expect.stringMatching(/^(forbidden|not-invited)$/)]);
}

function expectLetIn(status: number, code: string | undefined): void {
  expect(['not-signed-in', 'forbidden', 'not-invited', 'cross-site']).not.toContain(code);
  // No media process runs here.
  if (code !== 'media-unavailable') expect(status).toBeLessThan(500);
}
