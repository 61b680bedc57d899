import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Server } from 'socket.io';
import { countConnections } from '#server/connections.ts';
import { createLogger } from '#server/logger.ts';
import { acceptShared } from '#server/supervisor/accepting.ts';
import { connectionCapacity } from '#server/supervisor/capacity.ts';
import type { Listening } from '#server/supervisor/messages.ts';
import { freePort } from '#server/supervisor/ports.ts';
import { SharedPort } from '#server/supervisor/shared-port.ts';
import { Workers } from '#server/supervisor/workers.ts';

/*
 * The baseline: Socket.IO with nothing behind it, on workers that accept as the product's do. It takes the messages that the product takes,
 * says yes to each at once and stores none. What the parent is sent is broadcast to everybody.
 */

/** What everybody is shown, and whether it is told to those who are there. */
interface Shown {
  room: object;
  shown: boolean;
}

const ROOM = 'room';
const LOOPBACK = '127.0.0.1';
const LOOK_MS = 20;

if (process.env.WORKER_INDEX === undefined) await supervise(Number(process.argv[2]));
else await work(process.env.BARE_PARENT ?? '');

async function supervise(count: number): Promise<void> {
  let room: object = {};
  // A worker that comes back has to be told again.
  const asked = http.createServer((_req, res) => res.end(JSON.stringify({ room, shown: false } satisfies Shown)));
  const port = await freePort(LOOPBACK);
  const workers = new Workers({
    program: fileURLToPath(import.meta.url),
    execArgv: process.execArgv,
    count,
    env: { BARE_PARENT: `http://${LOOPBACK}:${await listen(asked)}` },
    port: await SharedPort.bind(LOOPBACK, port),
    logger: createLogger('silent', 'bare'),
    patient: true,
    onListening: () => undefined,
    onGivenUp: () => process.exit(1),
  });
  process.on('message', (message: Shown) => {
    room = message.room;
    for (const { port } of workers.sources) {
      if (port <= 0) continue;
      // One that was killed asks for the room when it is back.
      fetch(`http://${LOOPBACK}:${port}`, { method: 'POST', body: JSON.stringify(message) }).catch(() => undefined);
    }
  });
  process.on('disconnect', () => {
    workers.kill();
    process.exit(0);
  });
  while (workers.sources.some((source) => source.port === 0)) await delay(LOOK_MS);
  process.send?.({ listening: port });
}

async function work(parent: string): Promise<void> {
  const logger = createLogger('silent', 'bare');
  const server = http.createServer();
  const io = new Server(server, { serveClient: false, httpCompression: false, perMessageDeflate: false });
  let room: object = {};
  const show = (message: Shown) => {
    room = message.room;
    if (message.shown) io.local.to(ROOM).emit('room:changed', room);
  };
  type Reply = (answer: object) => void;
  io.on('connection', (socket) => {
    socket.on('room:join', async (_payload: object, reply: Reply) => {
      await socket.join(ROOM);
      reply({ ok: true, data: { room, viewers: io.engine.clientsCount } });
    });
    socket.on('beat:send', ({ beats }: { beats: { seq: number }[] }, reply: Reply) => {
      const accepted = beats.map(({ seq }) => seq);
      reply({ ok: true, data: { accepted, creditedMs: 15_000, revision: 1 } });
    });
    socket.on('quiz:answer', (_payload: object, reply: Reply) => reply({ ok: true, data: { stored: true } }));
    socket.on('presence:confirm', (_payload: object, reply: Reply) => {
      reply({ ok: true, data: { stored: true, creditedMs: 15_000, standing: { confirmed: null, missedFrom: null } } });
    });
    socket.on('question:ask', ({ id }: { id: string }, reply: Reply) => reply({ ok: true, data: { id } }));
  });
  const told = http.createServer(async (req, res) => {
    const parts: Buffer[] = [];
    for await (const part of req) parts.push(part);
    res.end();
    show(JSON.parse(Buffer.concat(parts).toString()));
  });
  const privatePort = await listen(told);
  show((await (await fetch(parent)).json()) as Shown);
  process.once('disconnect', () => process.exit(0));
  acceptShared(server, countConnections(server), logger);
  const listening: Listening = { type: 'listening', privatePort, capacity: connectionCapacity() };
  process.send?.(listening);
}

function listen(server: http.Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, LOOPBACK, () => resolve((server.address() as AddressInfo).port));
  });
}
