import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { done } from '#tests/support/class.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* How a class is delivered, over two workers: by itself as numbers grow, and as the officer says. */

const soon = { timeout: 45_000, interval: 100 };
const CROWD_FROM = 4;

let first: TestApp;
let second: TestApp;
let district: District;
let sessionId: string;
const opened: RoomSocket[] = [];

beforeAll(async () => {
  const config = { crowdFrom: CROWD_FROM };
  const ports: number[] = [];
  first = await startApp({ ports, config });
  second = await startApp({ ports, beside: first, config });
  district = await first.seedDistrict();
  ({ sessionId } = await seedFirstClass(first, district));
});
afterAll(async () => {
  for (const socket of opened) await socket.close();
  await second?.close();
  await first?.close();
});

async function enter(app: TestApp): Promise<RoomSocket> {
  const learner = await district.joined(district.principalA, district.unitA.joinCode);
  const { ticket } = await admission(learner, sessionId, randomUUID());
  const socket = await RoomSocket.enter(app.url, ticket);
  opened.push(socket);
  return socket;
}

async function leave(socket: RoomSocket): Promise<void> {
  await socket.close();
  opened.splice(opened.indexOf(socket), 1);
}

/** Looks ten seconds later at each time that it is called. */
function deliveryLater() {
  first.clock.advance(10_000);
  return delivery();
}

async function delivery() {
  const { bureau } = district.clients;
  return done('room', await bureau.call('GET /sessions/:sessionId/room', { params: { sessionId } })).delivery;
}

async function choose(choice: 'auto' | 'interactive' | 'crowd') {
  const given = { params: { sessionId }, body: { choice } };
  return done('choice', await district.clients.bureau.call('POST /sessions/:sessionId/delivery', given)).deliveryChoice;
}

function audits() {
  return first.prisma.auditEntry.findMany({ where: { action: 'session:delivery' }, orderBy: { at: 'asc' } });
}

it('becomes a crowd’s when there are many devices over all workers, once, and goes back when most have left', async () => {
  const room = await enter(first);
  await enter(second);
  await enter(first);
  expect(await delivery()).toBe('interactive');
  const fourth = await enter(second);
  await expect.poll(() => room.heard('room:changed').at(-1)?.delivery, soon).toBe('crowd');
  await expect.poll(() => fourth.heard('room:changed').at(-1)?.delivery, soon).toBe('crowd');
  expect((await audits()).map(({ accountId, detail }) => [accountId, detail])).toEqual([
    [null, { delivery: 'crowd', devices: CROWD_FROM }],
  ]);
  await leave(fourth);
  await expect.poll(() => room.heard('room:viewers').at(-1)?.devices, soon).toBe(3);
  expect(await delivery()).toBe('crowd');
  await leave(opened.at(-1) as RoomSocket);
  await expect.poll(() => room.heard('room:viewers').at(-1)?.devices, soon).toBe(2);
  await expect.poll(deliveryLater, soon).toBe('interactive');
  await expect.poll(() => room.heard('room:changed').at(-1)?.delivery, soon).toBe('interactive');
});

it('is what the officer chose, and by itself again when told so', async () => {
  expect(await choose('crowd')).toBe('crowd');
  expect(await delivery()).toBe('crowd');
  expect(await choose('crowd')).toBe('crowd');
  // Two devices are no crowd.
  expect(await choose('auto')).toBe('auto');
  await expect.poll(deliveryLater, soon).toBe('interactive');
  const chosen = (await audits()).filter(({ accountId }) => accountId !== null).map(({ detail }) => detail);
  expect(chosen).toEqual([
    { choice: 'crowd', delivery: 'crowd' },
    { choice: 'auto', delivery: 'crowd' },
  ]);
});
