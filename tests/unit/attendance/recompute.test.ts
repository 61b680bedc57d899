import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChainedEntry } from '#server/attendance/chain.ts';
import { entryAt } from '#server/attendance/entry.ts';
import { createRecomputation } from '#server/attendance/recompute.ts';

/* The laws of credited time, over entries of every kind of the chain together. */

const PERSON = '019a0000-0000-7000-8000-000000000001';
/** Everything happens on this grid. */
const STEP = 10_000;
const STEPS = 120;
/** A class of twenty minutes, so that everything meets often. */
const END = STEPS * STEP;
const CHECKS = ['a', 'b', 'c'];
/** Well after the class had shown it. */
const LATE_MS = 60_000;

const moment = fc.integer({ min: 0, max: STEPS }).map((each) => each * STEP);
const stretch = fc
  .tuple(moment, fc.integer({ min: 0, max: 40 }))
  .map(([from, steps]) => ({ from, to: Math.min(from + steps * STEP, END) }));

function entry(kind: string, from: number, to: number, receivedAt: number, more: Partial<ChainedEntry> = {}) {
  return { ...entryAt(PERSON, from, to, receivedAt), kind, ...more };
}

const live = fc
  .record({ kind: fc.constantFrom('live', 'screen'), at: stretch, delay: fc.constantFrom(0, 20_000, 300_000) })
  .map(({ kind, at, delay }) => entry(kind, at.from, at.to, at.to + delay));
const venue = stretch.map(({ from, to }) => entry('venue', from, to, to));
/** By the wall, the day after; on the scale of this class. */
const replay = fc.tuple(stretch, moment).map(([{ from, to }, receivedAt]) => entry('replay', from, to, receivedAt));
const spans = fc.array(fc.oneof(live, venue, replay), { maxLength: 14 });

const signIn = fc
  .tuple(moment, fc.constantFrom('in:code', 'in:convenor'))
  .map(([at, reason]) => entry('screen', at, at, at, { reason }));
const signOut = fc
  .tuple(moment, fc.constantFrom('out:code', 'out:convenor', 'out:end'))
  .map(([at, reason]) => entry('screen', at, at, at, { reason }));
const sign = fc
  .record({
    kind: fc.constantFrom('sign', 'replay_sign'),
    at: moment,
    checkId: fc.constantFrom(null, ...CHECKS),
  })
  .map(({ kind, at, checkId }) => entry(kind, at, at, at, { checkId }));
const signs = fc.array(fc.oneof(sign, signIn, signOut), { maxLength: 8 });

/** Nobody misses a check twice. */
const misses = fc
  .uniqueArray(
    fc.record({ kind: fc.constantFrom('missed', 'replay_missed'), checkId: fc.constantFrom(...CHECKS), at: stretch }),
    { selector: ({ kind, checkId }) => `${kind} ${checkId}`, maxLength: 5 },
  )
  .map((all) => all.map(({ kind, checkId, at }) => entry(kind, at.from, at.to, at.to, { checkId })));

const entries = fc.tuple(spans, signs, misses).map((all) => all.flat());

const correction = fc.oneof(
  fc.integer({ min: -END, max: END }).map((deltaMs) => ({ effect: 'difference' as const, deltaMs, from: 0, to: 0 })),
  fc
    .tuple(fc.constantFrom('present' as const, 'absent' as const), stretch)
    .map(([effect, at]) => ({ effect, deltaMs: null, ...at })),
);
const corrections = fc
  .array(correction, { maxLength: 4 })
  .map((all) => all.map((each, n) => correcting(`c${n}`, each)));

interface Correction {
  effect: 'difference' | 'present' | 'absent' | 'withdrawal';
  deltaMs: number | null;
  from: number;
  to: number;
}

function correcting(id: string, { effect, deltaMs, from, to }: Correction, withdraws: string | null = null) {
  return entry('correction', from, to, END, { deltaMs, correction: { id, effect, evidence: null, withdraws } });
}

const difference = (deltaMs: number) => correcting('new', { effect: 'difference', deltaMs, from: 0, to: 0 });

function credited(all: readonly ChainedEntry[], limitMs = END): number {
  const recomputation = createRecomputation(limitMs);
  for (const each of all) recomputation.add(each);
  return recomputation.creditedMs(PERSON);
}

type Moment = (at: number) => boolean;

