import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { type Prisma, PrismaClient } from '#prisma/client.ts';
import type { Logger } from './logger.ts';

/** Prisma for everyday queries, the pool for the hot writes and big reads. Both share the same connections. */
export interface Db {
  prisma: PrismaClient;
  pool: pg.Pool;
  close(): Promise<void>;
}

/** A transaction of Prisma's. */
export type Tx = Prisma.TransactionClient;

/** For a connection that is free. */
const CONNECTION_WAIT_MS = 10_000;

/**
 * Opens a pool of at most `connections`. Nothing connects until the first query.
 * Bigint columns arrive as JavaScript numbers from the pool: every bigint of ours stays far below 2^53.
 */
export function openDb(url: string, logger: Logger, connections = 10): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: CONNECTION_WAIT_MS,
    idleTimeoutMillis: 60_000,
    types: { getTypeParser },
  });
  // An idle connection that breaks (the server was killed) must not end the process; the pool opens another.
  pool.on('error', (error) => logger.warn({ err: error }, 'idle database connection lost'));
  const prisma = new PrismaClient({
    adapter: new PrismaPg(pool),
    // A crowd's transactions wait as long as its queries.
    transactionOptions: { maxWait: CONNECTION_WAIT_MS },
  });
  return {
    prisma,
    pool,
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

const INT8 = 20;
const INT8_ARRAY = 1016;

const getTypeParser: pg.CustomTypesConfig['getTypeParser'] = (oid: number, format?: 'text' | 'binary') => {
  if (format !== 'binary') {
    if (oid === INT8) return Number;
    if (oid === INT8_ARRAY) return numberArray;
  }
  return pg.types.getTypeParser(oid, format as 'text');
};

/** `{1,2}` as PostgreSQL writes an array of numbers without nulls. */
function numberArray(text: string): number[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(Number);
}

type Work<T> = (client: pg.PoolClient) => Promise<T>;

/** Runs `work` in a transaction of the pool; rolls back when it throws. */
export function transaction<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return inTransaction(pool, 'begin', true, work);
}

/** Runs `work` in a transaction that changes nothing: it is rolled back in any case. */
export function undone<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return inTransaction(pool, 'begin', false, work);
}

/** Runs `work`, which only reads, on one snapshot of the database. */
export function onSnapshot<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return inTransaction(pool, 'begin transaction isolation level repeatable read read only', false, work);
}

async function inTransaction<T>(pool: pg.Pool, begin: string, commits: boolean, work: Work<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  let committed = false;
  // A connection that dies says so here as well as to its query; with nobody listening that would end the process.
  const lost = (error: Error) => {
    broken = error;
  };
  client.on('error', lost);
  try {
    await client.query(begin);
    const result = await work(client);
    if (commits) await client.query('commit');
    committed = commits;
    return result;
  } finally {
    if (!committed) {
      await client.query('rollback').catch((error: Error) => {
        broken = error;
      });
    }
    client.off('error', lost);
    client.release(broken);
  }
}
