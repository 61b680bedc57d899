import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';
import type { GatherMetrics } from './metrics/metrics.ts';

export interface GatherOptions<T, R> {
  /** From the begin of one batch to that of the next of its key, ms; so long the first item of all waits for company. */
  intervalMs: number;
  /**
   * Who comes first does not wait, so that nobody waits for a crowd that is not there. The interval is that between batches of all keys, and grows
   * with what writing takes: the longer it takes, the more it is worth to do it for several people at once.
   */
  eager?: boolean;
  /** Items waiting or being written, over all keys; above it `add` answers `busy`, so that a slow database is felt early. */
  maxQueue: number;
  /** Items of one write. */
  maxBatch: number;
  logger: Logger;
  metrics: GatherMetrics;
  /** Items of different keys are written apart (and at the same time). */
  key(item: T): string;
  /** Stores a batch whole or not at all; one result an item. */
  write(key: string, items: T[]): Promise<R[]>;
}

/** Collects single writes into batches. `add` resolves when the item is stored for good. */
export interface Gather<T, R> {
  add(item: T): Promise<R>;
  /** Stores what is waiting. After it `add` answers `busy`. */
  close(): Promise<void>;
}

/** Of an eager gather: as much of its time is spent with writing at most. */
const WRITING_SHARE = 1 / 3;
/** So long writing makes people wait for each other, ms. */
const LONGEST_PAUSE_MS = 250;

interface Waiting<T, R> {
  item: T;
  resolve(result: R): void;
  reject(error: unknown): void;
}

/**
 * A batch that fails because of what is in it is halved until only the bad item gets the error. When the database itself
 * fails, everybody gets `busy` and sends again.
 */
export function createGather<T, R>(options: GatherOptions<T, R>): Gather<T, R> {
  const queues = new Map<string, Waiting<T, R>[]>();
  const writing = new Map<string, Promise<void>>();
  /** When the last batch was begun, over all keys. */
  let begunAt = Number.NEGATIVE_INFINITY;
  /** How long it took, ms. */
  let tookMs = 0;
  let size = 0;
  let closed = false;
  options.metrics.waiting(() => size);

  async function drain(key: string): Promise<void> {
    let since = performance.now();
    for (let queue = queues.get(key); queue && queue.length > 0; queue = queues.get(key)) {
      const next = options.eager ? begunAt + pause() : since + options.intervalMs;
      if (queue.length < options.maxBatch) await company(next - performance.now());
      const batch = queue.splice(0, options.maxBatch);
      since = performance.now();
      begunAt = since;
      await store(key, batch);
      tookMs = performance.now() - since;
      size -= batch.length;
    }
    queues.delete(key);
    writing.delete(key);
  }

  function pause(): number {
    return Math.max(options.intervalMs, Math.min(LONGEST_PAUSE_MS, tookMs / WRITING_SHARE));
  }

  /** Waits for so many ms, if there is time for it. */
  async function company(ms: number): Promise<void> {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, closed ? 0 : ms));
  }

  async function store(key: string, batch: Waiting<T, R>[]): Promise<void> {
    try {
      const items = batch.map((waiting) => waiting.item);
      const begun = performance.now();
      const results = await options.write(key, items);
      options.metrics.written(items.length, (performance.now() - begun) / 1_000);
      batch.forEach((waiting, i) => {
        waiting.resolve(results[i] as R);
      });
    } catch (error) {
      if (batch.length === 1 || !isAboutContent(error)) {
        const reason = error instanceof AppError ? error : new AppError(isAboutContent(error) ? 'internal' : 'busy');
        if (reason !== error) options.logger.error({ err: error, key, items: batch.length }, 'a batch was not stored');
        for (const waiting of batch) waiting.reject(reason);
        return;
      }
      const middle = batch.length >> 1;
      await store(key, batch.slice(0, middle));
      await store(key, batch.slice(middle));
    }
  }

  return {
    add(item) {
      if (closed || size >= options.maxQueue) return Promise.reject(new AppError('busy'));
      const key = options.key(item);
      size += 1;
      return new Promise((resolve, reject) => {
        const queue = queues.get(key) ?? [];
        queue.push({ item, resolve, reject });
        queues.set(key, queue);
        if (!writing.has(key)) writing.set(key, drain(key));
      });
    },
    async close() {
      closed = true;
      await Promise.all(writing.values());
    },
  };
}

/** SQLSTATE classes 22 (data exception) and 23 (constraint violation) are about a row, and so is an error of our own. */
function isAboutContent(error: unknown): boolean {
  if (error instanceof AppError) return true;
  return /^2[23]/.test(String((error as { code?: unknown } | null)?.code ?? ''));
}
