import type { Fragment } from './fmp4.ts';
import { SHORTEST_PART_MS } from './parts.ts';

/*
 * The cut rules. A fragment of the encoder is a part; a segment is a run of parts that begins with a key frame.
 * Durations are microseconds.
 */

/** A segment is not cut before it has this length. */
export const SEGMENT_TARGET = 2_000_000;

/** Publishers stamp frames in whole milliseconds: a segment of 1.999 s is one of 2 s. */
const SLACK = 50_000;

/** No segment is shorter than this, unless its encoder ended. */
export const EARLIEST_CUT = SEGMENT_TARGET - SLACK;

/** A publisher without key frames must not grow a segment for ever; after this it is cut anywhere. */
export const SEGMENT_LIMIT = 10_000_000;

/** What becomes of the next fragment: `skip` it (nothing to decode it with), `append` it, or `cut` a new segment before it. */
export type Placement = 'skip' | 'append' | 'cut';

/** One that is longer would be rounded up to more than the target. */
const SEGMENT_MAX = 2_450_000;

/** How the key frames of a publisher come whose picture is copied. */
export interface Cadence {
  /** After a key frame the next one comes within this; it only ever becomes shorter. */
  within: number;
  /** Their regular distance; null while it is not known. */
  every: number | null;
  /** Whether the part before such a key frame is as long as others are. */
  fillsParts: boolean;
}

/**
 * @param open length so far of the open segment; undefined when none is open
 * @param cadence of key frames, and the length of the part before; undefined where key frames are as far apart as segments
 * are long
 */
export function place(
  open: number | undefined,
  fragment: Pick<Fragment, 'independent'>,
  cadence?: Cadence,
  lastPart = 0,
): Placement {
  if (open === undefined) return fragment.independent ? 'cut' : 'skip';
  if (fragment.independent && open >= earliestCut(cadence)) return 'cut';
  // A key frame ends a part before its time, and only the last of a segment may be so short (rfc8216bis, 4.4.4.9).
  if (cadence && fragment.independent && lastPart < SHORTEST_PART_MS * 1_000) return 'cut';
  return open >= SEGMENT_LIMIT ? 'cut' : 'append';
}

/** The length from which on any key frame begins the next segment: two seconds, or when the one after it could come too late. */
function earliestCut(cadence?: Cadence): number {
  if (!cadence) return EARLIEST_CUT;
  return Math.min(EARLIEST_CUT, SEGMENT_MAX - cadence.within + 1);
}

/** Of timestamps, in the sum of a segment's parts. */
const ROUNDING = 10_000;

/** The length at which the next segment is expected, when key frames come regularly. */
export function expectedCut(cadence?: Cadence): number {
  if (!cadence) return EARLIEST_CUT;
  const every = cadence.every ?? SEGMENT_TARGET;
  const distances = cadence.fillsParts ? Math.ceil(earliestCut(cadence) / every) : 1;
  return distances * every - ROUNDING;
}
