import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, pairs, type Span, unite } from '#server/attendance/credit.ts';
import { attendedOf, type Stay, screenCoverage } from '#server/attendance/screen-credit.ts';

const END = 200;
const span = fc.tuple(fc.nat(END), fc.nat(END)).map(([a, b]): Span => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const spans = fc.array(span, { maxLength: 8 });
const stay = fc
  .tuple(fc.nat(END), fc.option(fc.nat(END), { nil: null }))
  .map(([at, length]): Stay => ({ signedInAt: at, signedOutAt: length === null ? null : at + length }));
const stays = fc.array(stay, { maxLength: 3 });

const creditedMs = (all: Span[]) => lengthOf(unite([], all));

/** The rule, millisecond by millisecond. */
function counted(played: Span[], sat: Stay[], phone: Span[]): number {
  let sum = 0;
  for (let t = 0; t < END; t += 1) {
    const plays = played.some(({ from, to }) => from <= t && t < to);
    const sits = sat.some(({ signedInAt, signedOutAt }) => signedInAt <= t && t < (signedOutAt ?? END));
    if ((plays && sits) || phone.some(({ from, to }) => from <= t && t < to)) sum += 1;
  }
  return sum;
}

describe('time before a shared screen', () => {
  it('is what the screen played from sign-in to sign-out', () => {
    const played = [0, 60, 90, 200];
    expect(screenCoverage(played, [{ signedInAt: 30, signedOutAt: 100 }])).toEqual([30, 60, 90, 100]);
    expect(screenCoverage(played, [{ signedInAt: 70, signedOutAt: null }])).toEqual([90, 200]);
    expect(screenCoverage(played, [{ signedInAt: 65, signedOutAt: 85 }])).toEqual([]);
    expect(screenCoverage(played, [])).toEqual([]);
  });

  it('is united with what their own phone reported, and counts once', () => {
    fc.assert(
      fc.property(spans, stays, spans, (played, sat, phone) => {
        const onScreen = pairs(screenCoverage(unite([], played), sat));
        expect(creditedMs([...phone, ...onScreen])).toBe(counted(played, sat, phone));
      }),
    );
  });

  it('counts once on two screens at once, and never more than the class has', () => {
    fc.assert(
      fc.property(spans, stays, spans, stays, (one, there, other, here) => {
        const first = screenCoverage(unite([], one), there);
        const second = screenCoverage(unite([], other), here);
        const both = creditedMs([...pairs(first), ...pairs(second)]);
        expect(both).toBeLessThanOrEqual(END);
        expect(both).toBeGreaterThanOrEqual(Math.max(lengthOf(first), lengthOf(second)));
        expect(both).toBeLessThanOrEqual(lengthOf(first) + lengthOf(second));
      }),
    );
  });

  it('does not depend on the pieces in which the screen reports, nor on their order, nor on hearing one twice', () => {
    const reports = spans.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
    );
    fc.assert(
      fc.property(reports, fc.nat(END), stays, ([played, reported], cut, sat) => {
        const pieces = reported.flatMap(({ from, to }) =>
          from < cut && cut < to
            ? [
                { from, to: cut },
                { from: cut, to },
              ]
            : [{ from, to }],
        );
        const attended = sat.flatMap((each) => pieces.map((piece) => attendedOf(piece, each)));
        expect(unite([], attended)).toEqual(screenCoverage(unite([], played), sat));
      }),
    );
  });
});
