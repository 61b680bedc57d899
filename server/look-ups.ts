import { createGather } from './gather.ts';
import type { Gathered } from './metrics/metrics.ts';
import type { Services } from './services.ts';

const TOGETHER_MS = 50;
const MAX_QUEUE = 20_000;
const MAX_BATCH = 1_000;

/**
 * Looks up for many people with one query: what is asked for within 50 ms goes together, and alone it goes at once.
 * @param read one result for each key, in their order
 * @returns a look-up; it throws AppError `busy` while the database does not answer
 */
export function createLookUps<K, R>(
  { logger, metrics }: Pick<Services, 'logger' | 'metrics'>,
  what: Gathered,
  read: (keys: K[]) => Promise<R[]>,
): (key: K) => Promise<R> {
  return createGather<K, R>({
    intervalMs: TOGETHER_MS,
    eager: true,
    maxQueue: MAX_QUEUE,
    maxBatch: MAX_BATCH,
    logger,
    metrics: metrics.gather(what),
    key: () => what,
    write: (_, keys) => read(keys),
  }).add;
}
