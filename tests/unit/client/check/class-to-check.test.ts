import { expect, it } from 'vitest';
import { chosenOf } from '#client/check/class-to-check.ts';
import type { MySession } from '#contract/courses.ts';

const mine = (id: string, state: string, day: number) =>
  ({ session: { id, state, startsAt: `2027-02-0${day}T01:00:00.000Z` } }) as MySession;

it('checks with the class that is live, else the next, else the last', () => {
  const [old, last, next, later, live] = [
    mine('old', 'ended', 1),
    mine('last', 'ended', 2),
    mine('next', 'scheduled', 4),
    mine('later', 'scheduled', 5),
    mine('live', 'live', 3),
  ];
  expect(chosenOf([later, old, live, next, last])).toBe('live');
  expect(chosenOf([later, old, next, last])).toBe('next');
  expect(chosenOf([old, last])).toBe('last');
  expect(chosenOf([])).toBeNull();
});
