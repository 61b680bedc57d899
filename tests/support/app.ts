import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type pg from 'pg';
import type { PrismaClient } from '#prisma/client.ts';
import { createApp } from '#server/app.ts';
import { type Config, loadConfig, loadSecrets, type Secrets } from '#server/config.ts';
import { openDb } from '#server/db.ts';
import type { Heartbeat } from '#server/live/gateway.ts';
import { createLogger, type Logger } from '#server/logger.ts';
import { createSealing, type Sealing } from '#server/sealing.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { type District, seedDistrict } from './district.ts';
import { HttpClient } from './http-client.ts';
import { stoppedClock, type TestClock } from './stopped-clock.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestApp {
  url: string;
  prisma: PrismaClient;
  pool: pg.Pool;
  clock: TestClock;
  config: Config;
  secrets: Secrets;
  sealing: Sealing;
  /** Somebody new, who is not signed in. */
  client(): HttpClient;
  /** Two areas with units and people, an account of each role, and a client signed in as each. Once an app. */
  seedDistrict(): Promise<District>;
  close(): Promise<void>;
}

export interface AppSetting {
  config?: Partial<Config>;
  logger?: Logger;
  /** Another worker of the same installation: its database and secrets. Closing it leaves both in place. */
  beside?: TestApp;
  /** Private ports of the installation's workers by their number; filled in as they start. Share it among them. */
  ports?: number[];
  /** Of its sockets. */
  heartbeat?: Heartbeat;
  /** The program that makes files in a process of its own. */
  exporter?: string;
}

/** Starts the whole app on a database of its own, a free port and a clock that the test moves. */
export async function startApp({
  config: changes,
  logger = silent(),
  beside,
  ports = [],
  heartbeat,
  exporter,
}: AppSetting = {}): Promise<TestApp> {
  const database = beside ? borrowed(beside) : await createTestDatabase();
  const dataDir = beside?.config.dataDir ?? (await temporaryFolder());
  const clock = beside?.clock ?? stoppedClock(Date.now());
  const config: Config = {
    ...loadConfig({ DATABASE_URL: database.url, ANKE_DATA: dataDir, HOST: '127.0.0.1' }),
    ...changes,
  };
  const secrets = loadSecrets(dataDir);
  const worker = { number: ports.length, siblings: () => ports, ...(heartbeat && { heartbeat }) };
  const app = await createApp({ config, secrets, clock, logger, worker, ...(exporter && { exporter }) });
  const url = `http://127.0.0.1:${await listen(app.http)}`;
  ports.push(await listen(app.privateHttp));
  const db = openDb(database.url, logger, 4);
  const sealing = createSealing(secrets['phone-hash'], secrets['phone-cipher']);

  return {
    url,
    prisma: db.prisma,
    pool: db.pool,
    clock,
    config,
    secrets,
    sealing,
    client: () => new HttpClient(url),
    seedDistrict: () => seedDistrict(url, db.prisma, sealing),
    async close() {
      await app.close();
      await db.close();
      await database.drop();
      if (!beside) await rm(dataDir, { recursive: true });
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function silent(): Logger {
  return createLogger('silent', 'test');
}

function borrowed({ config }: TestApp): TestDatabase {
  if (!config.databaseUrl) throw new Error('the other app has no database');
  return { url: config.databaseUrl, drop: async () => undefined };
}
