import pg from 'pg';
import type { Logger } from '../logger.ts';

/**
 * Connections for the socket bus, of its own: the adapter keeps one to listen on for as long as the worker lives, and does
 * not hear when it breaks. Here a broken one is only logged, and the next `connect` makes another.
 */
export function busConnections(url: string, logger: Logger): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 3, connectionTimeoutMillis: 10_000 });
  pool.on('error', (error) => logger.warn({ err: error }, 'idle bus connection lost'));
  pool.on('connect', (client) => {
    client.on('error', (error) => logger.warn({ err: error }, 'bus connection lost'));
  });
  return pool;
}
