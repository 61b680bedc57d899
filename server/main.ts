import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { countProcess } from '#media/metrics/process.ts';
import { createApp } from './app.ts';
import { systemClock } from './clock.ts';
import { loadConfig, loadSecrets } from './config.ts';
import { createLogger } from './logger.ts';
import { type Accepting, acceptShared } from './supervisor/accepting.ts';
import { connectionCapacity } from './supervisor/capacity.ts';
import { isMessage, type Listening, type Moved } from './supervisor/messages.ts';

const config = loadConfig();
const logger = createLogger(config.logLevel, `worker-${config.workerNumber}`);

let siblings: number[] = [];
process.on('message', (message) => {
  if (isMessage(message, 'siblings')) siblings = message.ports;
});

// Handed to every process of a terminal's group; the supervisor says when to end.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
// The supervisor is gone: the next one starts workers of its own, and what was acked is stored.
process.once('disconnect', () => process.exit(0));
process.on('uncaughtException', (error) => {
  logger.fatal({ err: error }, 'unexpected error, the worker ends');
  process.exit(1);
});

const app = await createApp({
  config,
  secrets: loadSecrets(config.dataDir),
  clock: systemClock,
  logger,
  worker: { number: config.workerNumber, siblings: () => siblings },
  exporter: beside('exporter'),
});

countProcess(app.metrics.registry);

const LOOPBACK = { port: 0, host: '127.0.0.1' };
const privatePort = await listen(app.privateHttp, LOOPBACK);
const accepting = process.send ? await acceptFromSupervisor() : undefined;
// By itself, without a supervisor, it has the port alone.
if (!accepting) await listen(app.http, { port: config.port, host: config.host });

// Whoever is told to move must not come back to here: it accepts nothing more from the first moment on.
process.once('SIGTERM', async () => {
  accepting?.stop();
  await app.close();
  process.exit(0);
});
process.on('message', async (message) => {
  if (!isMessage(message, 'leave')) return;
  accepting?.stop();
  await app.moveSockets();
  const moved: Moved = { type: 'moved' };
  process.send?.(moved);
  await app.close();
  process.exit(0);
});

/** Another program of the same build. */
function beside(name: string): string {
  const { dir, ext } = path.parse(process.argv[1] ?? '');
  return path.join(dir, `${name}${ext}`);
}

async function acceptFromSupervisor(): Promise<Accepting> {
  // Nobody is told of this port. A server that listens minds the time limits of its connections, those of the shared port too.
  await listen(app.http, LOOPBACK);
  const accepting = acceptShared(app.http, app.connections, logger);
  const message: Listening = { type: 'listening', privatePort, capacity: connectionCapacity() };
  process.send?.(message);
  return accepting;
}

function listen(server: Server, where: { port: number; host: string }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
