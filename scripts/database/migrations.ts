import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { MIGRATIONS_FOLDER, PRISMA_FOLDER } from '../folders.ts';
import { EVERYTHING, type MigrationList, type SchemasContainer, withSchemaEngine } from './engine.ts';

/** Text of migration_lock.toml, which Prisma wants beside the migrations. */
export const MIGRATION_LOCK = 'provider = "postgresql"\n';

/** Held while migrating, so that hosts which start together do so one after the other. Any constant of our own. */
const ADVISORY_LOCK = 7_140_001;

/**
 * Applies the migrations that `databaseUrl` lacks and returns their names, oldest first. Recorded in
 * `_prisma_migrations` exactly as `prisma migrate deploy` does it.
 * @throws Error when a migration fails, or when one failed earlier and nobody has resolved it.
 */
export async function applyMigrations(databaseUrl: string, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  const migrationsList = await readMigrations(folder);
  const lock = new pg.Client({ connectionString: databaseUrl });
  await lock.connect();
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [ADVISORY_LOCK]);
    return await withSchemaEngine(databaseUrl, async (engine) => {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: EVERYTHING });
      return appliedMigrationNames;
    });
  } finally {
    await lock.end();
  }
}

/** Names of migrations that `databaseUrl` lacks, oldest first. */
export async function pendingMigrations(databaseUrl: string, folder = MIGRATIONS_FOLDER): Promise<string[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      'SELECT migration_name AS name FROM _prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
    );
    const applied = new Set(rows.map(({ name }) => name));
    return (await migrationNames(folder)).filter((name) => !applied.has(name));
  } finally {
    await client.end();
  }
}

/**
 * The SQL that leads from the migrations in `folder` to `schemaFile`, or undefined when they already agree. Needs a
 * server on which databases may be created: the history is played into a shadow database, dropped afterwards.
 */
export async function diffSchema(
  databaseUrl: string,
  folder = MIGRATIONS_FOLDER,
  schemaFile = path.join(PRISMA_FOLDER, 'schema.prisma'),
): Promise<string | undefined> {
  const migrations = await readMigrations(folder);
  const schema: SchemasContainer = { files: [{ path: schemaFile, content: await readFile(schemaFile, 'utf8') }] };
  return withSchemaEngine(databaseUrl, async (engine) => {
    const result = await engine.diff({
      from: { tag: 'migrations', ...migrations },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters: EVERYTHING,
    });
    return result.exitCode === 0 ? undefined : (result.stdout ?? undefined);
  });
}

async function migrationNames(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function readMigrations(folder: string): Promise<MigrationList> {
  const names = await migrationNames(folder);
  const migrationDirectories = await Promise.all(
    names.map(async (name) => ({
      path: name,
      migrationFile: {
        path: 'migration.sql',
        content: { tag: 'ok' as const, value: await readFile(path.join(folder, name, 'migration.sql'), 'utf8') },
      },
    })),
  );
  return {
    baseDir: folder,
    lockfile: { path: 'migration_lock.toml', content: MIGRATION_LOCK },
    shadowDbInitScript: '',
    migrationDirectories,
  };
}
