import type { Fragment } from './fmp4.ts';

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

/** @param open length so far of the open segment; undefined when none is open. */
export function place(open: number | undefined, fragment: Pick<Fragment, 'independent'>): Placement {
  if (open === undefined) return fragment.independent ? 'cut' : 'skip';
  if (fragment.independent && open >= EARLIEST_CUT) return 'cut';
  return open >= SEGMENT_LIMIT ? 'cut' : 'append';
}
