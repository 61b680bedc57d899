import type { Fleet } from './fleet.ts';

/** People who come first, to find out how many a second are let in; half of them while everything is still cold. */
const PROBES = 4_000;
/** Of them under way at a time, in each generator: more than two cores can work on while each waits to be looked up with others, and fewer than a worker lets in at once. */
const AT_ONCE = 60;
/** Of what is let in at most, so many come: with all of it, each pause of the machine would be a queue that never ends. */
const USABLE = 0.85;
const HEARD_MS = 500;

/** People a second. */
export interface ArrivalRate {
  asked: number;
  /** How many the machine lets in at most, generators included. */
  limit: number;
  /** How many came. */
  came: number;
}

/**
 * Everybody comes for the first time, as fast as was asked, or as the machine lets them in if that is slower. Who came to find that out is not in
 * the samples.
 */
export async function arriveAsFastAsCan(
  fleet: Fleet,
  viewers: number,
  askedMs: number,
  say: (step: string) => void,
): Promise<ArrivalRate> {
  const half = Math.min(PROBES / 2, Math.floor(viewers / 8));
  await fleet.order({ type: 'probe', from: 0, to: half, atOnce: AT_ONCE });
  const begunAt = performance.now();
  await fleet.order({ type: 'probe', from: half, to: 2 * half, atOnce: AT_ONCE });
  const limit = (half / (performance.now() - begunAt)) * 1_000;
  const asked = (viewers / askedMs) * 1_000;
  const came = Math.min(asked, limit * USABLE);
  say(
    `${Math.round(limit)} people a second are let in; ${Math.round(came)} a second come, ${Math.round(asked)} were asked`,
  );
  await arriveWithin(fleet, 2 * half, ((viewers - 2 * half) / came) * 1_000);
  return { asked, limit, came };
}

/** Those from a number on come evenly within so many ms. */
export function arriveWithin(fleet: Fleet, from: number, overMs: number): Promise<number> {
  // A moment later, so that all generators have heard.
  return fleet.order({ type: 'arrive', from, startAt: Date.now() + HEARD_MS, overMs });
}
