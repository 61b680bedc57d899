import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createLogger } from '#server/logger.ts';
import { Postgres } from '#server/supervisor/postgres.ts';
import { MIGRATIONS_FOLDER } from '../folders.ts';
import { diffSchema, MIGRATION_LOCK } from './migrations.ts';

/** A server for this one comparison, so that no database with data in it is ever touched. */
async function sqlToWrite(): Promise<string | undefined> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'anke-diff-'));
  // PostgreSQL's account, when we are root, must pass through it.
  await chmod(dataDir, 0o711);
  const logger = createLogger('error', 'database');
  const server = await Postgres.start({ dataDir, password: 'diff', logger, settings: { fsync: 'off' } });
  try {
    return await diffSchema(server.url());
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true });
  }
}

const name = process.argv[2]?.toLowerCase().replace(/[^a-z0-9]+/g, '_');
if (!name) {
  console.error('usage: npm run db:diff NAME   (what the migration does, e.g. add_certificates)');
  process.exit(2);
}
const sql = await sqlToWrite();
if (sql === undefined) {
  console.log('no difference between prisma/schema.prisma and the migrations');
} else {
  const timestamp = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  const folder = path.join(MIGRATIONS_FOLDER, `${timestamp}_${name}`);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'migration.sql'), sql);
  const lock = path.join(MIGRATIONS_FOLDER, 'migration_lock.toml');
  if (!existsSync(lock)) await writeFile(lock, MIGRATION_LOCK);
  console.log(`wrote ${path.relative(process.cwd(), folder)}/migration.sql: read it before you commit it`);
}
