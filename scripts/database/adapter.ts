import { randomUUID } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import {
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlMigrationAwareDriverAdapterFactory,
  type SqlQuery,
} from '@prisma/driver-adapter-utils';
import pg from 'pg';

const CHAR = pg.types.builtins.CHAR;
const TEXT = pg.types.builtins.TEXT;

/**
 * Connects the schema engine to PostgreSQL. Prisma's own adapter is made for queries, and three of its ways would
 * harm a migration: it cuts a script at every semicolon, also inside a function's body; it knows no `"char"`, which
 * the catalogs consist of; and its shadow database is the main one when that is given as a URL.
 */
export class MigrationAdapter implements SqlMigrationAwareDriverAdapterFactory {
  readonly provider = 'postgres';
  readonly adapterName = 'anke-migrations';
  #url: string;
  /** Undoes what is still open. The engine disposes of shadow databases, but not of its main connection. */
  #open = new Set<() => Promise<void>>();

  constructor(databaseUrl: string) {
    this.#url = databaseUrl;
  }

  connect(): Promise<SqlDriverAdapter> {
    return this.#connect(this.#url, async () => undefined);
  }

  async connectToShadowDb(): Promise<SqlDriverAdapter> {
    const name = `anke_shadow_${randomUUID().replaceAll('-', '')}`;
    await once(this.#url, `CREATE DATABASE ${name}`);
    const url = new URL(this.#url);
    url.pathname = `/${name}`;
    return this.#connect(url.href, () => once(this.#url, `DROP DATABASE ${name} WITH (FORCE)`));
  }

  /** Closes everything the engine has left open. */
  async close(): Promise<void> {
    for (const dispose of this.#open) await dispose();
  }

  async #connect(url: string, afterwards: () => Promise<void>): Promise<SqlDriverAdapter> {
    const pool = new pg.Pool({ connectionString: url });
    const dispose = async () => {
      if (!this.#open.delete(dispose)) return;
      await pool.end();
      await afterwards();
    };
    this.#open.add(dispose);
    return adapt(pool, dispose);
  }
}

async function adapt(pool: pg.Pool, dispose: () => Promise<void>): Promise<SqlDriverAdapter> {
  const query = pool.query.bind(pool) as (config: string | pg.QueryConfig) => Promise<pg.QueryArrayResult>;
  const charColumns = new WeakMap<object, number[]>();
  Object.assign(pool, {
    query: async (config: string | pg.QueryConfig) => {
      const result = await query(config);
      if (result.rows) charColumns.set(result.rows, hideChars(result));
      return result;
    },
  });
  const adapter: SqlDriverAdapter = await new PrismaPg(pool, { schema: 'public' }).connect();
  const queryRaw = adapter.queryRaw.bind(adapter);
  return Object.assign(adapter, {
    queryRaw: async (statement: SqlQuery) => {
      const result = await queryRaw(statement);
      for (const column of charColumns.get(result.rows) ?? []) result.columnTypes[column] = ColumnTypeEnum.Character;
      return result;
    },
    // One message of the simple protocol: a single transaction, read by PostgreSQL's own parser.
    executeScript: async (script: string) => void (await pool.query(script)),
    dispose,
  });
}

/** Declares the `"char"` columns text, which Prisma's adapter can read, and returns which they were. */
function hideChars(result: pg.QueryArrayResult): number[] {
  return result.fields.flatMap((field, column) => {
    if (field.dataTypeID !== CHAR) return [];
    field.dataTypeID = TEXT;
    return [column];
  });
}

async function once(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
