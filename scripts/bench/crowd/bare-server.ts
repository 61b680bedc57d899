import cluster from 'node:cluster';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server } from 'socket.io';

/*
 * The baseline: Socket.IO with nothing behind it. It takes the messages that the product takes, says yes to each at once and
 * stores none. What the parent sends is broadcast to everybody.
 */

const ROOM = 'room';

if (cluster.isPrimary) {
  for (let n = Number(process.argv[2]); n > 0; n -= 1) cluster.fork();
  cluster.on('exit', () => {
    if (process.connected) cluster.fork();
  });
  cluster.on('message', (_worker, message) => process.send?.(message));
  process.on('message', (message) => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.send(message as object);
  });
  process.on('disconnect', () => process.exit(0));
} else {
  const server = http.createServer();
  const io = new Server(server, { serveClient: false, httpCompression: false, perMessageDeflate: false });
  let room: object = {};
  process.on('message', (message: { room: object; shown: boolean }) => {
    room = message.room;
    if (message.shown) io.local.to(ROOM).emit('room:changed', room);
  });
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
  server.listen({ port: 0, host: '127.0.0.1' }, () => {
    process.send?.({ listening: (server.address() as AddressInfo).port });
  });
}
