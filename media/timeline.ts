import type { Fragment } from './fmp4.ts';
import { MAX_DRIFT_MS } from './pdt.ts';
import { type Cadence, EARLIEST_CUT, place } from './segmenter.ts';

/** Where a segment begins, in every rendition alike. */
export interface Boundary {
  msn: number;
  /** Encoder run, counted from 1 over the whole broadcast. */
  run: number;
  /** On the run's clock, microseconds. */
  start: number;
  /** The same moment on the wall, epoch ms. */
  pdt: number;
  discontinuity: boolean;
  /** How many discontinuities the broadcast had up to here, this one included. */
  discontinuitySequence: number;
  /** Microseconds to where the pictures' next segment begins, or their run ended; null while that is not known. */
  length: number | null;
}

/** What becomes of a fragment. A rendition may be told to cut at a boundary further on than its next. */
export type Placement = { kind: 'skip' | 'append' | 'wait' } | { kind: 'cut'; at: Boundary };

type Timed = Pick<Fragment, 'start' | 'duration' | 'independent'>;

/** A publisher's own picture, whose key frames the pictures of a run follow. */
export interface Followed {
  readonly cadence: Cadence;
  /** They don't: it is to be encoded. */
  refuse(reason: string): void;
}

/** Where a timeline goes on after a restart of the process. */
export interface TimelineState {
  boundaries: Boundary[];
  /** End of the last segment, epoch ms. */
  end: number;
}

const SKIP: Placement = { kind: 'skip' };
const APPEND: Placement = { kind: 'append' };
const WAIT: Placement = { kind: 'wait' };

/** Pictures of one encoder start at the same frame; their timescales may differ by a rounding. */
const SAME_FRAME = 10_000;

/**
 * Sound whose middle lies exactly on a boundary belongs to what begins there, whatever rounding to microseconds has done: at
 * 48 kHz that comes about every few segments.
 */
export const ON_BOUNDARY = 100;

/** Sound that begins so much after a boundary still belongs to what begins there, if nothing before it did. */
const NEAR = 300_000;

/** Boundaries remembered for renditions that are behind. */
const REMEMBERED = 64;

/**
 * Decides where the segments of all renditions begin, so that a player can change from one to another at any of them. The first
 * picture to reach a key frame that is due makes the boundary; other pictures, encoded alike, cut at the same frame, and
 * the sound at its fragment nearest to it.
 */
export class Timeline {
  #boundaries: Boundary[];
  #run: number;
  #pictureEnd = -1;
  #followed: Followed | null = null;
  /** End of what came before this run, epoch ms. */
  #before: number;

  constructor(state?: TimelineState) {
    this.#boundaries = state?.boundaries.slice(-REMEMBERED) ?? [];
    this.#run = this.#boundaries.at(-1)?.run ?? 0;
    this.#before = state?.end ?? 0;
  }

  get run(): number {
    return this.#run;
  }

  /** How far pictures of this run have come, microseconds; -1 before the first. */
  get pictureEnd(): number {
    return this.#pictureEnd;
  }

  /** Where the first segment that is remembered begins, epoch ms; null before it. */
  get first(): number | null {
    return this.#boundaries[0]?.pdt ?? null;
  }

  /** End of the last picture, epoch ms; null before the first. */
  get end(): number | null {
    const last = this.#boundaries.at(-1);
    if (!last) return null;
    return last.run === this.#run && this.#pictureEnd >= 0 ? pdtAt(last, this.#pictureEnd) : this.#before;
  }

  /** Of this run's key frames; undefined where they are as far apart as segments are long. */
  get cadence(): Cadence | undefined {
    return this.#followed?.cadence;
  }

  /** An encoder begins. */
  beginRun(followed: Followed | null = null): void {
    const last = this.#boundaries.at(-1);
    if (last && last.length === null) last.length = Math.max(0, this.#pictureEnd - last.start);
    this.#before = this.end ?? 0;
    this.#run += 1;
    this.#pictureEnd = -1;
    this.#followed = followed;
  }

  /**
   * @param open the boundary at which the rendition's open segment began; undefined when none is open
   * @param pdtOf wall time of the fragment, epoch ms; asked once a boundary
   * @param lastPart length of the rendition's part before
   */
  picture(open: Boundary | undefined, fragment: Timed, pdtOf: () => number, lastPart = 0): Placement {
    this.#pictureEnd = Math.max(this.#pictureEnd, fragment.start + fragment.duration);
    const reached = this.#reached(open, fragment.start + SAME_FRAME);
    if (reached && this.#followed && !fragment.independent) {
      this.#followed.refuse('a rung without a key frame where another has one');
      return SKIP;
    }
    if (reached) return { kind: 'cut', at: reached };
    const placement = place(open && fragment.start - open.start, fragment, this.cadence, lastPart);
    return placement === 'cut' ? { kind: 'cut', at: this.#make(fragment.start, pdtOf()) } : { kind: placement };
  }

  /** As `picture`; `wait` until pictures have come further and it is known where the next boundary is. */
  sound(open: Boundary | undefined, fragment: Timed): Placement {
    const middle = fragment.start + fragment.duration / 2;
    const reached = this.#allReached(open, middle + ON_BOUNDARY);
    // A segment that is shorter than a part of sound has one all the same.
    const at = reached.find(({ start }) => start > fragment.start - NEAR) ?? reached.at(-1);
    if (at) return { kind: 'cut', at };
    // Where a publisher decides when there is a key frame, it may be anywhere.
    const known = open !== undefined && !this.cadence && middle < open.start + EARLIEST_CUT;
    if (!known && middle >= this.#pictureEnd) return WAIT;
    return open ? APPEND : SKIP;
  }

  /** Boundaries between two media sequence numbers, both excluded. */
  between(after: number, before: number): Boundary[] {
    return this.#boundaries.filter(({ msn }) => msn > after && msn < before);
  }

  /** The last boundary of this run beyond `open` that is at or before `time`. */
  #reached(open: Boundary | undefined, time: number): Boundary | undefined {
    return this.#allReached(open, time).at(-1);
  }

  #allReached(open: Boundary | undefined, time: number): Boundary[] {
    const after = open?.msn ?? -1;
    return this.#boundaries.filter(({ run, msn, start }) => run === this.#run && msn > after && start <= time);
  }

  #make(start: number, pdt: number): Boundary {
    const previous = this.#boundaries.at(-1);
    const discontinuity = previous !== undefined && previous.run !== this.#run;
    const sameRun = previous?.run === this.#run;
    if (sameRun) previous.length = start - previous.start;
    // Never before what came last, whatever a clock did; only a publisher whose clock runs fast is followed back, in small steps.
    const earliest = sameRun ? pdtAt(previous, start) - MAX_DRIFT_MS : this.#before;
    const boundary: Boundary = {
      msn: previous ? previous.msn + 1 : 0,
      run: this.#run,
      start,
      pdt: Math.round(Math.max(pdt, earliest)),
      discontinuity,
      discontinuitySequence: (previous?.discontinuitySequence ?? 0) + (discontinuity ? 1 : 0),
      length: null,
    };
    this.#boundaries = [...this.#boundaries.slice(1 - REMEMBERED), boundary];
    return boundary;
  }
}

/** Wall time of a moment of the boundary's run, epoch ms. */
export function pdtAt(boundary: Boundary, time: number): number {
  return boundary.pdt + (time - boundary.start) / 1_000;
}
