import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, unite } from '#server/attendance/credit.ts';
import {
  type Attended,
  gapsOf,
  lostTo,
  type Miss,
  missedFrom,
  OPEN_END,
  type Sign,
} from '#server/attendance/presence.ts';
import { recomputed } from '#tests/support/recomputed.ts';

const creditFrom = (all: readonly Attended[], missed: readonly Miss[], given: readonly Sign[]) =>
  recomputed({ spans: all, misses: missed, signs: given });

const CHECKS = ['a', 'b', 'c', 'd'];
/** A class of an hour, in seconds, so that everything meets often. */
const END = 3_600_000;
const moment = fc.integer({ min: 0, max: 3_600 }).map((seconds) => seconds * 1_000);
const length = fc.integer({ min: 0, max: 600 }).map((seconds) => seconds * 1_000);

/** As it ran, or as somebody saw it who had gone back. */
const span = fc
  .record({ from: moment, length, late: fc.constantFrom(0, 5_000, 16_000, 400_000, 1_500_000) })
  .map(({ from, length, late }): Attended => {
    const to = Math.min(from + length, END);
    return { from, to, receivedAt: to + late };
  });
const spans = fc.array(span, { maxLength: 20 });
/** Nobody misses a check twice. */
const misses = fc
  .uniqueArray(fc.record({ checkId: fc.constantFrom(...CHECKS), at: moment, before: length }), {
    selector: ({ checkId }) => checkId,
  })
  .map((all) => all.map(({ checkId, at, before }): Miss => ({ checkId, at, since: Math.max(0, at - before) })));
const signs = fc.array(
  fc.record<Sign>({ at: moment, checkId: fc.constantFrom(null, 'confirmed elsewhere', ...CHECKS) }),
  { maxLength: 8 },
);
const byHand = signs.map((all) => all.map(({ at }): Sign => ({ at, checkId: null })));

describe('credited time with presence checks', () => {
  it('without a missed check is the union of what was attended', () => {
    fc.assert(
      fc.property(spans, signs, (attended, given) => {
        expect(creditFrom(attended, [], given)).toBe(lengthOf(unite([], attended)));
      }),
    );
  });

  it('is never more with a check missed than without it, and never more than the session', () => {
    fc.assert(
      fc.property(spans, misses, signs, (attended, missed, given) => {
        const credit = creditFrom(attended, missed, given);
        expect(credit).toBeGreaterThanOrEqual(0);
        expect(credit).toBeLessThanOrEqual(creditFrom(attended, missed.slice(1), given));
        expect(credit).toBeLessThanOrEqual(lengthOf(unite([], attended)));
        expect(credit).toBeLessThanOrEqual(END);
      }),
    );
  });

  it('does not depend on the order in which anything came, nor on how often', () => {
    fc.assert(
      fc.property(spans, misses, signs, (attended, missed, given) => {
        const again = creditFrom(
          [...attended].reverse().concat(attended),
          [...missed].reverse().concat(missed),
          [...given].reverse().concat(given),
        );
        expect(again).toBe(creditFrom(attended, missed, given));
      }),
    );
  });

  it('gets back by a confirmation exactly what the check had taken', () => {
    fc.assert(
      fc.property(spans, misses, byHand, (attended, missed, given) => {
        const [first, ...others] = missed;
        if (!first) return;
        const confirmed = [...given, { at: first.at, checkId: first.checkId }];
        expect(creditFrom(attended, missed, confirmed)).toBe(creditFrom(attended, others, confirmed));
      }),
    );
  });

  it('only grows with a sign of life', () => {
    fc.assert(
      fc.property(spans, misses, signs, moment, (attended, missed, given, at) => {
        const more = creditFrom(attended, missed, [...given, { at, checkId: null }]);
        expect(more).toBeGreaterThanOrEqual(creditFrom(attended, missed, given));
      }),
    );
  });

  it('counts, of a class seen as it ran, the milliseconds outside the gaps', () => {
    const asItRan = spans.map((all) => all.map((each) => ({ ...each, receivedAt: each.to + 2_000 })));
    fc.assert(
      fc.property(asItRan, misses, signs, (attended, missed, given) => {
        const gaps = gapsOf(missed, given);
        let seconds = 0;
        for (let at = 0; at < END; at += 1_000) {
          const inside = attended.some(({ from, to }) => from <= at && at < to);
          const isGap = gaps.some((edge, i) => i % 2 === 0 && edge <= at && at < (gaps[i + 1] ?? 0));
          if (inside && !isGap) seconds += 1;
        }
        expect(creditFrom(attended, missed, given)).toBe(seconds * 1_000);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a gap', () => {
  const miss = { checkId: 'a', since: 600_000, at: 1_800_000 };

  it('reaches from the last sure moment to the next sign of life', () => {
    expect(gapsOf([miss], [{ at: 2_400_000, checkId: null }])).toEqual([600_000, 2_400_000]);
  });

  it('begins later where an earlier sign becomes known later', () => {
    const late = { at: 900_000, checkId: 'earlier' };
    expect(gapsOf([miss], [late])).toEqual([900_000, OPEN_END]);
    expect(missedFrom(gapsOf([miss], [late]))).toBe(900_000);
  });

  it('is open until there is a sign', () => {
    expect(missedFrom(gapsOf([miss], []))).toBe(600_000);
    expect(missedFrom(gapsOf([miss], [{ at: 1_900_000, checkId: null }]))).toBeNull();
  });

  it('takes away what is watched meanwhile further back in the class, too', () => {
    const first = { from: 900_000, to: 1_800_000, receivedAt: 1_802_000 };
    const back = { from: 0, to: 600_000, receivedAt: 2_400_000 };
    expect(creditFrom([first, back], [miss], [])).toBe(0);
    expect(creditFrom([first, back], [miss], [{ at: 1_810_000, checkId: null }])).toBe(600_000);
    expect(creditFrom([first, back], [], [])).toBe(1_500_000);
  });

  it('is shown with what it costs', () => {
    const gaps = gapsOf([miss], [{ at: 2_400_000, checkId: null }]);
    expect(lostTo([0, 1_200_000, 2_000_000, 3_000_000], gaps)).toEqual([
      { from: 600_000, to: 2_400_000, lostMs: 1_000_000 },
    ]);
    expect(lostTo([0, 1_200_000], gapsOf([miss], []))).toEqual([{ from: 600_000, to: null, lostMs: 600_000 }]);
  });
});
