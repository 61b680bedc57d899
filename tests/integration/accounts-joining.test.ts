import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { linkHash, newLinkToken } from '#server/organisations/secrets.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import type { District } from '#tests/support/district.ts';

let app: TestApp;
let district: District;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
});
afterAll(() => app.close());

function join(joinCode: string, name: string, phone: string) {
  return app.client().call('POST /join/unit/:joinCode', { params: { joinCode }, body: { name, phone } });
}

describe('joining by the unit’s code', () => {
  it('shows whose code it is, however it is typed', async () => {
    const joinCode = district.unitA.joinCode.toLowerCase().replace(/^(.{4})/, '$1-');
    const reply = await app.client().call('GET /join/unit/:joinCode', { params: { joinCode } });
    expect(reply.body).toEqual({ unitName: '东湖机械有限公司', areaName: '东湖街道', unitKind: 'enterprise' });
  });

  it('refuses an unknown code', async () => {
    const params = { joinCode: 'ZZZZZZZZ' };
    const asked = await app.client().call('GET /join/unit/:joinCode', { params });
    expect(asked.problem).toMatchObject({ status: 404, code: 'unknown-join-code' });
    expect((await join('ZZZZZZZZ', '张三', '13800009999')).problem?.code).toBe('unknown-join-code');
  });

  it('is the person of the roster when name and phone match', async () => {
    const { name, phone, id } = district.personA;
    const reply = await join(district.unitA.joinCode, name, phone);
    expect(reply.body).toMatchObject({ accountId: null, personId: id, verification: 'verified', grants: [] });
  });

  it('refuses another name for a phone of the roster', async () => {
    const reply = await join(district.unitA.joinCode, '冒名', district.personA.phone);
    expect(reply.problem).toMatchObject({ status: 409, code: 'name-phone-mismatch' });
  });

  it('takes somebody new in as unverified, with the usual category of the unit’s kind', async () => {
    const worker = await join(district.unitA.joinCode, '孙七', '13811110001');
    const official = await join(district.government.joinCode, '周八', '13811110002');
    expect(worker.body).toMatchObject({ name: '孙七', verification: 'unverified', category: 'worker' });
    expect(official.body).toMatchObject({ name: '周八', verification: 'unverified', category: 'official' });
  });

  it('is one person when the button is tapped twice', async () => {
    const taps = await Promise.all([1, 2, 3].map(() => join(district.unitA.joinCode, '吴九', '13811110003')));
    expect(taps.map((tap) => tap.status)).toEqual([200, 200, 200]);
    expect(new Set(taps.map((tap) => tap.body.personId)).size).toBe(1);
  });

  it('keeps out whom the unit refused, also the one who is in already', async () => {
    const client = app.client();
    const body = { name: '郑十', phone: '13811110004' };
    const params = { joinCode: district.unitA.joinCode };
    const { body: me } = await client.call('POST /join/unit/:joinCode', { params, body });
    await app.prisma.person.update({ where: { id: me.personId ?? '' }, data: { verification: 'refused' } });
    expect((await join(params.joinCode, body.name, body.phone)).problem?.code).toBe('person-refused');
    const { problem } = await client.call('POST /login/refresh');
    expect(problem).toMatchObject({ code: 'login-ended', params: { reason: 'not-confirmed' } });
  });
});

describe('joining by a personal link', () => {
  it('signs the person in until the link is replaced', async () => {
    const token = newLinkToken();
    await app.prisma.person.update({ where: { id: district.personB.id }, data: { linkHash: linkHash(token) } });
    const reply = await app.client().call('POST /join/link', { body: { token } });
    expect(reply.body).toMatchObject({ personId: district.personB.id, unitId: district.unitB.id });
    await app.prisma.person.update({ where: { id: district.personB.id }, data: { linkHash: null } });
    const late = await app.client().call('POST /join/link', { body: { token } });
    expect(late.problem).toMatchObject({ status: 404, code: 'unknown-link' });
    const cutShort = await app.client().call('POST /join/link', { body: { token: token.slice(0, 5) } });
    expect(cutShort.problem).toMatchObject({ status: 404, code: 'unknown-link' });
  });
});
