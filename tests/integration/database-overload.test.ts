import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PrismaClient } from '#prisma/client.ts';
import { isOverload } from '#server/errors.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';

let database: TestDatabase;
let pool: pg.Pool;
let prisma: PrismaClient;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 1, connectionTimeoutMillis: 2_000 });
  prisma = new PrismaClient({ adapter: new PrismaPg(pool) });
});

afterAll(async () => {
  await prisma.$disconnect();
  await pool.end();
  await database.drop();
});

it('knows a database without a free connection by what each way of asking it throws', async () => {
  const only = await pool.connect();
  try {
    const ways = [
      prisma.area.count(),
      prisma.$queryRaw`select 1`,
      prisma.$transaction((tx) => tx.area.count(), { maxWait: 10 }),
      prisma.$transaction((tx) => tx.area.count(), { maxWait: 10_000 }),
      pool.query('select 1'),
    ];
    const errors = await Promise.allSettled(ways);
    expect(errors.map((each) => each.status === 'rejected' && isOverload(each.reason))).toEqual(ways.map(() => true));
  } finally {
    only.release();
  }
});

it('takes no other failure for it', async () => {
  const failure = await prisma.$queryRaw`select * from no_such_table`.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(Error);
  expect(isOverload(failure)).toBe(false);
});
