import { expect, it } from 'vitest';
import { inMinutes, roughly } from '#client/line/words.ts';

it('says of a line what can be known of it', () => {
  expect([0, 7, 19, 20, 84, 99, 123, 995, 12_345].map(roughly)).toEqual([0, 7, 19, 20, 84, 99, 120, 1_000, 12_000]);
  expect([0, 1, 60, 61, 600].map(inMinutes)).toEqual([1, 1, 1, 2, 10]);
});
