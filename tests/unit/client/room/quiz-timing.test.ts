import { expect, it } from 'vitest';
import { axisNow, phaseOf, stillAsked } from '#client/room/quiz-timing.ts';

const question = { openedPdt: 100_000, durationMs: 60_000, closed: false };

it('a question shows when the picture reaches it, and runs from there', () => {
  expect(phaseOf(question, 99_999).phase).toBe('ahead');
  expect(phaseOf(question, 100_000)).toEqual({ phase: 'open', remainingMs: 60_000 });
  expect(phaseOf(question, 159_000)).toEqual({ phase: 'open', remainingMs: 1_000 });
  expect(phaseOf(question, 160_000).phase).toBe('over');
  expect(phaseOf({ ...question, closed: true }, 99_999).phase).toBe('closed');
});

it('a stuck picture does not keep a question back for ever', () => {
  expect(axisNow(99_000, 101_000)).toBe(99_000);
  expect(axisNow(99_000, 140_000)).toBe(128_000);
  expect(axisNow(null, 140_000)).toBe(128_000);
});

it('nobody is called back to answer what can be answered no more', () => {
  expect(stillAsked(question, 159_999)).toBe(true);
  expect(stillAsked(question, 160_000)).toBe(false);
  expect(stillAsked({ ...question, closed: true }, 120_000)).toBe(false);
});
