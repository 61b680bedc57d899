import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptance, admit, admitForPerson, type ConnectionState } from '#server/attendance/admit.ts';
import { lengthOf, unite } from '#server/attendance/credit.ts';

const T0 = 1_800_000_000_000;
const running = { startedAt: T0, endedAt: null };
const fresh: ConnectionState = { openedAt: T0, acceptedMs: 0, coverage: [] };
const playing = { playing: true, hidden: false, stalled: false };
const beat = (fromSeconds: number, toSeconds: number, state = playing) => ({
  mediaFrom: T0 + fromSeconds * 1000,
  mediaTo: T0 + toSeconds * 1000,
  state,
});
const length = (span: { from: number; to: number }) => span.to - span.from;

describe('admitting a beat', () => {
  it('accepts what was really played', () => {
    expect(admit(beat(0, 15), fresh, running, T0 + 16_000)).toEqual({ from: T0, to: T0 + 15_000 });
  });

  it('accepts nothing of a paused or stalled stretch, and all of a hidden one', () => {
    const paused = { ...playing, playing: false };
    const stalled = { ...playing, stalled: true };
    const hidden = { ...playing, hidden: true };
    expect(length(admit(beat(0, 15, paused), fresh, running, T0 + 16_000))).toBe(0);
    expect(length(admit(beat(0, 15, stalled), fresh, running, T0 + 16_000))).toBe(0);
    expect(length(admit(beat(0, 15, hidden), fresh, running, T0 + 16_000))).toBe(15_000);
  });

  it('cuts at the start of the class', () => {
    expect(admit(beat(-10, 5), { ...fresh, openedAt: T0 - 60_000 }, running, T0 + 6_000)).toEqual({
      from: T0,
      to: T0 + 5_000,
    });
  });

  it('cuts thirty seconds after the end', () => {
    const ended = { startedAt: T0, endedAt: T0 + 60_000 };
    expect(admit(beat(55, 120), fresh, ended, T0 + 200_000)).toEqual({ from: T0 + 55_000, to: T0 + 90_000 });
  });

  it('accepts nothing from the future', () => {
    expect(length(admit(beat(100, 115), fresh, running, T0 + 16_000))).toBe(0);
  });

  it('does not believe an hour watched in a minute', () => {
    const accepted = admit(beat(0, 3_600), { ...fresh, openedAt: T0 + 3_600_000 }, running, T0 + 3_660_000);
    expect(length(accepted)).toBe(60_000 * 1.1 + 2_000);
  });

  it('accepts a late report of an earlier stretch', () => {
    const later: ConnectionState = { openedAt: T0, acceptedMs: 15_000, coverage: [T0 + 15_000, T0 + 30_000] };
    expect(admit(beat(0, 15), later, running, T0 + 31_000)).toEqual({ from: T0, to: T0 + 15_000 });
  });

  it('never accepts overlapping spans, nor more than the time since the ticket allows', () => {
    const claim = fc.record({
      at: fc.integer({ min: 0, max: 600 }),
      from: fc.integer({ min: -60, max: 700 }),
      length: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 40 }), (claims) => {
        let connection = fresh;
        for (const { at, from, length: claimed } of claims.sort((a, b) => a.at - b.at)) {
          const now = T0 + at * 1000;
          const span = admit(beat(from, from + claimed), connection, running, now);
          const acceptedMs = connection.acceptedMs + length(span);
          const coverage = unite(connection.coverage, [span]);
          expect(lengthOf(coverage)).toBe(acceptedMs);
          expect(acceptedMs).toBeLessThanOrEqual((now - T0) * 1.1 + 2_000);
          if (length(span) > 0) expect(span.from).toBeGreaterThanOrEqual(T0);
          connection = { openedAt: T0, acceptedMs, coverage };
        }
      }),
    );
  });
});

describe('taking beats at all', () => {
  it('begins with the class and goes on for ten minutes after it', () => {
    expect(acceptance({ startedAt: null, endedAt: null }, T0)).toBe('not-open');
    expect(acceptance(running, T0 + 1)).toBe('open');
    expect(acceptance({ startedAt: T0, endedAt: T0 + 1 }, T0 + 600_000)).toBe('open');
    expect(acceptance({ startedAt: T0, endedAt: T0 + 1 }, T0 + 600_002)).toBe('too-late');
  });
});

describe('what counts for a person', () => {
  const stretch = (fromSeconds: number, toSeconds: number) => ({
    from: T0 + fromSeconds * 1000,
    to: T0 + toSeconds * 1000,
  });

  it('is what was watched from the start of the class by somebody who came late', () => {
    const late = { ...fresh, openedAt: T0 + 1_800_000 };
    const at = T0 + 1_816_000;
    const played = admit(beat(0, 15), late, running, at);
    expect(played).toEqual(stretch(0, 15));
    expect(admitForPerson(played, { joinedAt: late.openedAt, coverage: [] }, late, running, at)).toEqual(played);
  });

  it('is no more than one of two devices that play different stretches at once', () => {
    const late = { ...fresh, openedAt: T0 + 1_800_000 };
    // A quarter of an hour of the class as it runs on one device; the same time of its beginning on another.
    const live = stretch(1_800, 2_700);
    const person = { joinedAt: late.openedAt, coverage: [live.from, live.to] };
    const past = admitForPerson(stretch(0, 900), person, late, running, T0 + 2_700_000);
    expect(length(past)).toBe(900_000 * 0.1 + 2_000);
  });

  it('costs nothing where it is known already, and does not begin to count before the class', () => {
    const early = { ...fresh, openedAt: T0 - 3_600_000 };
    const person = { joinedAt: early.openedAt, coverage: [T0, T0 + 60_000] };
    expect(admitForPerson(stretch(10, 50), person, early, running, T0 + 60_000)).toEqual(stretch(10, 50));
    expect(length(admitForPerson(stretch(30, 120), person, early, running, T0 + 60_000))).toBe(30_000 + 6_000 + 2_000);
  });

  it('never exceeds the time since they came, whatever their devices claim', () => {
    const claim = fc.record({ from: fc.integer({ min: 0, max: 3_000 }), length: fc.integer({ min: 0, max: 60 }) });
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 200 }), (claims) => {
        let coverage: number[] = [];
        claims.forEach(({ from, length: seconds }, index) => {
          const at = T0 + 3_000_000 + index * 5_000;
          const late = { openedAt: T0 + 3_000_000 };
          const person = { joinedAt: late.openedAt, coverage };
          const span = admitForPerson(stretch(from, from + seconds), person, late, running, at);
          coverage = unite(coverage, [span]);
          expect(lengthOf(coverage)).toBeLessThanOrEqual((at - late.openedAt) * 1.1 + 2_000);
        });
      }),
    );
  });
});
