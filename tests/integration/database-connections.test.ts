import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Db, onSnapshot, openDb, transaction, undone } from '#server/db.ts';
import { createLogger } from '#server/logger.ts';
import { createTestDatabase } from '#tests/support/database.ts';

let database: Awaited<ReturnType<typeof createTestDatabase>>;
let db: Db;

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDb(database.url, createLogger('silent', 'test'));
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

it.each([
  ['a transaction', transaction],
  ['work that is undone', undone],
  ['work on a snapshot', onSnapshot],
])('the connection of %s may die under it, and the process lives', async (_, run) => {
  const died = run(db.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    const gone = new Promise((resolve) => client.once('end', resolve));
    await db.pool.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await gone;
    await client.query('select 1');
  });
  await expect(died).rejects.toThrow();
  expect((await run(db.pool, (client) => client.query('select 1 as one'))).rows).toEqual([{ one: 1 }]);
});

it('what is undone leaves nothing behind, and what only reads cannot write', async () => {
  const made = "insert into area (id, name) values ('00000000-0000-4000-8000-000000000001', '城东街道')";
  await undone(db.pool, (client) => client.query(made));
  await expect(onSnapshot(db.pool, (client) => client.query(made))).rejects.toThrow('read-only');
  expect(await db.prisma.area.count()).toBe(0);
});
