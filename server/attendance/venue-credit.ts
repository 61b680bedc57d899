import type { Window } from './admit.ts';
import type { Span } from './credit.ts';
import { unite } from './credit.ts';

/*
 * What a person at a venue (线下会场) is credited with. The rule, as it stands on pages and in exports:
 *
 *   From the sign-in to the sign-out at the door, within the class. Who does not sign out is credited until the last moment at which
 *   they surely were there: their last sign at the door.
 *
 * The axis is wall-clock time. Each sign after the sign-in is an entry of the stretch since the one before, so that the rule is the union
 * of a person's entries, and what comes of it is united with their other spans (credit.ts): a venue and a phone at once count once.
 */

/** What of the stretch between two signs lies within the class; from = to when nothing. */
export function attendedBetween({ from, to }: Span, { startedAt, endedAt }: Window): Span {
  if (startedAt === null) return { from, to: from };
  const begins = Math.max(from, startedAt);
  const ends = Math.min(to, endedAt ?? to);
  return ends > begins ? { from: begins, to: ends } : { from, to: from };
}

/** All that somebody attended: the whole rule in one call. Of each visit the signs at the door, ascending, the sign-in first. Epoch ms. */
export function venueCoverage(visits: readonly (readonly number[])[], window: Window): number[] {
  return unite(
    [],
    visits.map((signs) => attendedBetween({ from: signs[0] ?? 0, to: signs.at(-1) ?? 0 }, window)),
  );
}
