import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classHours, dueHours, missingHours, timesOf } from '#contract/class-hours.ts';
import { INDUSTRIES, PERSON_CATEGORIES, UNIT_KINDS } from '#contract/plain.ts';
import { type CorrectionFact, corrected } from '#server/attendance/corrections.ts';
import { type Span, unite } from '#server/attendance/credit.ts';
import { loadConfig } from '#server/config.ts';

const { classHours: figures } = loadConfig({});
const CLASS_MS = 3_600_000;

const span: fc.Arbitrary<Span> = fc
  .tuple(fc.integer({ min: 0, max: CLASS_MS }), fc.integer({ min: 0, max: CLASS_MS }))
  .map(([a, b]) => ({ from: Math.min(a, b), to: Math.max(a, b) }));
const spans = fc.array(span, { maxLength: 5 });
const session = fc.record({ creditedMs: fc.integer({ min: 0, max: CLASS_MS }), statutory: fc.boolean() });

describe('class hours due', () => {
  it('are those of the regulation', () => {
    const due = (category: 'principal' | 'safety_manager' | 'worker', industry: 'coal' | 'food', initial: boolean) =>
      dueHours({ unitKind: 'enterprise', category, industry, initial }, figures);
    expect([due('principal', 'food', true), due('principal', 'food', false)]).toEqual([32, 12]);
    expect([due('safety_manager', 'coal', true), due('safety_manager', 'coal', false)]).toEqual([48, 16]);
    expect([due('worker', 'food', true), due('worker', 'food', false)]).toEqual([24, 0]);
    expect([due('worker', 'coal', true), due('worker', 'coal', false)]).toEqual([72, 20]);
  });

  it('are more in exactly five sectors, and none outside enterprises or of officials', () => {
    const more = INDUSTRIES.filter(
      (industry) =>
        dueHours({ unitKind: 'enterprise', category: 'principal', industry, initial: false }, figures) === 16,
    );
    expect(more).toEqual(['coal', 'non_coal_mine', 'hazardous_chemicals', 'fireworks', 'metal_smelting']);
    for (const unitKind of UNIT_KINDS) {
      for (const category of PERSON_CATEGORIES) {
        const due = dueHours({ unitKind, category, industry: 'coal', initial: true }, figures);
        const owes = unitKind === 'enterprise' && category !== 'deputy_leader' && category !== 'official';
        expect(due > 0).toBe(owes);
      }
    }
  });

  it('are what the operator says', () => {
    const { classHours: changed } = loadConfig({ CLASS_HOURS_YEARLY: '15,18,8,24', CLASS_HOUR_MINUTES: '40' });
    expect(changed.minutes).toBe(40);
    expect(dueHours({ unitKind: 'enterprise', category: 'worker', industry: null, initial: false }, changed)).toBe(8);
    expect(() => loadConfig({ CLASS_HOURS_YEARLY: '15,18' })).toThrow('CLASS_HOURS_YEARLY');
  });
});

describe('a person’s time in a year', () => {
  it('changes by exactly what a correction changes in a session, statutory or not', () => {
    fc.assert(
      fc.property(
        fc.array(session),
        spans,
        fc.boolean(),
        fc.integer({ min: -CLASS_MS, max: CLASS_MS }),
        (others, seen, statutory, deltaMs) => {
          const attended = unite([], seen);
          const before = corrected(attended, [], CLASS_MS);
          fc.pre(before + deltaMs >= 0 && before + deltaMs <= CLASS_MS);
          const fact: CorrectionFact = { id: 'c', effect: 'difference', deltaMs, from: 0, to: 0, withdraws: null };
          const after = corrected(attended, [fact], CLASS_MS);
          const was = timesOf([...others, { creditedMs: before, statutory }]);
          const is = timesOf([...others, { creditedMs: after, statutory }]);
          expect(is.attendedMs - was.attendedMs).toBe(deltaMs);
          expect(is.statutoryMs - was.statutoryMs).toBe(statutory ? deltaMs : 0);
        },
      ),
    );
  });

  it('has the same stretch once, seen live, in the replay and at the venue', () => {
    fc.assert(
      fc.property(spans, spans, spans, (live, replay, venue) => {
        const once = corrected(unite([], live), [], CLASS_MS);
        const thrice = corrected(unite(unite(unite([], live), live), live), [], CLASS_MS);
        expect(timesOf([{ creditedMs: thrice, statutory: true }])).toEqual(
          timesOf([{ creditedMs: once, statutory: true }]),
        );
        const all = corrected(unite(unite(unite([], live), replay), venue), [], CLASS_MS);
        const other = corrected(unite([], [...venue, ...replay, ...live]), [], CLASS_MS);
        expect(all).toBe(other);
        expect(all).toBeLessThanOrEqual(CLASS_MS);
      }),
    );
  });

  it('does not depend on the order of sessions, and is never more statutory than attended', () => {
    fc.assert(
      fc.property(fc.array(session), (sessions) => {
        const { attendedMs, statutoryMs } = timesOf(sessions);
        expect(timesOf([...sessions].reverse())).toEqual({ attendedMs, statutoryMs });
        expect(statutoryMs).toBeLessThanOrEqual(attendedMs);
      }),
    );
  });
});

describe('class hours', () => {
  it('are tenths of 45 minutes, rounded down', () => {
    expect(classHours(45 * 60_000, 45)).toBe(1);
    expect(classHours(45 * 60_000 - 1, 45)).toBe(0.9);
    expect(classHours(269_999, 45)).toBe(0);
    expect(classHours(270_000, 45)).toBe(0.1);
  });

  it('done and missing add up to what is due, until it is done', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 400_000_000 }), (due, ms) => {
        const missing = missingHours(due, ms, 45);
        const tenths = (hours: number) => Math.round(hours * 10);
        if (ms < due * 45 * 60_000) {
          expect(tenths(missing) + tenths(classHours(ms, 45))).toBe(due * 10);
          expect(missing).toBeGreaterThan(0);
        } else expect(missing).toBe(0);
      }),
    );
  });
});