/** The gaps that missed checks leave, as pages say it: from the last sure moment to the next sign of life, unless it was confirmed. */
function inGap(missed: ChainedEntry[], signed: ChainedEntry[]): Moment {
  const open = missed.filter(({ checkId }) => !signed.some((each) => each.checkId === checkId));
  return (at) =>
    open.some(({ from, to }) => {
      const before = signed.filter((each) => each.from < to).map((each) => each.from);
      const after = signed.filter((each) => each.from >= to).map((each) => each.from);
      return Math.max(from, ...before) <= at && at < Math.min(Number.POSITIVE_INFINITY, ...after);
    });
}

/** The whole rule, moment by moment. */
function counted(all: readonly ChainedEntry[]): number {
  const of = (...kinds: string[]) => all.filter(({ kind }) => kinds.includes(kind));
  // Closing a screen says nothing of anybody.
  const atScreens = of('screen').filter(({ reason }) => reason !== null && reason !== 'out:end');
  const gap = inGap(of('missed'), [...of('sign'), ...atScreens]);
  const replayGap = inGap(of('replay_missed'), of('replay_sign'));
  // What was received at the end of a gap was seen in it.
  const wasIn = (isIn: Moment, receivedAt: number) => isIn(receivedAt - 1);
  const played = of('live', 'screen').filter(
    ({ to, receivedAt }) => !(receivedAt - to > LATE_MS && wasIn(gap, receivedAt)),
  );
  const replayed = of('replay').filter(({ receivedAt }) => !wasIn(replayGap, receivedAt));
  let steps = 0;
  for (let at = 0; at < END; at += STEP) {
    const isInside = ({ from, to }: ChainedEntry) => from <= at && at < to;
    if ((played.some(isInside) && !gap(at)) || replayed.some(isInside) || of('venue').some(isInside)) steps += 1;
  }
  return steps * STEP;
}

describe('credited time, from entries of every kind', () => {
  it('without missed checks is the union of all that was attended, on whatever it was', () => {
    fc.assert(
      fc.property(spans, signs, (attended, given) => {
        let steps = 0;
        for (let at = 0; at < END; at += STEP) {
          if (attended.some(({ from, to }) => from <= at && at < to)) steps += 1;
        }
        expect(credited([...attended, ...given])).toBe(steps * STEP);
      }),
    );
  });

  it('is what the rule says, moment by moment', () => {
    fc.assert(
      fc.property(entries, (all) => {
        expect(credited(all)).toBe(counted(all));
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order in which entries came, and twice is once', () => {
    const twice = entries.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
    );
    fc.assert(
      fc.property(twice, corrections, ([all, shuffled], made) => {
        expect(credited([...shuffled, ...made])).toBe(credited([...all, ...made]));
        expect(credited([...made, ...shuffled])).toBe(credited([...all, ...made]));
      }),
    );
  });

  it('is never less than nothing, nor more than the session, with whatever corrections', () => {
    fc.assert(
      fc.property(entries, corrections, (all, made) => {
        const ms = credited([...all, ...made]);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(END);
      }),
    );
  });

  it('is never less for one more stretch or sign of life, nor more for one more missed check', () => {
    const more = fc.oneof(live, venue, replay, sign, signIn);
    fc.assert(
      fc.property(entries, more, (all, added) => {
        expect(credited([...all, added])).toBeGreaterThanOrEqual(credited(all));
      }),
    );
    fc.assert(
      fc.property(spans, signs, misses, (attended, given, missed) => {
        const all = [...attended, ...given];
        expect(credited([...all, ...missed])).toBeLessThanOrEqual(credited([...all, ...missed.slice(1)]));
      }),
    );
  });

  it('changes by a correction exactly by its difference, wherever the limits leave room for it', () => {
    fc.assert(
      fc.property(entries, corrections, fc.integer({ min: -END, max: END }), (all, made, delta) => {
        // Without limits, to know where they would cut.
        const wide = 100 * END;
        const base = [...all, correcting('wide', { effect: 'difference', deltaMs: 10 * END, from: 0, to: 0 }), ...made];
        expect(credited([...base, difference(delta)], wide) - credited(base, wide)).toBe(delta);
      }),
    );
  });

  it('is as before once a correction is withdrawn', () => {
    fc.assert(
      fc.property(entries, corrections, correction, (all, made, change) => {
        const withdrawal = correcting('w', { effect: 'withdrawal', deltaMs: null, from: 0, to: 0 }, 'new');
        const corrected = [...all, ...made, correcting('new', change), withdrawal];
        expect(credited(corrected)).toBe(credited([...all, ...made]));
      }),
    );
  });
});
