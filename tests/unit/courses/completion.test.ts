import { expect, test } from 'vitest';
import { requiredMs } from '#server/courses/completion.ts';

test('80 percent of 45 minutes is 36 minutes', () => {
  expect(requiredMs({ plannedMinutes: 45, completePercent: 80 })).toBe(36 * 60_000);
});

test('is a whole number of milliseconds for any length and share', () => {
  expect(requiredMs({ plannedMinutes: 7, completePercent: 33 })).toBe(138_600);
});
