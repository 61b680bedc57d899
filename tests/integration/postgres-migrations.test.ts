import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyMigrations, diffSchema } from '#scripts/database/migrations.ts';
import { MIGRATIONS_FOLDER } from '#scripts/folders.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';

let database: TestDatabase;
let client: pg.Client;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
});

afterAll(async () => {
  await client?.end();
  await database?.drop();
});

test('a migrated database has nothing left to apply', async () => {
  expect(await applyMigrations(database.url)).toEqual([]);
});

test('what was applied is recorded as prisma migrate deploy records it', async () => {
  const { rows } = await client.query('SELECT * FROM _prisma_migrations ORDER BY migration_name');
  expect(rows.length).toBeGreaterThan(0);
  const script = await readFile(path.join(MIGRATIONS_FOLDER, rows[0].migration_name, 'migration.sql'));
  expect(rows[0]).toMatchObject({
    checksum: createHash('sha256').update(script).digest('hex'),
    finished_at: expect.any(Date),
    rolled_back_at: null,
    applied_steps_count: 1,
  });
});

test('the schema and the migrations agree', async () => {
  expect(await diffSchema(database.url)).toBeUndefined();
  const { rows } = await client.query("SELECT datname FROM pg_database WHERE datname LIKE 'anke_shadow%'");
  expect(rows).toEqual([]);
});

test('text is UTF-8 and sorted the same on every machine', async () => {
  const { rows } = await client.query(
    'SELECT pg_encoding_to_char(encoding) AS encoding, datlocprovider, datlocale FROM pg_database WHERE datname = current_database()',
  );
  expect(rows).toEqual([{ encoding: 'UTF8', datlocprovider: 'b', datlocale: 'C.UTF-8' }]);
});

test('hosts that start together migrate one after the other, and a function body keeps its semicolons', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-migrations-'));
  await mkdir(path.join(folder, '20260101000000_function'));
  await writeFile(
    path.join(folder, '20260101000000_function/migration.sql'),
    'CREATE FUNCTION twice(n int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN n := n * 2; RETURN n; END $$;\n',
  );
  const fresh = await createTestDatabase();
  try {
    const admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
    await admin.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    const applied = await Promise.all([applyMigrations(fresh.url, folder), applyMigrations(fresh.url, folder)]);
    expect(applied.flat()).toEqual(['20260101000000_function']);
    expect((await admin.query('SELECT twice(21)')).rows).toEqual([{ twice: 42 }]);
    await admin.end();
  } finally {
    await fresh.drop();
    await rm(folder, { recursive: true });
  }
});

test('a migration that fails leaves nothing of itself and is not taken for applied', async () => {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'anke-migrations-'));
  await mkdir(path.join(folder, '20260101000000_broken'));
  await writeFile(
    path.join(folder, '20260101000000_broken/migration.sql'),
    'CREATE TABLE half_done (id int);\nSELECT nonsense;\n',
  );
  const fresh = await createTestDatabase();
  try {
    const admin = new pg.Client({ connectionString: fresh.url });
    await admin.connect();
    await admin.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public');
    await expect(applyMigrations(fresh.url, folder)).rejects.toThrow(/20260101000000_broken/);
    await expect(applyMigrations(fresh.url, folder)).rejects.toThrow(/20260101000000_broken/);
    expect((await admin.query("SELECT to_regclass('half_done') AS found")).rows).toEqual([{ found: null }]);
    await admin.end();
  } finally {
    await fresh.drop();
    await rm(folder, { recursive: true });
  }
});
