import fc from 'fast-check';
import { expect, it } from 'vitest';
import { roundTrips } from '#client/check/round-trips.ts';

it('says how long, how unsteady and how many were lost', () => {
  expect(roundTrips([10, 30, null, 20.4])).toEqual({ sent: 4, lost: 1, medianMs: 20, longestMs: 30, jitterMs: 15 });
  expect(roundTrips([10, 20])).toMatchObject({ medianMs: 15, jitterMs: 10 });
  expect(roundTrips([5])).toEqual({ sent: 1, lost: 0, medianMs: 5, longestMs: 5, jitterMs: null });
  expect(roundTrips([null, null, null])).toEqual({ sent: 3, lost: 3, medianMs: null, longestMs: null, jitterMs: null });
});

it('the median lies between the shortest and the longest', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 10 }), (times) => {
      const { medianMs, longestMs } = roundTrips(times);
      expect(medianMs).toBeGreaterThanOrEqual(Math.min(...times));
      expect(medianMs).toBeLessThanOrEqual(longestMs ?? 0);
      expect(longestMs).toBe(Math.max(...times));
    }),
  );
});
