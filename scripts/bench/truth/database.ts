import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLogger } from '#server/logger.ts';
import { Postgres } from '#server/supervisor/postgres.ts';
import { applyMigrations } from '../../database/migrations.ts';

/** A server of the bench's own, with the product's tables; what is simulated need not survive a power cut. */
export async function newDatabase(): Promise<{ url: string; remove(): Promise<void> }> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'anke-truth-'));
  // PostgreSQL's account, when we are root, must pass through it.
  await chmod(dataDir, 0o711);
  const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
  const server = await Postgres.start({ dataDir, password: 'truth', logger: createLogger('error', 'truth'), settings });
  await applyMigrations(server.url());
  return {
    url: server.url(),
    async remove() {
      await server.stop();
      await rm(dataDir, { recursive: true });
    },
  };
}
