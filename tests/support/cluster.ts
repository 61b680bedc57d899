import { randomUUID } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { generateClient } from '#scripts/database/generate.ts';
import { applyMigrations } from '#scripts/database/migrations.ts';
import { createLogger } from '#server/logger.ts';
import { Postgres } from '#server/supervisor/postgres.ts';
import { SWEPT_PREFIX, temporaryFolder } from './temporary-folder.ts';

/** Name of the environment variable that tells test processes the address of the run's cluster. */
export const CLUSTER_URL = 'ANKE_TEST_CLUSTER_URL';
export const TEMPLATE = 'anke_template';

const PASSWORD = 'test';

export interface TestCluster {
  postgres: Postgres;
  dataDir: string;
  stop(): Promise<void>;
}

/** Vitest's global set-up: one cluster for the run, with a migrated template that {@link createTestDatabase} copies. */
export default async function setup(): Promise<() => Promise<void>> {
  await generateClient();
  await sweep();
  const cluster = await startOwnCluster({ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' });
  await makeTemplate(cluster.postgres).catch(async (error) => {
    await cluster.stop();
    throw error;
  });
  process.env[CLUSTER_URL] = cluster.postgres.url('postgres');
  return cluster.stop;
}

/** A cluster of one's own, for tests that kill it. Durable unless `settings` say otherwise; empty database `anke`. */
export async function startOwnCluster(settings: Record<string, string> = {}): Promise<TestCluster> {
  const dataDir = await temporaryFolder();
  const postgres = await start(dataDir, settings);
  return {
    postgres,
    dataDir,
    async stop() {
      await postgres.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}

function start(dataDir: string, settings: Record<string, string>): Promise<Postgres> {
  return Postgres.start({ dataDir, password: PASSWORD, logger: createLogger('fatal', 'test-cluster'), settings });
}

async function makeTemplate(postgres: Postgres): Promise<void> {
  const client = new pg.Client({ connectionString: postgres.url('postgres') });
  await client.connect();
  // Migrated under another name: nobody may ever copy it half done.
  const draft = `draft_${randomUUID().slice(0, 8)}`;
  await client.query(`CREATE DATABASE ${draft}`);
  await applyMigrations(postgres.url(draft));
  await client.query(`ALTER DATABASE ${draft} RENAME TO ${TEMPLATE}`);
  await client.end();
}

/** Ends and removes clusters of runs that were killed. Those of living runs are locked. */
async function sweep(): Promise<void> {
  for (const name of await readdir(os.tmpdir())) {
    const dataDir = path.join(os.tmpdir(), name);
    if (!name.startsWith(SWEPT_PREFIX)) continue;
    try {
      const ageMs = Date.now() - (await stat(dataDir)).mtimeMs;
      // A young one may be about to take its lock.
      if (ageMs < 10 * 60_000) continue;
      await (await start(dataDir, {})).stop();
      await rm(dataDir, { recursive: true });
    } catch {
      // In use, or somebody else's.
    }
  }
}
