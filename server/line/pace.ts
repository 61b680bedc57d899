/** How a worker is doing, as the line asks. */
export interface Load {
  /** Entry requests under way. */
  underWay: number;
  /** How late the event loop is, ms. */
  delayMs: number;
  /** Queries that wait for a connection. */
  databaseQueue: number;
}

/** Above these a worker is at its limit. The event loop counts only with entries under way: nobody is kept out by a pause of something else. */
export const LATE_MS = 400;
export const DATABASE_QUEUE = 200;

/** People a second that a worker calls at first, at least and at most. */
const FIRST = 40;
const LEAST = 2;
const MOST = 400;
/** A longer pause lets nobody in for it: after it there would be a rush. */
const LONGEST_STEP_MS = 1_000;

export function isAtLimit({ underWay, delayMs, databaseQueue }: Load, limit: number): boolean {
  return underWay >= limit || (underWay > limit / 10 && (delayMs > LATE_MS || databaseQueue > DATABASE_QUEUE));
}

/**
 * How many of the line a worker may call in: evenly, quicker while it has room and slower when it has none, and never more than it may
 * have under way.
 * @param limit entry requests under way
 */
export function createPace(limit: number) {
  let perSecond = Math.min(FIRST, limit);
  let share = 0;
  let before: number | null = null;

  return {
    perSecond: (): number => perSecond,
    /** At `now` (ms of any clock), under this load. */
    next(now: number, load: Load): number {
      const ms = before === null ? 0 : Math.min(Math.max(0, now - before), LONGEST_STEP_MS);
      before = now;
      const room = Math.max(0, limit - load.underWay);
      const growth = ms / 1_000;
      if (isAtLimit(load, limit)) {
        perSecond = Math.max(LEAST, perSecond * 0.5 ** growth);
        share = 0;
        return 0;
      }
      perSecond = Math.min(MOST, perSecond * 1.2 ** growth);
      share += perSecond * growth;
      const called = Math.min(Math.floor(share), room);
      share = Math.min(share - called, 1);
      return called;
    },
  };
}
