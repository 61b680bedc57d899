import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AppError } from '#server/errors.ts';
import { createGather } from '#server/gather.ts';
import { createLogger } from '#server/logger.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** An eager gather that notes its batches; writing takes no time. */
function eager(write = async (_: string, items: number[]) => items.map((item) => item * 10)) {
  const batches: number[][] = [];
  const gather = createGather<number, number>({
    intervalMs: 20,
    eager: true,
    maxQueue: 6,
    maxBatch: 4,
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
