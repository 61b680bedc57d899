import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CorrectionFact, corrected, inForce, unlimited } from '#server/attendance/corrections.ts';
import { lengthOf, unite } from '#server/attendance/credit.ts';

const LENGTH = 3_600_000;
const span = fc
  .tuple(fc.integer({ min: 0, max: LENGTH }), fc.integer({ min: 0, max: LENGTH }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const coverage = fc.array(span, { maxLength: 6 }).map((spans) => unite([], spans));
const change = fc.oneof(
  fc
    .integer({ min: -LENGTH, max: LENGTH })
    .map((deltaMs) => ({ effect: 'difference' as const, deltaMs, from: 0, to: 0 })),
  fc
    .tuple(fc.constantFrom('present' as const, 'absent' as const), span)
    .map(([effect, at]) => ({ effect, deltaMs: null, ...at })),
);
const corrections = fc
  .array(change, { maxLength: 6 })
  .map((changes) => changes.map((each, n): CorrectionFact => ({ ...each, id: `c${n}`, withdraws: null })));

function difference(deltaMs: number): CorrectionFact {
  return { id: 'new', effect: 'difference', deltaMs, from: 0, to: 0, withdraws: null };
}
function withdrawal(of: string): CorrectionFact {
  return { id: `w-${of}`, effect: 'withdrawal', deltaMs: null, from: 0, to: 0, withdraws: of };
}

describe('the rule of corrections', () => {
  it('never credits less than nothing, nor more than the class', () => {
    fc.assert(
      fc.property(coverage, corrections, (attended, made) => {
        const credited = corrected(attended, made, LENGTH);
        expect(credited).toBeGreaterThanOrEqual(0);
        expect(credited).toBeLessThanOrEqual(LENGTH);
      }),
    );
  });

  it('makes a difference exactly that difference, wherever the limits leave room for it', () => {
    fc.assert(
      fc.property(coverage, corrections, fc.integer({ min: -LENGTH, max: LENGTH }), (attended, made, delta) => {
        const before = unlimited(attended, made);
        fc.pre(before >= 0 && before <= LENGTH && before + delta >= 0 && before + delta <= LENGTH);
        expect(corrected(attended, [...made, difference(delta)], LENGTH) - corrected(attended, made, LENGTH)).toBe(
          delta,
        );
      }),
    );
  });

  it('makes a stated presence exactly what it adds to the union, and twice is once', () => {
    fc.assert(
      fc.property(coverage, span, (attended, at) => {
        const once: CorrectionFact = { id: 'a', effect: 'present', deltaMs: null, ...at, withdraws: null };
        expect(corrected(attended, [once], LENGTH)).toBe(lengthOf(unite(attended, [at])));
        expect(corrected(attended, [once, { ...once, id: 'b' }], LENGTH)).toBe(corrected(attended, [once], LENGTH));
      }),
    );
  });

  it('takes back exactly what was made: a correction that was withdrawn was never there', () => {
    fc.assert(
      fc.property(coverage, corrections, fc.nat(), (attended, made, at) => {
        fc.pre(made.length > 0);
        const { id } = made[at % made.length] as CorrectionFact;
        const rest = made.filter((each) => each.id !== id);
        const withdrawn = [...made, withdrawal(id)];
        expect(corrected(attended, withdrawn, LENGTH)).toBe(corrected(attended, rest, LENGTH));
        expect(inForce(withdrawn)).toEqual(rest);
      }),
    );
  });

  it('does not care in which order differences came', () => {
    fc.assert(
      fc.property(
        coverage,
        fc.array(fc.integer({ min: -LENGTH, max: LENGTH }), { maxLength: 6 }),
        (attended, deltas) => {
          const facts = deltas.map((delta, n) => ({ ...difference(delta), id: `c${n}` }));
          expect(corrected(attended, [...facts].reverse(), LENGTH)).toBe(corrected(attended, facts, LENGTH));
        },
      ),
    );
  });
});
