import type { Clock } from './clock.ts';
import type { Config, Secrets } from './config.ts';
import type { Db } from './db.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics/metrics.ts';
import type { Sealing } from './sealing.ts';
import type { Signals } from './signals.ts';

/** What every feature is made from. */
export interface Services {
  db: Db;
  clock: Clock;
  logger: Logger;
  config: Config;
  secrets: Secrets;
  sealing: Sealing;
  signals: Signals;
  metrics: Metrics;
}
