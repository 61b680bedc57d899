import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createClient } from '@redis/client';
import { freePort } from '#server/supervisor/ports.ts';

export const REDIS = '/usr/bin/redis-server';
export const hasRedis = existsSync(REDIS);
export const WITHOUT_REDIS =
  'redis-server is not installed: "apt-get install redis-server", or the bus over Redis is not tested';

export interface OwnRedis {
  url: string;
  /** Hangs, with its connections open, as a machine does that is too busy. */
  pause(): void;
  goOn(): void;
  /** `kill -9`. It keeps nothing on the disk. */
  kill(): Promise<void>;
  /** Again on the same port, empty. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Debian's Redis, a server of one's own that stores nothing. */
export async function startRedis(host = '127.0.0.1'): Promise<OwnRedis> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-redis-'));
  const port = await freePort();
  const url = `redis://${host}:${port}`;
  let server: ChildProcess;

  async function start(): Promise<void> {
    const options = ['--port', `${port}`, '--bind', host, '--dir', folder, '--save', '', '--protected-mode', 'no'];
    server = spawn(REDIS, options, { stdio: 'ignore' });
    const client = createClient({ url, socket: { reconnectStrategy: 20 } });
    // While it starts.
    client.on('error', () => undefined);
    await client.connect();
    await client.ping();
    client.destroy();
  }

  async function kill(): Promise<void> {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  await start();
  return {
    url,
    pause: () => void server.kill('SIGSTOP'),
    goOn: () => void server.kill('SIGCONT'),
    kill,
    start,
    async stop() {
      if (server.exitCode === null && server.signalCode === null) await kill();
      await rm(folder, { recursive: true });
    },
  };
}
