/** Part of the session axis that was played, `[from, to)`, whole epoch ms. */
export interface Stretch {
  from: number;
  to: number;
  /** Played while the page was in the background: counts, and is told apart. */
  hidden: boolean;
}

/** What the player shows at one moment. */
export interface Sample {
  /** The element's `currentTime`, ms. */
  mediaMs: number;
  /** PROGRAM-DATE-TIME of the frame shown, epoch ms; null while unknown. */
  pdtMs: number | null;
  /** `performance.now()`. */
  monotonicMs: number;
  /** How many seeks the element has begun so far, whoever asked for them. */
  seeks: number;
  seeking: boolean;
  hidden: boolean;
}

/** Fastest that a player catches up (1.1), with room for its clock. Whatever runs faster is not watching. */
const MAX_RATE = 1.15;
/** How far media time may run ahead of the wall once: frames are shown in steps, and samples are not taken with them. */
const TOLERANCE_MS = 350;
/** How much the axis may differ from media time between two samples: the packager corrects a drifting publisher clock. */
const AXIS_TOLERANCE_MS = 100;

/**
 * Turns samples of a player into the stretches really played. Two samples belong together when media time moved forward between
 * them, without a seek, and not faster than the wall clock allows; how long apart they are does not matter, so that a page
 * whose timers were frozen while the sound played on loses nothing, and one that slept gains nothing. Time in which
 * the picture stood still adds nothing. No part of the axis is given out twice.
 */
export class StretchTracker {
  #last: Sample | null = null;
  /** How much faster than the wall media may still run, ms: filled by time that passes, spent by media that moves. */
  #slack = TOLERANCE_MS;
  #given: { from: number; to: number }[] = [];
  #ready: Stretch[] = [];

  sample(sample: Sample): void {
    const before = this.#last;
    const unbroken =
      before !== null && !sample.seeking && sample.seeks === before.seeks && sample.mediaMs >= before.mediaMs;
    // The player learns late where on the axis it is, on a slow phone above all: the sample that knows speaks for those before.
    if (unbroken && sample.pdtMs === null) {
      // Time in which the picture stood still must not pay for a jump after it.
      if (sample.mediaMs === before.mediaMs) this.#last = { ...sample, pdtMs: before.pdtMs };
      return;
    }
    this.#last = sample;
    if (!before) return;
    const wall = Math.max(0, sample.monotonicMs - before.monotonicMs);
    const media = sample.mediaMs - before.mediaMs;
    const budget = wall * MAX_RATE + this.#slack;
    if (!unbroken || media > budget) {
      this.#slack = Math.min(TOLERANCE_MS, budget);
      return;
    }
    this.#slack = Math.min(TOLERANCE_MS, budget - media);
    if (sample.pdtMs === null) return;
    const from = before.pdtMs ?? sample.pdtMs - media;
    const axis = sample.pdtMs - from;
    if (media > 0 && Math.abs(axis - media) <= AXIS_TOLERANCE_MS + media * 0.01) {
      this.#give(Math.round(from), Math.round(sample.pdtMs), before.hidden);
    }
  }

  /** What was played since the last call, in order. */
  take(): Stretch[] {
    const taken = this.#ready;
    this.#ready = [];
    return taken;
  }

  #give(from: number, to: number, hidden: boolean): void {
    for (const piece of without({ from, to }, this.#given)) {
      const last = this.#ready[this.#ready.length - 1];
      if (last && last.to === piece.from && last.hidden === hidden) last.to = piece.to;
      else this.#ready.push({ ...piece, hidden });
      this.#given = joined(this.#given, piece);
    }
  }
}

interface Interval {
  from: number;
  to: number;
}

/** The parts of an interval outside all of `taken`, which are sorted and apart. */
function without(interval: Interval, taken: Interval[]): Interval[] {
  const left: Interval[] = [];
  let { from } = interval;
  for (const each of taken) {
    if (each.to <= from) continue;
    if (each.from >= interval.to) break;
    if (each.from > from) left.push({ from, to: each.from });
    from = each.to;
  }
  if (from < interval.to) left.push({ from, to: interval.to });
  return left;
}

function joined(intervals: Interval[], added: Interval): Interval[] {
  const before = intervals.filter((each) => each.to < added.from);
  const after = intervals.filter((each) => each.from > added.to);
  const touching = intervals.filter((each) => each.to >= added.from && each.from <= added.to);
  const from = Math.min(added.from, ...touching.map((each) => each.from));
  const to = Math.max(added.to, ...touching.map((each) => each.to));
  return [...before, { from, to }, ...after];
}
