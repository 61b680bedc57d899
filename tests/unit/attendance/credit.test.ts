import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, type Span, unite, without } from '#server/attendance/credit.ts';

const span = fc
  .tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 60 }))
  .map(([from, length]): Span => ({ from, to: from + length }));
const spans = fc.array(span, { maxLength: 30 });

const creditedMs = (all: Span[], gaps: Span[] = []) => lengthOf(without(unite([], all), gaps));

/** The definition, by brute force: how many of the milliseconds lie in some span and in no gap. */
function counted(all: Span[], gaps: Span[] = []): number {
  let sum = 0;
  for (let ms = 0; ms < 600; ms++) {
    const inside = (s: Span) => s.from <= ms && ms < s.to;
    if (all.some(inside) && !gaps.some(inside)) sum += 1;
  }
  return sum;
}

describe('credited time', () => {
  it('is the number of milliseconds in at least one span and in no gap', () => {
    fc.assert(
      fc.property(spans, spans, (all, gaps) => {
        expect(creditedMs(all, gaps)).toBe(counted(all, gaps));
      }),
    );
  });

  it('does not depend on the order, nor on how often a span is reported', () => {
    fc.assert(
      fc.property(spans, fc.infiniteStream(fc.nat()), (all, random) => {
        const shuffled = [...all, ...all].sort(() => (Number(random.next().value) % 3) - 1);
        expect(creditedMs(shuffled)).toBe(creditedMs(all));
      }),
    );
  });

  it('is the same when built up one span at a time', () => {
    fc.assert(
      fc.property(spans, (all) => {
        const coverage = all.reduce<number[]>((sofar, one) => unite(sofar, [one]), []);
        expect(coverage).toEqual(unite([], all));
        expect(lengthOf(coverage)).toBe(creditedMs(all));
      }),
    );
  });

  it('keeps coverage ascending, disjoint and not touching', () => {
    fc.assert(
      fc.property(spans, spans, (all, gaps) => {
        const coverage = without(unite([], all), gaps);
        for (let i = 1; i < coverage.length; i++) expect(coverage[i]).toBeGreaterThan(coverage[i - 1] as number);
      }),
    );
  });
});
