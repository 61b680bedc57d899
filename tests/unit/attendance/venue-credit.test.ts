import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, pairs, unite } from '#server/attendance/credit.ts';
import { creditOf } from '#server/attendance/presence.ts';
import { attendedBetween, venueCoverage } from '#server/attendance/venue-credit.ts';

const START = 1_000_000;
const END = START + 3_600_000;
const WINDOW = { startedAt: START, endedAt: END };
const moment = fc.integer({ min: START - 7_200_000, max: END + 1_800_000 });
/** The signs of one visit at the door, ascending. */
const signs = fc.array(moment, { minLength: 1, maxLength: 6 }).map((all) => all.sort((a, b) => a - b));
const span = fc.tuple(moment, moment).map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));

/** As the record is written: a stretch at each sign after the first, by what was known of the class then. */
function asRecorded(visits: number[][]): number[] {
  return visits.reduce<number[]>(
    (coverage, visit) =>
      visit.slice(1).reduce((known, at, n) => {
        const window = { startedAt: at < START ? null : START, endedAt: at < END ? null : END };
        return unite(known, [attendedBetween({ from: visit[n] as number, to: at }, window)]);
      }, coverage),
    [],
  );
}

describe('what a venue credits', () => {
  it('is from the sign-in to the last sign, within the class, in however many signs it was recorded', () => {
    fc.assert(
      fc.property(fc.array(signs, { maxLength: 4 }), (visits) => {
        const coverage = venueCoverage(visits, WINDOW);
        expect(asRecorded(visits)).toEqual(coverage);
        for (const { from, to } of pairs(coverage)) {
          expect(from).toBeGreaterThanOrEqual(START);
          expect(to).toBeLessThanOrEqual(END);
        }
      }),
    );
  });

  it('is nothing for who signs in and never again, and until the last sign for who does not sign out', () => {
    expect(venueCoverage([[START + 1]], WINDOW)).toEqual([]);
    expect(venueCoverage([[START - 60_000, START + 600_000]], WINDOW)).toEqual([START, START + 600_000]);
    expect(venueCoverage([[START, END + 60_000]], WINDOW)).toEqual([START, END]);
    expect(venueCoverage([[START, END]], { startedAt: null, endedAt: null })).toEqual([]);
  });

  it('counts once beside a phone in the same class, and no presence check takes anything of it', () => {
    fc.assert(
      fc.property(fc.array(span, { maxLength: 4 }), fc.array(signs, { maxLength: 3 }), span, (live, visits, gap) => {
        const coverage = unite([], live);
        const venue = venueCoverage(visits, WINDOW);
        const both = creditOf({ coverage, gaps: [], replayed: [], venue });
        expect(both.creditedMs).toBe(lengthOf(unite(coverage, pairs(venue))));
        expect(both.liveMs + both.venueMs).toBe(both.creditedMs);
        const gaps = unite([], [gap]);
        expect(creditOf({ coverage, gaps, replayed: [], venue }).creditedMs).toBeGreaterThanOrEqual(lengthOf(venue));
      }),
    );
  });

  it('adds up with the class and the replay, each stretch once', () => {
    fc.assert(
      fc.property(
        fc.array(span, { maxLength: 4 }),
        fc.array(span, { maxLength: 4 }),
        fc.array(signs),
        (live, replay, visits) => {
          const venue = venueCoverage(visits, WINDOW);
          const row = { coverage: unite([], live), gaps: [], replayed: unite([], replay), venue };
          const { creditedMs, liveMs, replayMs, venueMs } = creditOf(row);
          expect(creditedMs).toBe(lengthOf(unite([], [...live, ...replay, ...pairs(venue)])));
          expect(liveMs + replayMs + venueMs).toBe(creditedMs);
          expect(Math.min(liveMs, replayMs, venueMs)).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
