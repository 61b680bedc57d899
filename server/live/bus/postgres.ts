import pg from 'pg';
import type { Dial } from './line.ts';

const CHANNEL = 'anke_bus';
const PATIENCE_MS = 5_000;

/**
 * NOTIFY over one connection that also listens: what a worker sends comes back to it on the same way as what others send.
 * Two parts of a message never overtake each other, since a connection's notifications are in the order of their commits.
 */
export function postgresDial(url: string): Dial {
  return async ({ heard, broken }) => {
    const client = new pg.Client({
      connectionString: url,
      application_name: 'anke bus',
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
      keepAlive: true,
    });
    client.on('error', broken);
    client.on('end', () => broken(new Error('the connection ended')));
    client.on('notification', ({ payload }) => heard(payload ?? ''));
    const close = () => void client.end().catch(() => undefined);
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch (error) {
      close();
      throw error;
    }
    return {
      send: async (text) => void (await client.query('select pg_notify($1, $2)', [CHANNEL, text])),
      close,
    };
  };
}
