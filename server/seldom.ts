import type { Clock } from './clock.ts';

const EVERY_MS = 1_000;

/**
 * Whether something that may happen to thousands at once is to be logged now: each kind once a second.
 * A line costs a worker more than the refusal that it tells of; a worker that logged each one would be kept from its work by that alone.
 * @returns how many of the kind were left out since its last line; null: leave this one out, too
 */
export function createSeldom(clock: Clock): (kind: string) => number | null {
  const kinds = new Map<string, { at: number; leftOut: number }>();
  return (kind) => {
    const now = clock();
    const known = kinds.get(kind);
    if (known && now - known.at < EVERY_MS) {
      known.leftOut += 1;
      return null;
    }
    kinds.set(kind, { at: now, leftOut: 0 });
    return known?.leftOut ?? 0;
  };
}
