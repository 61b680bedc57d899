/*
 * What every playlist says of the segments that it does not list. Durations are microseconds.
 */

/** A delta update leaves out what is further from the end than this many target durations (rfc8216bis, 4.4.3.8). */
export const SKIP_UNTIL_TARGETS = 6;

interface Numbered {
  msn: number;
  discontinuity: boolean;
  /** How many discontinuities there were up to here, this segment's own included. */
  discontinuitySequence: number;
}

/** The numbers of a playlist that begins with this segment; of one without segments they are zero. */
export function numbersFrom(first: Numbered | undefined): { mediaSequence: number; discontinuitySequence: number } {
  if (!first) return { mediaSequence: 0, discontinuitySequence: 0 };
  const { msn, discontinuity, discontinuitySequence } = first;
  return { mediaSequence: msn, discontinuitySequence: discontinuitySequence - (discontinuity ? 1 : 0) };
}

/** Whole seconds: at least the rounded length of the longest segment. */
export function targetDurationOf(longest: number): number {
  return Math.max(2, Math.round(longest / 1_000_000));
}

/** How many of the first `count` segments end before the last `micros` of them begin. */
export function countBefore<T>(
  segments: readonly T[],
  count: number,
  micros: number,
  lengthOf: (of: T) => number,
): number {
  let after = 0;
  let at = count;
  while (at > 0 && after < micros) {
    at -= 1;
    after += lengthOf(segments[at] as T);
  }
  return at;
}
