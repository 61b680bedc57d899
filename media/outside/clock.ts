/** The end of a live playlist is so old at most: a few segments on their way through encoder and network. */
const MAX_AGE_MS = 45_000;
/** Clocks that are set by the network are not further apart. */
const MAX_AHEAD_MS = 2_000;
/** Dates that were put right once stay so while their end is no older than this. */
const KEPT_WITHIN_MS = 10_000;

/**
 * What to add to an outside playlist's dates for the session axis, ms; null when it has none. Nothing where they agree with our
 * clock as well as a live stream's can. Otherwise so much that its end is now, which puts them ahead by what the way to us took;
 * such a correction is kept while what it gives is no more than ten seconds old, and not ahead of us.
 * @param endDate PROGRAM-DATE-TIME of the playlist's end, epoch ms, just when something was added to it
 * @param now our clock, epoch ms
 * @param before what was said the last time; null when nothing was
 */
export function offsetFor(endDate: number | null, now: number, before: number | null): number | null {
  if (endDate === null) return null;
  const age = now - endDate;
  const fits = (offset: number) => {
    const late = age - offset;
    return late >= -MAX_AHEAD_MS && late <= (offset === 0 ? MAX_AGE_MS : KEPT_WITHIN_MS);
  };
  if (before !== null && fits(before)) return before;
  return fits(0) ? 0 : Math.round(age);
}
