import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lengthOf, pairs, unite } from '#server/attendance/credit.ts';
import { type Attended, creditOf, gapsOf, type Miss, replayedOf, type Sign } from '#server/attendance/presence.ts';
import { admitReplay, isReplay, nextMissing, type ReplayWindow, type Seat } from '#server/attendance/replay.ts';
import { firstChecks, settle, watched } from '#server/attendance/replay-checks.ts';
import { replayUntil } from '#server/courses/replay-deadline.ts';
import { recomputed } from '#tests/support/recomputed.ts';

/** A class of an hour; its replay begins a day later. */
const T0 = 1_800_000_000_000;
const END = T0 + 3_600_000;
const LATER = T0 + 86_400_000;
const window: ReplayWindow = { first: T0, last: END, until: LATER + 86_400_000, holesMs: 0 };
const playing = { playing: true, hidden: false, stalled: false };

/** A person in the replay, as the server keeps them. */
function watcher(known: number[] = []) {
  let counted = known;
  let furthest: number | null = known.at(-1) ?? null;
  let seat: Seat | null = null;
  return {
    /** Seconds of the class that connection `connId`, opened at that second of the next day, reports to have played; accepted ms. */
    report(connId: string, openedAt: number, at: number, from: number, to: number, state = playing): number {
      const beat = { mediaFrom: T0 + from * 1_000, mediaTo: T0 + to * 1_000, state };
      const claim = { connId, openedAt: LATER + openedAt * 1_000, receivedAt: LATER + at * 1_000, beat };
      const replayed = admitReplay(claim, { known: counted, furthest, seat }, window);
      seat = replayed.seat;
      if (replayed.freshMs > 0) {
        counted = unite(counted, [replayed.span]);
        furthest = Math.max(furthest ?? 0, replayed.span.to);
      }
      return replayed.freshMs;
    },
    counted: () => counted,
    creditedMs: () => lengthOf(counted),
    missing: () => nextMissing(window, { known: counted, furthest }),
  };
}

describe('what is accepted of a replay', () => {
  it('is what was played from the beginning on', () => {
    const one = watcher();
    for (let at = 15; at <= 150; at += 15) expect(one.report('a', 0, at, at - 15, at)).toBe(15_000);
    expect(one.counted()).toEqual([T0, T0 + 150_000]);
    expect(one.missing()).toBe(T0 + 150_000);
  });

  it('is nothing beyond what was watched, until the way there was watched', () => {
    const one = watcher();
    expect(one.report('a', 0, 15, 600, 615)).toBe(0);
    expect(one.report('a', 0, 30, 0, 15)).toBe(15_000);
    expect(one.report('a', 0, 45, 21, 36)).toBe(0);
    expect(one.report('a', 0, 60, 15, 30)).toBe(15_000);
  });

  it('is, for who came late to the class, what they missed of it, and nothing twice', () => {
    const one = watcher([T0 + 30_000, T0 + 3_000_000]);
    expect(one.missing()).toBe(T0);
    expect(one.report('a', 0, 20, 0, 15)).toBe(15_000);
    expect(one.report('a', 0, 60, 15, 60)).toBe(15_000);
    expect(one.report('a', 0, 80, 100, 115)).toBe(0);
    expect(one.missing()).toBe(T0 + 3_000_000);
  });

  it('is nothing of what was paused or stalled, nor of twice the speed', () => {
    const one = watcher();
    expect(one.report('a', 0, 15, 0, 15, { ...playing, playing: false })).toBe(0);
    expect(one.report('a', 0, 15, 0, 15, { ...playing, stalled: true })).toBe(0);
    expect(one.report('a', 0, 15, 0, 30)).toBe(16_500);
  });

  it('goes on at once on another device', () => {
    const one = watcher();
    for (let at = 15; at <= 60; at += 15) one.report('phone', 0, at, at - 15, at);
    expect(one.report('desk', 70, 85, 60, 75)).toBe(15_000);
    expect(one.report('desk', 70, 100, 75, 90)).toBe(15_000);
  });

  it('credits who has it on two devices at once as if it were on one', () => {
    const one = watcher();
    for (let at = 15; at <= 600; at += 15) {
      one.report('phone', 0, at, at - 15, at);
      one.report('desk', 0, at + 7, at - 15 + 7, at + 7);
    }
    expect(one.creditedMs()).toBeGreaterThanOrEqual(592_000);
    expect(one.creditedMs()).toBeLessThanOrEqual(607_000);
  });

  it('does not credit two halves that were played at the same time', () => {
    const seen = [T0 + 3_590_000, T0 + 3_600_000];
    const one = watcher(seen);
    for (let at = 15; at <= 1_800; at += 15) {
      one.report('phone', 0, at, at - 15, at);
      one.report('desk', 0, at + 7, 1_785 + at, 1_800 + at);
    }
    expect(one.creditedMs() - 10_000).toBeLessThanOrEqual(1_807_000 * 1.1);
  });

  const claim = fc.record({
    conn: fc.constantFrom('a', 'b', 'c'),
    at: fc.integer({ min: 0, max: 3_000 }),
    from: fc.integer({ min: -60, max: 3_700 }),
    length: fc.integer({ min: 0, max: 1_200 }),
  });
  const opened = { a: 0, b: 100, c: 900 };

  it('is over all devices never more than the time that has passed since the first, whatever they claim', () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 60 }), fc.boolean(), (claims, seenTheEnd) => {
        const one = watcher(seenTheEnd ? [END - 10_000, END] : []);
        const before = one.creditedMs();
        for (const { conn, at, from, length } of claims.sort((x, y) => x.at - y.at)) {
          const openedAt = opened[conn as keyof typeof opened];
          if (at >= openedAt) one.report(conn, openedAt, at, from, from + length);
          expect(one.creditedMs() - before).toBeLessThanOrEqual(at * 1_100);
          for (const span of pairs(one.counted())) {
            expect(span.from).toBeGreaterThanOrEqual(T0);
            expect(span.to).toBeLessThanOrEqual(END);
          }
        }
      }),
    );
  });

  it('leaves nothing out between what somebody has and the furthest that they were, but what they skipped', () => {
    fc.assert(
      fc.property(fc.array(claim, { maxLength: 60 }), (claims) => {
        const one = watcher();
        for (const { conn, at, from, length } of claims.sort((x, y) => x.at - y.at)) {
          one.report(conn, 0, at, from, from + length);
          const all = pairs(one.counted());
          all.forEach((span, n) => {
            expect(span.from - (n === 0 ? T0 : (all[n - 1]?.to ?? T0))).toBeLessThanOrEqual(5_000);
          });
        }
      }),
    );
  });
});

