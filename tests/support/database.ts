import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { CLUSTER_URL, TEMPLATE } from './cluster.ts';

export interface TestDatabase {
  /** Address for `openDb` and `DATABASE_URL`. */
  url: string;
  /** Close your pools first: connections that are still open are cut. */
  drop(): Promise<void>;
}

/** A migrated, empty database of one's own on the run's cluster. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const cluster = process.env[CLUSTER_URL];
  if (!cluster) throw new Error(`${CLUSTER_URL} is not set: run this through vitest's project "integration"`);
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await administer(cluster, `CREATE DATABASE ${name} TEMPLATE ${TEMPLATE}`);
  const url = new URL(cluster);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => administer(cluster, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function administer(cluster: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: cluster });
  await client.connect();
  try {
    // One after the other: a template that is being copied counts as in use.
    await client.query('SELECT pg_advisory_lock(1)');
    await client.query(statement);
  } finally {
    await client.end();
  }
}
