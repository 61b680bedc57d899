import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { HttpClient } from '#tests/support/http-client.ts';
import { admission } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* Two workers of one installation: one database, one bus, and the private ports of each other. */

const soon = { timeout: 45_000, interval: 50 };

let first: TestApp;
let second: TestApp;
let district: District;
let sessionId: string;
const opened: RoomSocket[] = [];

const ports: number[] = [];
beforeAll(async () => {
  first = await startApp({ ports });
  second = await startApp({ ports, beside: first });
  district = await first.seedDistrict();
  ({ sessionId } = await seedFirstClass(first, district));
});
afterAll(async () => {
  for (const socket of opened) await socket.close();
  await second?.close();
  await first?.close();
});

async function enter(app: TestApp, client: HttpClient, deviceId: string = randomUUID()): Promise<RoomSocket> {
  const { ticket } = await admission(client, sessionId, deviceId);
  const socket = await RoomSocket.enter(app.url, ticket);
  opened.push(socket);
  return socket;
}

function learner(): Promise<HttpClient> {
  return district.joined(district.principalA, district.unitA.joinCode);
}

it('a change made through one worker reaches the sockets of the other', async () => {
  const there = await enter(second, await learner());
  const params = { sessionId };
  const body = { topic: '有限空间作业' };
  const { status } = await district.clients.bureau.call('PATCH /sessions/:sessionId', { params, body });
  expect(status).toBe(200);
  await expect.poll(() => there.heard('room:changed').at(-1)?.topic, soon).toBe('有限空间作业');
});

it('devices are counted over both workers, and a device with two tabs once', async () => {
  const deviceId = randomUUID();
  const client = await learner();
  const sockets = [await enter(first, client, deviceId), await enter(first, client, deviceId)];
  const before = opened.filter((socket) => socket.connected).length - 1;
  sockets.push(await enter(second, client));
  await expect.poll(() => sockets[0]?.heard('room:viewers').at(-1)?.devices, soon).toBe(before + 1);
  await expect.poll(() => sockets[2]?.heard('room:viewers').at(-1)?.devices, soon).toBe(before + 1);
  const peak = async () => (await first.prisma.session.findUniqueOrThrow({ where: { id: sessionId } })).peakDevices;
  await expect.poll(peak, soon).toBe(before + 1);
  await sockets[1]?.close();
  await sockets[2]?.close();
  await expect.poll(() => sockets[0]?.heard('room:viewers').at(-1)?.devices, soon).toBe(before);
});

it('a worker that ends tells its pages to move, waits for them, and its late good-bye takes nobody away who is back', async () => {
  const third = await startApp({ ports, beside: first });
  const deviceId = randomUUID();
  const client = await learner();
  const there = await enter(third, client, deviceId);
  const ending = third.close();
  await expect.poll(() => there.heard('server:draining'), soon).toEqual([{ withinMs: expect.any(Number) }]);
  const back = await enter(first, client, deviceId);
  const before = opened.filter((socket) => socket.connected).length;
  await there.close();
  await ending;
  expect(opened.filter((socket) => socket.connected)).toHaveLength(before - 1);
  expect(await back.refusal('beat:send', { beats: [] })).not.toBe('not-joined');
});

describe('who is sent out through one worker', () => {
  it('is disconnected from the other after signing out everywhere, and does not get in again', async () => {
    const client = await learner();
    const { ticket } = await admission(client, sessionId);
    const there = await RoomSocket.enter(second.url, ticket);
    expect((await client.call('POST /logout/everywhere')).status).toBe(204);
    await expect.poll(() => there.connected, soon).toBe(false);
    const again = await RoomSocket.connect(second.url);
    opened.push(again);
    expect(await again.refusal('room:join', { ticket })).toBe('not-signed-in');
  });

  it('is disconnected from the other when the unit refuses them, and hears why', async () => {
    const { unitA, clients } = district;
    const client = new HttpClient(first.url);
    const body = { name: '孙七', phone: '13800009999' };
    await client.call('POST /join/unit/:joinCode', { params: { joinCode: unitA.joinCode }, body });
    const { ticket } = await admission(client, sessionId);
    const there = await RoomSocket.enter(second.url, ticket);
    const personId = (await client.call('GET /me')).body?.personId ?? '';
    const refusal = { params: { personId }, body: { verification: 'refused' as const } };
    expect((await clients.enterprise.call('POST /people/:personId/verification', refusal)).status).toBe(200);
    await expect.poll(() => there.connected, soon).toBe(false);
    const again = await RoomSocket.connect(second.url);
    opened.push(again);
    expect(await again.refusal('room:join', { ticket })).toBe('not-signed-in');
    expect((await client.call('POST /login/refresh')).problem?.params).toEqual({ reason: 'not-confirmed' });
  });
});

describe('long polling', () => {
  it('is answered by the worker that holds the connection, whichever is asked', async () => {
    const { ticket } = await admission(await learner(), sessionId);
    const polling = `/socket.io/?EIO=4&transport=polling`;
    const get = async (url: string) => (await fetch(url)).text();
    const post = (url: string, body: string) => fetch(url, { method: 'POST', body });

    const { sid } = JSON.parse((await get(`${first.url}${polling}`)).slice(1)) as { sid: string };
    const elsewhere = `${second.url}${polling}&sid=${sid}`;
    expect((await post(elsewhere, '40')).status).toBe(200);
    expect(await get(elsewhere)).toMatch(/^40\{"sid":/);
    await post(elsewhere, `420${JSON.stringify(['room:join', { ticket }])}`);
    // News of the room may come before the answer, or together with it.
    let answer: string | undefined;
    while (!answer) answer = (await get(elsewhere)).split('\u001e').find((packet) => packet.startsWith('430'));
    expect(answer).toMatch(/^430\[\{"ok":true/);
    expect(answer).toContain(sessionId);
    expect((await post(elsewhere, '1')).status).toBe(200);
  });

  it('may go over to a WebSocket that reaches the other worker', async () => {
    const polling = `/socket.io/?EIO=4&transport=polling`;
    const { sid } = JSON.parse((await (await fetch(`${first.url}${polling}`)).text()).slice(1)) as { sid: string };
    const upgrade = http.get(`${second.url}/socket.io/?EIO=4&transport=websocket&sid=${sid}`, {
      headers: {
        connection: 'Upgrade',
        upgrade: 'websocket',
        'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    const [answer, socket] = (await once(upgrade, 'upgrade')) as [http.IncomingMessage, net.Socket];
    expect(answer.statusCode).toBe(101);
    // `2probe` as a masked text frame with a mask of zeros.
    socket.write(Buffer.concat([Buffer.of(0x81, 0x80 | 6, 0, 0, 0, 0), Buffer.from('2probe')]));
    const [frame] = (await once(socket, 'data')) as [Buffer];
    expect(frame.subarray(2).toString()).toBe('3probe');
    socket.destroy();
  });

  it('of a connection that nobody knows is refused, and the page makes a new one', async () => {
    const unknown = await fetch(`${second.url}/socket.io/?EIO=4&transport=polling&sid=0.abcdefghijklmnopqrst`);
    expect([unknown.status, (await unknown.json()).message]).toEqual([400, 'Session ID unknown']);
    const nobody = await fetch(`${second.url}/socket.io/?EIO=4&transport=polling&sid=7.abcdefghijklmnopqrst`);
    expect(nobody.status).toBe(400);
  });
});
