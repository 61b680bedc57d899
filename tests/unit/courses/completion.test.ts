import fc from 'fast-check';
import { expect, test } from 'vitest';
import { requiredMs } from '#server/courses/completion.ts';

const STARTED_AT = Date.parse('2026-02-08T01:00:00Z');
const required = (plannedMinutes: number, completePercent: number, heldMs: number | null = null, begun = true) =>
  requiredMs({
    ...{ plannedMinutes, completePercent },
    startedAt: begun ? new Date(STARTED_AT) : null,
    endedAt: heldMs === null ? null : new Date(STARTED_AT + heldMs),
  });

test('80 percent of 45 minutes is 36 minutes, before the class and while it runs', () => {
  expect(required(45, 80, null, false)).toBe(36 * 60_000);
  expect(required(45, 80)).toBe(36 * 60_000);
});

test('of a class that ended early its own length counts, of one that ran over the planned one', () => {
  expect(required(60, 80, 30 * 60_000)).toBe(24 * 60_000);
  expect(required(60, 80, 90 * 60_000)).toBe(48 * 60_000);
  expect(required(60, 80, 0)).toBe(1);
});

test('is never more than the class had, nor more than was planned, and never nothing', () => {
  const minutes = fc.integer({ min: 1, max: 600 });
  fc.assert(
    fc.property(minutes, fc.integer({ min: 1, max: 100 }), fc.nat(8 * 3_600_000), (planned, percent, held) => {
      const ms = required(planned, percent, held);
      expect(ms).toBeLessThanOrEqual(Math.max(1, held));
      expect(ms).toBeLessThanOrEqual(required(planned, percent));
      expect(ms).toBeGreaterThanOrEqual(1);
    }),
  );
});

test('is a whole number of milliseconds for any length and share', () => {
  expect(required(7, 33)).toBe(138_600);
});
