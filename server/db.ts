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

/**
 * As {@link transaction}, for work on rows that are named by their keys: each is looked up by its index, however small the statistics take the
 * table for. Of a class that has just begun they know nothing; its whole crowd would be read for each batch of it. Without other joins a wrong estimate is dearer still: what joins in here must name the whole key of
 * an index that has no rival.
 */
export function transactionByKeys<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return inTransaction(pool, 'begin; set local enable_hashjoin = off; set local enable_mergejoin = off', true, work);
}

/** Runs `work` in a transaction that changes nothing: it is rolled back in any case. */
export function undone<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return inTransaction(pool, 'begin', false, work);
}

/** Runs `work`, which only reads, on one snapshot of the database. */
export function onSnapshot<T>(pool: pg.Pool, work: Work<T>): Promise<T> {
  return inTransaction(pool, 'begin transaction isolation level repeatable read read only', false, work);
}

/** Gives on what `read` gives, all of it on one snapshot of the database; whoever stops reading lets go of it. */
export async function* streamOnSnapshot<T>(
  pool: pg.Pool,
  read: (client: pg.PoolClient) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  const lost = (error: Error) => {
    broken = error;
  };
  client.on('error', lost);
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    yield* read(client);
  } finally {
    await client.query('rollback').catch(lost);
    client.off('error', lost);
    client.release(broken);
  }
}

/** Rows that are fetched, and then worked on, at once: few enough that whatever else this process does waits some ms. */
const SLICE = 1_000;

/** Reads what may be much, as arrays of columns, some at a time; the next are fetched while these are worked on. In a transaction. */
export async function* readByCursor<Columns extends unknown[]>(
  client: pg.PoolClient,
  sql: string,
  parameters: unknown[],
): AsyncGenerator<Columns[]> {
  // It is read to its end: not a plan that is quick to the first row and slow to the last.
  await client.query('set local cursor_tuple_fraction = 1');
  await client.query(`declare much no scroll cursor for ${sql}`, parameters);
  const fetch = () => client.query<Columns>({ text: `fetch ${SLICE} from much`, rowMode: 'array' });
  let next = fetch();
  for (;;) {
    const { rows } = await next;
    const more = rows.length === SLICE;
    if (more) {
      next = fetch();
      // Whoever stops reading leaves it alone.
      next.catch(() => undefined);
    }
    if (rows.length > 0) yield rows;
    if (!more) break;
  }
  await client.query('close much');
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
