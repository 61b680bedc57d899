import { expect, test } from 'vitest';
import { Backoff, startingBackoff } from '#server/supervisor/backoff.ts';

const options = { firstMs: 100, maxMs: 1_000, wellAfterMs: 60_000, attempts: 6 };

test('the wait doubles up to its limit, and after the last attempt it is given up', () => {
  const backoff = new Backoff(options);
  const waits = Array.from({ length: 7 }, () => backoff.next(0));
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000, undefined]);
});

test('a process that was well for a while begins again with the first wait', () => {
  const backoff = new Backoff(options);
  for (let death = 0; death < 6; death += 1) backoff.next(59_999);
  expect(backoff.next(60_000)).toBe(100);
  expect(backoff.next(59_999)).toBe(200);
});

test('a patient one never gives up', () => {
  const backoff = startingBackoff(true);
  for (let death = 0; death < 1_000; death += 1) backoff.next(0);
  expect(backoff.next(0)).toBe(15_000);
});
