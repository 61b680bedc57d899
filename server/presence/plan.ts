const MINUTE_MS = 60_000;
/** Of each stretch, so that two checks don't follow each other at once, and nobody can tell when the next one comes. */
const EARLIEST_SHARE = 0.25;
const LATEST_SHARE = 0.95;
/** A class that runs over goes on being asked. */
const OVERTIME_MS = 4 * 60 * MINUTE_MS;

/**
 * When a class is asked by itself: once in each stretch of `everyMinutes` from its start on, at a moment drawn at random. Epoch ms, in
 * order; none when `everyMinutes` is 0.
 */
export function planMoments(
  { startedAt, plannedMinutes, everyMinutes }: { startedAt: number; plannedMinutes: number; everyMinutes: number },
  random: () => number = Math.random,
): number[] {
  if (everyMinutes === 0) return [];
  const count = Math.ceil((plannedMinutes * MINUTE_MS + OVERTIME_MS) / (everyMinutes * MINUTE_MS));
  return Array.from({ length: count }, (_, n) => startedAt + drawMoment(n, everyMinutes, random));
}

/** A moment of the `n`-th stretch (from 0) of `everyMinutes`, ms from the beginning of the first. */
export function drawMoment(n: number, everyMinutes: number, random: () => number = Math.random): number {
  const share = EARLIEST_SHARE + random() * (LATEST_SHARE - EARLIEST_SHARE);
  return Math.round((n + share) * everyMinutes * MINUTE_MS);
}
