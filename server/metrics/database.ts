import type { Db } from '../db.ts';
import type { Readiness } from '../readiness.ts';
import type { Metrics } from './metrics.ts';

/** Connections of the worker's pool, and what it is ready for. */
export function tellOfDatabase(metrics: Metrics, { pool }: Db, readiness: Readiness): void {
  const help = 'Database connections of this worker: used, idle, and requests that wait for one';
  metrics.gauge('anke_db_connections', help, ['state'], () => [
    [{ state: 'used' }, pool.totalCount - pool.idleCount],
    [{ state: 'idle' }, pool.idleCount],
    [{ state: 'waiting' }, pool.waitingCount],
  ]);
  metrics.gauge('anke_db_connections_max', 'Connections that the pool may open', [], () => [[{}, pool.options.max]]);
  metrics.gauge('anke_ready', '1 where /health/ready finds a part in order, 0 where not', ['part'], async () =>
    Object.entries((await readiness.report()).parts).map(([part, state]) => [{ part }, state === 'ok' ? 1 : 0]),
  );
}
