import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import type { Ack } from '#contract/errors.ts';
import { newId } from '#server/ids.ts';
import { signTicket } from '#server/live/ticket.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { admission, beat } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* Sockets that do what no page does. A page that is beside them goes on. */

const soon = { timeout: 45_000, interval: 50 };
const HOUR_MS = 3_600_000;

let app: TestApp;
let district: District;
let sessionId: string;
/** An honest page in the same room. */
let page: RoomSocket;
const opened: { close(): unknown }[] = [];

beforeAll(async () => {
  app = await startApp();
  district = await app.seedDistrict();
  ({ sessionId } = await seedFirstClass(app, district));
  // A large snapshot fills buffers soon.
  await app.prisma.session.update({ where: { id: sessionId }, data: { outline: '纲'.repeat(4_000) } });
  page = await RoomSocket.enter(app.url, (await admission(district.clients.learner, sessionId)).ticket);
});
afterEach(async () => {
  for (const socket of opened.splice(0)) await socket.close();
  const { ok } = await page.ask('quiz:answer', { liveQuestionId: newId(), choice: [0] });
  expect([page.connected, ok]).toEqual([true, false]);
  // What the next one asks is its own.
  app.clock.advance(10_000);
});
afterAll(async () => {
  await page?.close();
  await app?.close();
});

function ticketOf(who: { personId?: string; deviceId?: string } = {}): string {
  const { unitA } = district;
  const person = { personId: newId(), deviceId: newId(), unitId: unitA.id, ...who };
  const words = { loginId: newId(), personName: '甲', unitName: unitA.name };
  return signTicket(app.secrets.ticket, { ...person, ...words, sessionId, connId: newId() }, app.clock());
}

async function connect(): Promise<RoomSocket> {
  const socket = await RoomSocket.connect(app.url);
  opened.push(socket);
  return socket;
}

/** A connection that says what it is told to, as text. */
async function bare(url = app.url): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  opened.push({ close: () => socket.terminate() });
  await once(socket, 'message');
  socket.send('40');
  await once(socket, 'message');
  return socket;
}

/** What its ticket is answered. */
async function entered(ticket: string): Promise<string> {
  const socket = await bare();
  const answered = new Promise<string>((resolve) => {
    socket.on('message', (bytes: Buffer) => {
      const text = bytes.toString();
      // Pings and the room's news may come before it.
      if (text.startsWith('430[')) resolve(text.slice('430['.length));
    });
  });
  socket.send(`420${JSON.stringify(['room:join', { ticket }])}`);
  return answered;
}

const devices = () => page.heard('room:viewers').at(-1)?.devices;

describe('a socket', () => {
  it('that never reads is cut off, and its device with it', async () => {
    const socket = await bare();
    const ticket = ticketOf();
    socket.send(`420${JSON.stringify(['room:join', { ticket }])}`);
    await expect.poll(devices, soon).toBe(2);
    socket.pause();
    // Its own requests are answered as often as it may ask, more than the buffers of two systems hold.
    for (let round = 0; round < 40; round += 1) {
      app.clock.advance(10_000);
      for (let n = 0; n < 40; n += 1) socket.send(`42${n}${JSON.stringify(['room:join', { ticket }])}`);
      await page.ask('quiz:answer', { liveQuestionId: newId(), choice: [0] });
    }
    await expect.poll(devices, soon).toBe(1);
  });

  it('that never answers a ping is cut off, and its device with it', async () => {
    const heartbeat = { pingInterval: 100, pingTimeout: 5_000 };
    const worker = await startApp({ beside: app, ports: [0], heartbeat });
    try {
      const answering = await RoomSocket.connect(worker.url);
      const ticket = ticketOf();
      const viewers = async () => {
        // What is asked again and again is as much as may be asked.
        app.clock.advance(1_000);
        return (await answering.request('room:join', { ticket })).viewers;
      };
      // It has heard of the page in the other worker.
      await expect.poll(viewers, soon).toBe(2);
      const silent = await bare(worker.url);
      const closed = once(silent, 'close');
      const answers: string[] = [];
      silent.on('message', (message) => answers.push(message.toString()));
      silent.send(`420${JSON.stringify(['room:join', { ticket: ticketOf() }])}`);
      await expect.poll(() => answers.find((answer) => answer.startsWith('430')), soon).toContain('"viewers":3');
      await closed;
      await expect.poll(viewers, soon).toBe(2);
      await answering.close();
    } finally {
      await worker.close();
    }
  });

  it('that enters thirty times at once is one device', async () => {
    const socket = await bare();
    const ticket = ticketOf();
    for (let n = 0; n < 30; n += 1) socket.send(`42${n}${JSON.stringify(['room:join', { ticket }])}`);
    await expect.poll(devices, soon).toBe(2);
    socket.close();
    await expect.poll(devices, soon).toBe(1);
  });

  it('that floods is refused, then let go', async () => {
    const socket = await connect();
    let closed = false;
    socket.socket.on('disconnect', () => {
      closed = true;
    });
    const answers: Ack<never>[] = [];
    const ask = () =>
      (socket.socket as unknown as { emit: (...args: unknown[]) => void }).emit(
        'room:join',
        { ticket: 'x' },
        (answer: Ack<never>) => answers.push(answer),
      );
    for (let n = 0; n < 200; n += 1) ask();
    await expect.poll(() => answers.length, soon).toBe(200);
    const codes = answers.map((answer) => (answer.ok ? '' : answer.error.code));
    expect(codes.filter((code) => code === 'bad-ticket')).toHaveLength(40);
    expect(codes.filter((code) => code === 'rate-limited')).toHaveLength(160);
    expect(closed).toBe(false);
    for (let n = 0; n < 300; n += 1) ask();
    await expect.poll(() => closed, soon).toBe(true);
  });

  it('that floods with what nobody asked for is let go as well', async () => {
    const socket = await bare();
    const closed = once(socket, 'close');
    for (let n = 0; n < 500; n += 1) socket.send('42["no:such",{}]');
    await closed;
  });

  it('that sends ten megabytes is cut off', async () => {
    const socket = await bare();
    const closed = once(socket, 'close');
    socket.send(`42${JSON.stringify(['room:join', { ticket: 'x'.repeat(10_000_000) }])}`);
    await closed;
  });

  it.each(['hello', '42{', '42["room:join"', '451-["room:join",{"_placeholder":true,"num":0}]', '40/other,'])(
    'that speaks another protocol is closed: %s',
    async (text) => {
      const socket = await bare();
      const closed = once(socket, 'close');
      socket.send(text);
      await closed;
    },
  );

  it('that enters no room is let go', async () => {
    const socket = await connect();
    app.clock.advance(121_000);
    await expect.poll(() => socket.connected, soon).toBe(false);
  });
});

