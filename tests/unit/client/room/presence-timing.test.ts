import { expect, it } from 'vitest';
import { presencePhaseOf } from '#client/room/presence-timing.ts';

const T0 = Date.parse('2026-02-08T01:00:00Z');
const CHECK = { id: '0198c5a0-0000-7000-8000-000000000000', openedPdt: T0, windowMs: 60_000, spreadMs: 20_000 };
/** In the middle of those who are asked. */
const PERSON = '0198c5a0-0000-7000-8000-000080000000';

function at(ms: number) {
  return presencePhaseOf(CHECK, PERSON, T0 + ms);
}

it('asks from a person’s own moment on, for a minute', () => {
  expect(at(9_999).phase).toBe('ahead');
  expect(at(10_000)).toEqual({ phase: 'asking', remainingMs: 60_000 });
  expect(at(69_999)).toEqual({ phase: 'asking', remainingMs: 1 });
  expect(at(70_000).phase).toBe('over');
  expect(at(114_999).phase).toBe('over');
  expect(at(115_000).phase).toBe('past');
});
