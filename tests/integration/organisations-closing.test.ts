import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '#server/ids.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District, SeededAccount } from '#tests/support/district.ts';
import type { HttpClient } from '#tests/support/http-client.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* A unit that is closed (注销) keeps its record and takes part in nothing more, until it is reopened. */

let app: TestApp;
let district: District;
let sessionId: string;
let courseId: string;
let socket: RoomSocket;

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  const { unitA, personA } = district;
  const of = { title: '开工第一课', unitId: unitA.id, personId: personA.id, instructorAccountId: null };
  ({ sessionId, courseId } = await seedClass(app, of));
  socket = await RoomSocket.enter(app.url, (await admission(district.clients.learner, sessionId)).ticket);
});
afterAll(async () => {
  await socket?.close();
  await app?.close();
});

it('only the bureau closes it, once', async () => {
  const { unitA, clients } = district;
  const params = { unitId: unitA.id };
  for (const role of ['enterprise', 'supervisor', 'learner'] as const) {
    expect((await clients[role].call('POST /units/:unitId/close', { params })).problem?.code).toBe('forbidden');
  }
  const twice = await Promise.all([1, 2].map(() => clients.bureau.call('POST /units/:unitId/close', { params })));
  expect(twice.map((reply) => reply.status).sort()).toEqual([204, 409]);
  expect(twice.map((reply) => reply.problem?.code)).toContain('unit-closed');
  const entries = await app.prisma.auditEntry.findMany({ where: { action: 'unit:close' } });
  expect(entries.map((entry) => entry.subjectId)).toEqual([unitA.id]);
});

it('its people are signed out and their rooms closed', async () => {
  await expect.poll(() => socket.connected).toBe(false);
  await expect.poll(async () => (await district.clients.learner.call('GET /me')).body).toBeNull();
  const { problem } = await district.clients.learner.call('POST /login/refresh');
  expect(problem).toMatchObject({ code: 'login-ended', params: { reason: 'unit-closed' } });
});

it('nobody joins it or is invited with it, and it is on the list of closed ones alone, unless named', async () => {
  const { unitA, clients } = district;
  const params = { joinCode: unitA.joinCode };
  expect((await app.client().call('GET /join/unit/:joinCode', { params })).problem?.code).toBe('unknown-join-code');
  const rules = [{ unitIds: [unitA.id] }];
  const count = { params: { courseId }, body: { rules } };
  const { bureau } = clients;
  expect(done('count', await bureau.call('POST /courses/:courseId/audience/count', count))).toMatchObject({
    people: 0,
  });
  const listed = async (client: HttpClient, closed?: '0' | '1') => {
    const { items } = done('units', await client.call('GET /units', { query: { ...(closed && { closed }) } }));
    return items.map((unit) => unit.id);
  };
  expect(await listed(bureau)).not.toContain(unitA.id);
  expect(await listed(bureau, '0')).not.toContain(unitA.id);
  expect(await listed(bureau, '1')).toEqual([unitA.id]);
  expect(await listed(clients.supervisor, '1')).toEqual([unitA.id]);
  const { unitB } = district;
  const named = async (client: HttpClient, closed?: '0') => {
    const query = { ids: [unitA.id, unitB.id].join(','), ...(closed && { closed }) };
    return done('units', await client.call('GET /units', { query })).items.map((unit) => unit.id);
  };
  expect(new Set(await named(bureau))).toEqual(new Set([unitA.id, unitB.id]));
  expect(await named(bureau, '0')).toEqual([unitB.id]);
  expect(await named(clients.supervisor)).toEqual([unitA.id]);
  expect(done('areas', await bureau.call('GET /areas')).find((area) => area.id === unitA.areaId)?.units).toBe(1);
});

it('it can be read, and nothing of it changed', async () => {
  const { unitA, principalA, clients } = district;
  const params = { unitId: unitA.id };
  for (const client of [clients.bureau, clients.supervisor, clients.enterprise]) {
    expect(done('unit', await client.call('GET /units/:unitId', { params })).closedAt).toEqual(expect.any(String));
    expect(done('people', await client.call('GET /units/:unitId/people', { params })).total).toBe(2);
  }
  const { bureau } = clients;
  const person = { params: { personId: principalA.id } };
  const refused = [
    await bureau.call('PATCH /units/:unitId', { params, body: { address: '一号路' } }),
    await bureau.call('POST /units/:unitId/join-code', { params }),
    await bureau.call('POST /units/:unitId/people', { params, body: { name: '新人', category: 'worker' } }),
    await bureau.call('PATCH /people/:personId', { ...person, body: { name: '改名' } }),
    await bureau.call('POST /people/:personId/verification', { ...person, body: { verification: 'refused' } }),
    await bureau.call('POST /people/:personId/link', person),
    await bureau.call('DELETE /people/:personId', person),
  ];
  expect(refused.map((reply) => reply.problem?.code)).toEqual(refused.map(() => 'unit-closed'));
  expect(await app.prisma.person.findUnique({ where: { id: principalA.id } })).toMatchObject({
    name: principalA.name,
    verification: 'verified',
    leftAt: null,
    linkHash: null,
  });
});

