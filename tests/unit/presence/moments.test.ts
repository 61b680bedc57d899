import { expect, it } from 'vitest';
import { askedAt } from '#contract/presence-moment.ts';
import { newId } from '#server/ids.ts';
import { momentOf, spreadFor } from '#server/presence/moments.ts';

const T0 = Date.parse('2026-02-08T01:00:00Z');

it('asks everybody within the spread, evenly, and each check in another order', () => {
  const people = Array.from({ length: 4_000 }, newId);
  const [first, second] = [newId(), newId()].map((id) => ({ id, openedPdt: T0, spreadMs: 20_000 }));
  if (!first || !second) throw new Error('two checks');
  const perSecond = new Array(20).fill(0);
  for (const person of people) {
    const after = askedAt(first, person) - T0;
    expect(after).toBeGreaterThanOrEqual(0);
    expect(after).toBeLessThan(20_000);
    perSecond[Math.floor(after / 1_000)] += 1;
  }
  // 200 each are expected; 14 is the standard deviation.
  expect(Math.max(...perSecond)).toBeLessThan(290);
  const order = (check: typeof first) => [...people].sort((a, b) => askedAt(check, a) - askedAt(check, b)).slice(0, 5);
  expect(order(first)).not.toEqual(order(second));
});

it('asks a small class at once', () => {
  expect(askedAt({ id: newId(), openedPdt: T0, spreadMs: spreadFor(300) }, newId())).toBe(T0);
  expect(spreadFor(40_000)).toBe(20_000);
  expect(spreadFor(4_000_000)).toBe(60_000);
});

it('believes where a picture is said to be as far as it can be behind', () => {
  expect(momentOf(T0 - 8_000, T0)).toBe(T0 - 8_000);
  expect(momentOf(T0 - 600_000, T0)).toBe(T0 - 15_000);
  expect(momentOf(T0 + 600_000, T0)).toBe(T0);
  expect(momentOf(null, T0)).toBe(T0);
});
