import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { generateClient } from './database/generate.ts';
import { pendingMigrations } from './database/migrations.ts';
import { ROOT } from './folders.ts';
import { buildPages } from './pages.ts';
import { buildPrograms } from './programs.ts';

/*
 * Forked by a product that runs and is to be renewed: builds pages and programs of the present sources and tells its parent where the worker's
 * is, or why that cannot be without a restart. A process of its own, so that it is the new source that says how it is built, and no
 * worker waits for it.
 */

/** What a renewal is built with, and whether it may be. @throws Error in words for the log */
async function rebuild(databaseUrl: string): Promise<string> {
  const lock = createHash('sha256')
    .update(await readFile(path.join(ROOT, 'package-lock.json')))
    .digest('hex');
  // Packages are replaced by a start alone: the processes that run still read files of theirs.
  const installed = await readFile(path.join(ROOT, 'node_modules/.anke-lock'), 'utf8').catch(() => '');
  if (installed !== lock) throw new Error('packages have changed, which takes a restart');
  const pending = await pendingMigrations(databaseUrl);
  // The workers that are still there would meet tables that they do not know.
  if (pending.length > 0)
    throw new Error(`the database has to be migrated, which takes a restart (${pending.join(', ')})`);
  await generateClient();
  await buildPages();
  return (await buildPrograms()).worker;
}

const built = await rebuild(process.env.DATABASE_URL ?? '').then(
  (worker) => ({ worker }),
  (error: unknown) => ({ refused: error instanceof Error ? error.message : String(error) }),
);
process.send?.(built);