describe('the rule of class and replay together', () => {
  const moment = fc.integer({ min: 0, max: 3_600 }).map((seconds) => seconds * 1_000);
  const span = (late: number) =>
    fc.record({ from: moment, length: moment, at: moment }).map(({ from, length, at }): Attended => {
      const to = Math.min(from + Math.floor(length / 6), 3_600_000);
      return { from, to, receivedAt: late === 0 ? to + 1_000 : late + at };
    });
  const live = fc.array(span(0), { maxLength: 12 });
  const replayed = fc.array(span(86_400_000), { maxLength: 12 });
  const misses = (late: number) =>
    fc
      .uniqueArray(fc.record({ checkId: fc.constantFrom('a', 'b', 'c'), at: moment, before: moment }), {
        selector: ({ checkId }) => checkId,
      })
      .map((all) =>
        all.map(({ checkId, at, before }): Miss => ({ checkId, at: late + at, since: late + at - before / 2 })),
      );
  const signs = (late: number) =>
    fc
      .array(fc.record({ at: moment, checkId: fc.constantFrom(null, 'a', 'b', 'c') }), { maxLength: 6 })
      .map((all) => all.map((sign): Sign => ({ ...sign, at: late + sign.at })));
  const record = (late: number, spans: typeof live) => fc.record({ spans, misses: misses(late), signs: signs(late) });
  const ofClass = record(0, live);
  const ofReplay = record(86_400_000, replayed);

  it('is what is kept: the parts of it come to what the entries come to', () => {
    fc.assert(
      fc.property(ofClass, ofReplay, (inClass, inReplay) => {
        const row = {
          coverage: unite([], inClass.spans),
          gaps: gapsOf(inClass.misses, inClass.signs),
          replayed: replayedOf(inReplay.spans, gapsOf(inReplay.misses, inReplay.signs)),
          venue: [],
        };
        const { creditedMs, liveMs, replayMs } = creditOf(row);
        expect(creditedMs).toBe(recomputed(inClass, inReplay));
        expect(liveMs).toBe(recomputed(inClass));
        expect(replayMs).toBe(creditedMs - liveMs);
        expect(replayMs).toBeGreaterThanOrEqual(0);
      }),
    );
  });

  it('counts each moment once, in any order and however often, and never more than the class', () => {
    fc.assert(
      fc.property(ofClass, ofReplay, (inClass, inReplay) => {
        const credit = recomputed(inClass, inReplay);
        const shuffled = { ...inReplay, spans: [...inReplay.spans, ...inReplay.spans].reverse() };
        expect(recomputed({ ...inClass, spans: [...inClass.spans].reverse() }, shuffled)).toBe(credit);
        expect(credit).toBeLessThanOrEqual(3_600_000);
        expect(credit).toBeLessThanOrEqual(recomputed(inClass) + recomputed({}, inReplay));
        expect(credit).toBeGreaterThanOrEqual(Math.max(recomputed(inClass), recomputed({}, inReplay)));
      }),
    );
  });

  it('gives by the replay what a missed check of the class took away', () => {
    const seen = { from: 0, to: 1_800_000, receivedAt: 1_801_000 };
    const missed = { spans: [seen], misses: [{ checkId: 'a', since: 0, at: 1_000_000 }] };
    expect(recomputed(missed)).toBe(0);
    expect(recomputed(missed, { spans: [{ ...seen, receivedAt: 90_000_000 }] })).toBe(1_800_000);
  });
});

