import { io } from 'socket.io-client';
import { expect, test } from 'vitest';
import { expectDevices, reconnection, spreadReconnects } from '#client/socket.ts';

/** What a page waits before each of its attempts, ms, when none succeeds. */
function waits(attempts: number, devices = 0): number[] {
  const socket = io('http://127.0.0.1', { autoConnect: false, forceNew: true, ...reconnection });
  spreadReconnects(socket);
  expectDevices(socket, devices);
  // Private, but it is what decides.
  const { backoff } = socket.io as unknown as { backoff: { duration(): number } };
  return Array.from({ length: attempts }, () => {
    const wait = backoff.duration();
    socket.listeners('connect_error').forEach((hear) => {
      hear(new Error('refused'));
    });
    return wait;
  });
}

test('a crowd comes back spread over a range that grows, and in step after no number of attempts', () => {
  const crowd = Array.from({ length: 500 }, () => waits(10));
  const ranges = crowd[0]?.map((_, attempt) => crowd.map((page) => page[attempt] as number)) ?? [];
  expect(Math.max(...(ranges[0] ?? []))).toBeLessThanOrEqual(4_000);
  expect(Math.max(...ranges.flat())).toBeLessThanOrEqual(15_000);
  for (const range of ranges) {
    expect(Math.max(...range)).toBeGreaterThan(3_000);
    expect(Math.min(...range)).toBeLessThan(1_000);
    const slices = new Map<number, number>();
    for (const wait of range) slices.set(Math.floor(wait / 500), (slices.get(Math.floor(wait / 500)) ?? 0) + 1);
    // An even spread of the first range has an eighth of them in each half second.
    expect(Math.max(...slices.values())).toBeLessThan(500 / 4);
  }
});

test('a large room comes back over a longer range, and a very large one over no more than ten seconds', () => {
  const longest = (devices: number) => Math.max(...Array.from({ length: 500 }, () => waits(1, devices)[0] as number));
  expect(longest(30_000)).toBeGreaterThan(6_000);
  expect(longest(30_000)).toBeLessThanOrEqual(7_500);
  expect(longest(1_000_000)).toBeGreaterThan(8_000);
  expect(longest(1_000_000)).toBeLessThanOrEqual(10_000);
});
