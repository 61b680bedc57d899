import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { systemClock } from './clock.ts';
import { loadConfig, loadSecrets } from './config.ts';
import { createLogger } from './logger.ts';
import { countProcess } from './metrics/process.ts';
import { isMessage, type Listening } from './supervisor/messages.ts';

const config = loadConfig();
const logger = createLogger(config.logLevel, `worker-${config.workerIndex}`);

let siblings: number[] = [];
process.on('message', (message) => {
  if (isMessage(message, 'siblings')) siblings = message.ports;
});

// Handed to every process of a terminal's group; the supervisor says when to end.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('uncaughtException', (error) => {
  logger.fatal({ err: error }, 'unexpected error, the worker ends');
  process.exit(1);
});

const app = await createApp({
  config,
  secrets: loadSecrets(config.dataDir),
  clock: systemClock,
  logger,
  worker: { index: config.workerIndex, siblings: () => siblings },
});

countProcess(app.metrics.registry);

process.once('SIGTERM', async () => {
  await app.close();
  process.exit(0);
});

// Exclusive: not shared with the other workers, as a cluster does by default.
const privatePort = await listen(app.privateHttp, { port: 0, host: '127.0.0.1', exclusive: true });
const publicPort = await listen(app.http, { port: config.port, host: config.host });
const message: Listening = { type: 'listening', publicPort, privatePort };
process.send?.(message);

function listen(server: Server, where: { port: number; host: string; exclusive?: boolean }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
