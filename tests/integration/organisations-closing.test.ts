import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* A unit that is closed (注销) keeps its record and takes part in nothing more. */

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
  expect(twice.map((reply) => reply.status).sort()).toEqual([204, 404]);
  const entries = await app.prisma.auditEntry.findMany({ where: { action: 'unit:close' } });
  expect(entries.map((entry) => entry.subjectId)).toEqual([unitA.id]);
});

it('its people are signed out and their rooms closed', async () => {
  await expect.poll(() => socket.connected).toBe(false);
  await expect.poll(async () => (await district.clients.learner.call('GET /me')).body).toBeNull();
  expect((await district.clients.learner.call('POST /login/refresh')).problem?.code).toBe('not-signed-in');
});

it('nobody joins it or is invited with it, and it is on no list', async () => {
  const { unitA, clients } = district;
  const params = { joinCode: unitA.joinCode };
  expect((await app.client().call('GET /join/unit/:joinCode', { params })).problem?.code).toBe('unknown-join-code');
  const rules = [{ unitIds: [unitA.id] }];
  const count = { params: { courseId }, body: { rules } };
  const { bureau } = clients;
  expect(done('count', await bureau.call('POST /courses/:courseId/audience/count', count))).toMatchObject({
    people: 0,
  });
  const { items } = done('units', await bureau.call('GET /units', {}));
  expect(items.map((unit) => unit.id)).not.toContain(unitA.id);
});

it('its record stays, and the audience in which it was named can still be changed', async () => {
  const { unitA, unitB, clients } = district;
  expect(await app.prisma.attendee.count({ where: { sessionId, unitId: unitA.id } })).toBe(1);
  const audience = { params: { courseId }, body: { rules: [{ unitIds: [unitA.id, unitB.id] }] } };
  expect((await clients.bureau.call('PUT /courses/:courseId/audience', audience)).status).toBe(200);
});
