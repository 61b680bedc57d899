import type { ChainedEntry } from './chain.ts';
import { lengthOf, unite } from './credit.ts';

/** Credited time of everybody in a session, from their entries one after the other: what the rule makes of them. */
export function createRecomputation() {
  const coverage = new Map<string, number[]>();

  return {
    add({ personId, from, to }: Pick<ChainedEntry, 'personId' | 'from' | 'to'>): void {
      const known = coverage.get(personId) ?? [];
      const end = known.length - 1;
      // Nearly every entry goes on where the one before ended.
      if (end > 0 && from >= (known[end - 1] as number) && from <= (known[end] as number)) {
        known[end] = Math.max(known[end] as number, to);
      } else {
        coverage.set(personId, unite(known, [{ from, to }]));
      }
    },

    /** Milliseconds. 0 for somebody without entries. */
    creditedMs: (personId: string): number => lengthOf(coverage.get(personId) ?? []),

    /** Everybody who has entries. */
    people: (): Iterable<string> => coverage.keys(),
  };
}
