import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '#server/errors.ts';
import { createGather, type GatherOptions } from '#server/gather.ts';
import { createLogger } from '#server/logger.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An eager gather that notes its batches; writing takes no time. */
function eager(write = async (_: string, items: number[]) => items.map((item) => item * 10)) {
  return noting({ intervalMs: 20, eager: true, maxQueue: 6, maxBatch: 4 }, write);
}

function noting(
  limits: Pick<GatherOptions<number, number>, 'intervalMs' | 'eager' | 'maxQueue' | 'maxBatch'>,
  write: (key: string, items: number[]) => Promise<number[]>,
) {
  const batches: number[][] = [];
  const gather = createGather<number, number>({
    ...limits,
    logger: createLogger('silent', 'test'),
    metrics: { waiting: () => undefined, written: () => undefined },
    key: () => 'all',
    write(key, items) {
      batches.push(items);
      return write(key, items);
    },
  });
  return { gather, batches };
}

it('writes who comes alone at once, and who comes soon after together with others', async () => {
  const { gather, batches } = eager();
  expect(await gather.add(1)).toBe(10);
  const later = [gather.add(2), gather.add(3)];
  await vi.advanceTimersByTimeAsync(19);
  expect(batches).toEqual([[1]]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await Promise.all(later)).toEqual([20, 30]);
  expect(batches).toEqual([[1], [2, 3]]);
  await vi.advanceTimersByTimeAsync(20);
  expect(await gather.add(4)).toBe(40);
});

it('takes no more than it may hold, and writes no more than it may at once', async () => {
  const { gather, batches } = eager();
  const all = Promise.allSettled([1, 2, 3, 4, 5, 6, 7].map((item) => gather.add(item)));
  await vi.advanceTimersByTimeAsync(100);
  expect((await all).map(({ status }) => status)).toEqual([...Array(6).fill('fulfilled'), 'rejected']);
  expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(4);
  expect(batches.flat()).toEqual([1, 2, 3, 4, 5, 6]);
});

it('gives an error that is about one of them to that one alone', async () => {
  const { gather } = eager(async (_, items) => {
    if (items.includes(3)) throw new AppError('not-joined');
    return items;
  });
  const all = Promise.allSettled([1, 2, 3, 4].map((item) => gather.add(item)));
  await vi.advanceTimersByTimeAsync(100);
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
});

/** Writing that takes so long, ms. */
const taking = (ms: number) => async (_: string, items: number[]) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return items;
};

/** One comes each millisecond; resolves when all are stored. */
async function come(gather: { add(item: number): Promise<number> }, forMs: number): Promise<number[]> {
  const all: Promise<number>[] = [];
  for (let at = 0; at < forMs; at += 1) {
    all.push(gather.add(at));
    await vi.advanceTimersByTimeAsync(1);
  }
  await vi.advanceTimersByTimeAsync(1_000);
  return Promise.all(all);
}

it('writes a crowd that never stops coming once an interval, not whenever a batch was written', async () => {
  const { gather, batches } = noting({ intervalMs: 100, maxQueue: 1_000, maxBatch: 1_000 }, taking(5));
  expect(await come(gather, 550)).toHaveLength(550);
  expect(batches.map((batch) => batch.length)).toEqual([100, 100, 100, 100, 100, 50]);
});

it('lets what is more than a batch wait for nobody', async () => {
  const { gather, batches } = noting({ intervalMs: 100, maxQueue: 1_000, maxBatch: 10 }, taking(1));
  const all = Promise.all(Array.from({ length: 30 }, (_, item) => gather.add(item)));
  await vi.advanceTimersByTimeAsync(100 + 3);
  expect(batches.map((batch) => batch.length)).toEqual([10, 10, 10]);
  expect(await all).toHaveLength(30);
});

it('gathers more people the longer writing takes, up to a quarter of a second', async () => {
  const intervals = async (ms: number) => {
    const { gather, batches } = noting({ intervalMs: 20, eager: true, maxQueue: 1_000, maxBatch: 1_000 }, taking(ms));
    await come(gather, 800);
    // The first went alone, and the last was what was left.
    return batches.slice(2, -1).map((batch) => batch.length);
  };
  expect(new Set(await intervals(2))).toEqual(new Set([20]));
  expect(new Set(await intervals(40))).toEqual(new Set([120]));
  expect(new Set(await intervals(150))).toEqual(new Set([250]));
});
