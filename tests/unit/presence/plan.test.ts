import fc from 'fast-check';
import { expect, it } from 'vitest';
import { planMoments } from '#server/presence/plan.ts';

const START = Date.parse('2026-02-08T01:00:00Z');
const MINUTE = 60_000;

it('asks once in every stretch of a class, also of one that runs over', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 5, max: 180 }),
      fc.integer({ min: 5, max: 480 }),
      fc.infiniteStream(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      (everyMinutes, plannedMinutes, random) => {
        const session = { startedAt: START, plannedMinutes, everyMinutes };
        const moments = planMoments(session, () => random.next().value as number);
        expect(START + (plannedMinutes + 240) * MINUTE).toBeLessThanOrEqual(
          START + moments.length * everyMinutes * MINUTE,
        );
        moments.forEach((at, n) => {
          const into = at - START - n * everyMinutes * MINUTE;
          expect(into).toBeGreaterThanOrEqual(everyMinutes * MINUTE * 0.25 - 1);
          expect(into).toBeLessThanOrEqual(everyMinutes * MINUTE * 0.95 + 1);
        });
      },
    ),
  );
});

it('asks nothing where the course says so', () => {
  expect(planMoments({ startedAt: START, plannedMinutes: 60, everyMinutes: 0 })).toEqual([]);
});