it('full numbers of it are for the bureau and its supervisor alone', async () => {
  const { unitA, personA, clients } = district;
  const read = async (client: HttpClient) => [
    await client.call('GET /units/:unitId/contact-phone', { params: { unitId: unitA.id } }),
    await client.call('GET /people/:personId/phone', { params: { personId: personA.id } }),
  ];
  const before = await app.prisma.auditEntry.count({ where: { action: 'phone:read' } });
  for (const reply of await read(clients.enterprise)) {
    expect([reply.status, reply.problem?.code]).toEqual([409, 'unit-closed']);
  }
  expect(await app.prisma.auditEntry.count({ where: { action: 'phone:read' } })).toBe(before);
  for (const client of [clients.bureau, clients.supervisor]) {
    const [contact, person] = await read(client);
    expect(contact?.body.phone).toMatch(/^1\d{10}$/);
    expect(person?.body.phone).toBe(personA.phone);
  }
});

it('its past attendance is for the bureau and its supervisor to read, not for itself', async () => {
  const { unitA, personA, clients } = district;
  const asked = { params: { sessionId }, query: { unitId: unitA.id } };
  for (const client of [clients.bureau, clients.supervisor]) {
    const { items } = done('people', await client.call('GET /sessions/:sessionId/people', asked));
    expect(items.map((person) => person.personId)).toContain(personA.id);
  }
  expect((await clients.enterprise.call('GET /sessions/:sessionId/people', asked)).problem?.code).toBe('not-invited');
});

it('who registers it again is told that it is closed, and which one it is', async () => {
  const { unitA, unitB, areaB, clients } = district;
  const { name, areaId } = unitA;
  const { creditCode } = done(
    'unit',
    await clients.bureau.call('GET /units/:unitId', { params: { unitId: unitA.id } }),
  );
  const enterprise = { kind: 'enterprise' as const };
  const again = await Promise.all([
    clients.bureau.call('POST /units', { body: { ...enterprise, name: '改了名的公司', areaId: areaB.id, creditCode } }),
    clients.bureau.call('POST /units', { body: { ...enterprise, name, areaId } }),
    clients.bureau.call('PATCH /units/:unitId', { params: { unitId: unitB.id }, body: { creditCode } }),
  ]);
  for (const { status, problem } of again) {
    expect([status, problem?.code, problem?.params]).toEqual([409, 'duplicate-closed-unit', { name }]);
  }
  expect(again[0]?.problem?.detail).toContain(`已注销的单位“${name}”`);
  // A supervisor is not told the names of units elsewhere.
  const foreign = await district.signedIn(await supervisorOf(areaB.id));
  const change = { params: { unitId: unitB.id }, body: { creditCode } };
  expect((await foreign.call('PATCH /units/:unitId', change)).problem?.code).toBe('duplicate-unit');
});

it('its record stays, and the audience in which it was named can still be changed', async () => {
  const { unitA, unitB, clients } = district;
  expect(await app.prisma.attendee.count({ where: { sessionId, unitId: unitA.id } })).toBe(1);
  const audience = { params: { courseId }, body: { rules: [{ unitIds: [unitA.id, unitB.id] }] } };
  expect((await clients.bureau.call('PUT /courses/:courseId/audience', audience)).status).toBe(200);
});

describe('reopened', () => {
  it('by the bureau alone, once, with an entry of who did it', async () => {
    const { unitA, accounts, clients } = district;
    const params = { unitId: unitA.id };
    for (const role of ['enterprise', 'supervisor'] as const) {
      expect((await clients[role].call('POST /units/:unitId/reopen', { params })).problem?.code).toBe('forbidden');
    }
    const twice = await Promise.all([1, 2].map(() => clients.bureau.call('POST /units/:unitId/reopen', { params })));
    expect(twice.map((reply) => reply.status).sort()).toEqual([200, 409]);
    expect(twice.map((reply) => reply.problem?.code)).toContain('unit-open');
    expect(twice.find((reply) => reply.status === 200)?.body).toMatchObject({ ...unitA, closedAt: null, people: 2 });
    const entries = await app.prisma.auditEntry.findMany({ where: { action: 'unit:reopen' } });
    expect(entries.map((entry) => [entry.subjectId, entry.accountId])).toEqual([[unitA.id, accounts.bureau.id]]);
    const unknown = await clients.bureau.call('POST /units/:unitId/reopen', { params: { unitId: newId() } });
    expect(unknown.problem?.code).toBe('not-found');
  });

  it('its people come in by the code of before and are invited again', async () => {
    const { unitA, personA, clients } = district;
    const { bureau } = clients;
    const count = { params: { courseId }, body: { rules: [{ unitIds: [unitA.id] }] } };
    expect(done('count', await bureau.call('POST /courses/:courseId/audience/count', count)).people).toBe(2);
    const learner = await district.joined(personA, unitA.joinCode);
    expect((await admission(learner, sessionId)).ticket).toEqual(expect.any(String));
  });

  it('it can be changed, and closed once more', async () => {
    const params = { unitId: district.unitA.id };
    const { bureau } = district.clients;
    expect((await bureau.call('PATCH /units/:unitId', { params, body: { address: '二号路' } })).status).toBe(200);
    expect((await bureau.call('POST /units/:unitId/close', { params })).status).toBe(204);
  });
});

async function supervisorOf(areaId: string): Promise<SeededAccount> {
  const account = { login: 'elsewhere', password: 'anke-test-2026' };
  const grants = [{ role: 'supervisor' as const, areaId }];
  const body = { name: account.login, displayName: '西山街道监管员', password: account.password, grants };
  const { id } = done('account', await district.clients.bureau.call('POST /accounts', { body }));
  return { id, ...account };
}
