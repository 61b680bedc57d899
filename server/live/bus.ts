import pg from 'pg';
import type { Logger } from '../logger.ts';

/** The bus's connections, and whether this worker hears anything on them. */
export interface BusConnections {
  pool: pg.Pool;
  listening(): boolean;
}

/**
 * Connections for the socket bus, of its own: the adapter keeps one to listen on for as long as the worker lives, and does
 * not hear when it breaks. Here a broken one is only logged, and the next `connect` makes another.
 */
export function busConnections(url: string, logger: Logger): BusConnections {
  const pool = new pg.Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 10_000 });
  pool.on('error', (error) => logger.warn({ err: error }, 'idle bus connection lost'));
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'bus connection lost'));
  });
  // The adapter takes one for good, to listen; for anything else a connection is taken for a moment.
  const taken = new Set<pg.PoolClient>();
  pool.on('acquire', (client) => taken.add(client));
  pool.on('release', (_error, client) => taken.delete(client));
  pool.on('connect', (client) => {
    client.on('end', () => taken.delete(client));
  });
  return { pool, listening: () => taken.size > 0 };
}
