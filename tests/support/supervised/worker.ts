import http from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { loadConfig } from '#server/config.ts';
import { isMessage } from '#server/supervisor/messages.ts';

/*
 * The least that the supervisor can supervise as a worker. GET / answers with what it knows; GET /slow is held until
 * the message `finish` comes, and GET /held says how many are held, so that a test needs no clock.
 */

if (process.env.ANKE_TEST_BROKEN) throw new Error('broken as ordered');

const config = loadConfig();
const database = new pg.Pool({ connectionString: config.databaseUrl, max: 2 });
database.on('error', () => undefined);
let siblings: number[] = [];
const held = new Set<() => void>();

process.on('message', (message) => {
  if (isMessage(message, 'siblings')) siblings = message.ports;
  if (message === 'finish') for (const finish of held) finish();
});
process.on('SIGINT', () => undefined);

const server = http.createServer((request, response) => {
  answer(request.url ?? '/').then(
    (body) => response.setHeader('connection', 'close').end(JSON.stringify(body)),
    (error: Error) => response.writeHead(503).end(error.message),
  );
});
const privateServer = http.createServer((_request, response) => response.end(String(config.workerIndex)));

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});

privateServer.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () => {
  server.listen({ port: config.port, host: config.host }, () => {
    process.send?.({
      type: 'listening',
      publicPort: (server.address() as AddressInfo).port,
      privatePort: (privateServer.address() as AddressInfo).port,
    });
  });
});

async function answer(path: string): Promise<unknown> {
  if (path === '/held') return { held: held.size };
  if (path === '/slow') await new Promise<void>((resolve) => held.add(resolve));
  const { rows } = await database.query('SELECT count(*)::int AS migrations FROM _prisma_migrations');
  return { pid: process.pid, index: config.workerIndex, siblings, mediaUrl: config.mediaUrl, ...rows[0] };
}