describe('one account', () => {
  it('has so many sockets and no more, while 500 people behind one address are let in', async () => {
    const personId = newId();
    const own = await Promise.all(Array.from({ length: 50 }, () => entered(ticketOf({ personId }))));
    expect(own.filter((answer) => answer.startsWith('{"ok":true'))).toHaveLength(20);
    expect(own.filter((answer) => answer.includes('rate-limited'))).toHaveLength(30);
    const others = await Promise.all(Array.from({ length: 500 }, () => entered(ticketOf())));
    expect(others.filter((answer) => !answer.startsWith('{"ok":true'))).toEqual([]);
  });

  it('is let in again when its old sockets are gone', async () => {
    const personId = newId();
    const sockets = await Promise.all(
      Array.from({ length: 20 }, () => RoomSocket.enter(app.url, ticketOf({ personId }))),
    );
    const late = await connect();
    expect(await late.refusal('room:join', { ticket: ticketOf({ personId }) })).toBe('rate-limited');
    await Promise.all(sockets.map((socket) => socket.close()));
    // The server hears of it a moment later.
    const again = () => {
      app.clock.advance(1_000);
      return late.refusal('room:join', { ticket: ticketOf({ personId }) });
    };
    await expect.poll(again, soon).toBeNull();
  });
});

describe('a beat', () => {
  async function watching() {
    const client = await district.joined(district.principalA, district.unitA.joinCode);
    const { ticket, creditedMs } = await admission(client, sessionId, randomUUID());
    const at = app.clock();
    const socket = await connect();
    await socket.request('room:join', { ticket });
    return { socket, at, creditedMs };
  }

  it('that claims an hour after a minute is worth a minute', async () => {
    const { socket, at, creditedMs: before } = await watching();
    app.clock.advance(60_000);
    const { creditedMs } = await socket.request('beat:send', { beats: [beat(1, at - HOUR_MS, 2 * 3_600)] });
    expect(creditedMs - before).toBeGreaterThan(0);
    expect(creditedMs - before).toBeLessThan(70_000);
  });

  it('of an old number adds nothing, whatever it claims', async () => {
    const { socket, at } = await watching();
    app.clock.advance(30_000);
    const { creditedMs } = await socket.request('beat:send', { beats: [beat(1, at, 10)] });
    app.clock.advance(30_000);
    expect(await socket.request('beat:send', { beats: [beat(1, at + 20_000, 15)] })).toMatchObject({
      accepted: [1],
      creditedMs,
    });
  });

  it.each([
    ['hours ahead', 5 * HOUR_MS],
    ['hours behind', -5 * HOUR_MS],
  ])('by a clock that is %s is stored, acked, and worth nothing', async (_, skewMs) => {
    const { socket, at } = await watching();
    app.clock.advance(30_000);
    const { creditedMs: before } = await socket.request('beat:send', { beats: [beat(1, at, 1)] });
    const skewed = { ...beat(2, at + skewMs, 15), monotonicMs: 9e11 };
    expect(await socket.request('beat:send', { beats: [skewed] })).toMatchObject({ accepted: [2], creditedMs: before });
  });
});
