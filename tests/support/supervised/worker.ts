import http from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { loadConfig } from '#server/config.ts';
import { countConnections } from '#server/connections.ts';
import { createLogger } from '#server/logger.ts';
import { acceptShared } from '#server/supervisor/accepting.ts';
import { isMessage, type Listening, type Moved } from '#server/supervisor/messages.ts';

/*
 * The least that the supervisor can supervise as a worker. GET / answers with what it knows; GET /slow is held until
 * SIGUSR2 comes, and GET /held says how many are held, so that a test needs no clock.
 */

if (process.env.ANKE_TEST_BROKEN) throw new Error('broken as ordered');

const config = loadConfig();
const database = new pg.Pool({ connectionString: config.databaseUrl, max: 2 });
database.on('error', () => undefined);
let siblings: number[] = [];
const held = new Set<() => void>();

process.on('message', (message) => {
  if (isMessage(message, 'siblings')) siblings = message.ports;
});
process.on('SIGUSR2', () => {
  for (const finish of held) finish();
});
process.on('SIGINT', () => undefined);

const server = http.createServer((request, response) => {
  answer(request.url ?? '/').then(
    (body) => response.setHeader('connection', 'close').end(JSON.stringify(body)),
    (error: Error) => response.writeHead(503).end(error.message),
  );
});
const privateServer = http.createServer((_request, response) => response.end(String(config.workerIndex)));

const connections = countConnections(server);

process.once('disconnect', () => process.exit(0));
privateServer.listen({ port: 0, host: '127.0.0.1' }, () => {
  const accepting = acceptShared(server, connections, createLogger('silent', 'worker'));
  process.on('message', async (message) => {
    if (!isMessage(message, 'leave')) return;
    accepting.stop();
    const moved: Moved = { type: 'moved' };
    process.send?.(moved);
    await connections.gone();
    process.exit(0);
  });
  process.once('SIGTERM', async () => {
    accepting.stop();
    await connections.gone();
    process.exit(0);
  });
  const { port: privatePort } = privateServer.address() as AddressInfo;
  const message: Listening = { type: 'listening', privatePort, capacity: 1_000 };
  process.send?.(message);
});

async function answer(path: string): Promise<unknown> {
  if (path === '/held') return { held: held.size };
  if (path === '/slow') await new Promise<void>((resolve) => held.add(resolve));
  const { rows } = await database.query('SELECT count(*)::int AS migrations FROM _prisma_migrations');
  return { pid: process.pid, index: config.workerIndex, siblings, mediaUrl: config.mediaUrl, ...rows[0] };
}