describe('presence checks of a replay', () => {
  const id = () => 'check';
  const ask = (viewedMs: number) => ({ viewedMs, nextMs: 9e9, open: { id: 'check', askedAt: LATER, viewedMs } });

  it('come once in each stretch of what is watched, at a moment of it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(5, 15, 30),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (every, draws) => {
          const random = () => draws.next().value as number;
          let checks = firstChecks(every, random);
          let asked = 0;
          for (let n = 1; n <= 4 * every * 4; n += 1) {
            const after = watched(
              checks,
              { freshMs: 15_000, now: LATER + n * 15_000, id, everyMinutes: every },
              random,
            );
            if (after.open) asked += 1;
            checks = { ...after, open: null };
          }
          expect(asked).toBe(4);
        },
      ),
    );
  });

  it('never come where the course asks nobody', () => {
    let checks = firstChecks(0);
    checks = watched(checks, { freshMs: 9_000_000, now: LATER, id, everyMinutes: 0 });
    expect(checks.open).toBeNull();
  });

  it('are missed by who went on watching, and asked again of who left at once', () => {
    const stayed = { ...ask(60_000), viewedMs: 95_000 };
    expect(settle(stayed, LATER + 75_000).missed).toBeNull();
    expect(settle(stayed, LATER + 75_001)).toMatchObject({ missed: { id: 'check' }, checks: { open: null } });
    const left = { ...ask(60_000), viewedMs: 75_000 };
    const back = settle(left, LATER + 3_600_000);
    expect(back.missed).toBeNull();
    expect(back.checks.open).toEqual({ id: 'check', askedAt: LATER + 3_600_000, viewedMs: 60_000 });
  });

  it('can not be put off for ever by leaving again and again', () => {
    let checks = ask(0) as ReturnType<typeof firstChecks>;
    let now = LATER;
    let missed = 0;
    for (let n = 0; n < 10; n += 1) {
      now += 80_000;
      const settled = settle(checks, now);
      if (settled.missed) missed += 1;
      checks = watched(settled.checks, { freshMs: 15_000, now, id, everyMinutes: 30 });
    }
    expect(missed).toBe(1);
  });
});

describe('the deadline of a replay', () => {
  it('is the end of a day in Beijing', () => {
    const endedAt = Date.parse('2026-02-08T10:30:00+08:00');
    expect(replayUntil({ endedAt, replayDays: 30 })).toBe(Date.parse('2026-03-10T23:59:59.999+08:00'));
    const atNight = Date.parse('2026-02-08T23:59:00+08:00');
    expect(replayUntil({ endedAt: atNight, replayDays: 1 })).toBe(Date.parse('2026-02-09T23:59:59.999+08:00'));
    expect(replayUntil({ endedAt, replayDays: 0 })).toBeNull();
    expect(replayUntil({ endedAt: null, replayDays: 30 })).toBeNull();
  });

  it('applies to pages that were opened when the class was over, to the second', () => {
    expect(isReplay(T0, null)).toBe(false);
    expect(isReplay(T0 - 1_000, T0 + 700)).toBe(false);
    expect(isReplay(T0, T0 + 700)).toBe(true);
  });
});
