import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';

let app: TestApp;
let district: District;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
});
afterAll(() => app.close());

describe('signing in with a password', () => {
  it('says who is signed in, and with which roles', async () => {
    const me = await district.clients.supervisor.call('GET /me');
    expect(me.body).toMatchObject({
      accountId: district.accounts.supervisor.id,
      personId: null,
      name: '东湖街道监管员',
      grants: [{ role: 'supervisor', areaId: district.areaA.id, industry: null, unitId: null }],
    });
  });

  it('answers null to somebody who is not signed in', async () => {
    const me = await app.client().call('GET /me');
    expect([me.status, me.body]).toEqual([200, null]);
  });
});

describe('joining by the unit’s code', () => {
  it('is the person of the roster when name and phone match', async () => {
    const me = await district.clients.learner.call('GET /me');
    expect(me.body).toMatchObject({
      accountId: null,
      personId: district.personA.id,
      unitId: district.unitA.id,
      unitName: '东湖机械有限公司',
      verification: 'verified',
      grants: [],
    });
  });
});
