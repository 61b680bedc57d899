import { expect, test } from 'vitest';
import { createSeldom } from '#server/seldom.ts';

test('each kind is logged once a second, and the next line says how many were left out', () => {
  let now = 0;
  const seldom = createSeldom(() => now);
  expect(seldom('beat:send')).toBe(0);
  for (let n = 0; n < 40_000; n += 1) expect(seldom('beat:send')).toBeNull();
  expect(seldom('room:join')).toBe(0);
  now = 1_000;
  expect(seldom('beat:send')).toBe(40_000);
  now = 2_000;
  expect(seldom('beat:send')).toBe(0);
});
