import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SessionState } from '#contract/courses.ts';
import { hasStarted, isOver, mayBecome, startProblem } from '#server/courses/states.ts';

const STATES = SessionState.options;
const state = fc.constantFrom(...STATES);

describe('session states', () => {
  test('every step there is', () => {
    const steps = STATES.flatMap((from) => STATES.filter((to) => mayBecome(from, to)).map((to) => `${from}→${to}`));
    expect(steps).toEqual(['draft→scheduled', 'scheduled→draft', 'scheduled→live', 'live→ended', 'ended→archived']);
  });

  test('whatever is tried, a class that has begun never unbegins and an archived one stays', () => {
    fc.assert(
      fc.property(fc.array(state, { maxLength: 40 }), (attempts) => {
        let current: SessionState = 'draft';
        for (const to of attempts) {
          if (!mayBecome(current, to)) continue;
          if (hasStarted(current) && !hasStarted(to)) return false;
          if (isOver(current) && !isOver(to)) return false;
          if (current === 'archived') return false;
          current = to;
        }
        return true;
      }),
    );
  });

  test('nothing becomes what it is', () => {
    fc.assert(fc.property(state, (same) => !mayBecome(same, same)));
  });
});

describe('the time of a session', () => {
  const now = Date.parse('2027-02-01T01:00:00Z');
  const day = 86_400_000;

  test.each([
    [-day, null],
    [-day - 1, 'start-in-the-past'],
    [366 * day, null],
    [366 * day + 1, 'start-too-far-ahead'],
  ])('%i ms from now: %s', (offset, problem) => {
    expect(startProblem(now + offset, now)).toBe(problem);
  });
});
