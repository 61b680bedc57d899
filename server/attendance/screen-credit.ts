import { type Coverage, pairs, type Span, unite } from './credit.ts';

/*
 * What a person before a shared screen (集中观看点) is credited with. The rule, as it stands on pages and in exports:
 *
 *   On a screen a person has attended what the screen played of the session axis between their sign-in and their sign-out.
 *
 * The axis is wall-clock time, so both are points on it. What comes of it is united with the person's other spans (credit.ts): two
 * screens and a phone at once count once.
 */

/** Whether an entry of the record says that somebody has just come to a screen or gone from it, which is a sign of life; that a screen was closed is none. */
export function isSignOfLife(kind: string, reason: string | null): boolean {
  return kind === 'screen' && reason !== null && reason !== 'out:end';
}

/** Somebody's time before a screen, epoch ms; null: they have not signed out. */
export interface Stay {
  signedInAt: number;
  signedOutAt: number | null;
}

/** What of a stretch that a screen played somebody attended, from = to when nothing. In whatever pieces it is reported, the union is the same. */
export function attendedOf(played: Span, { signedInAt, signedOutAt }: Stay): Span {
  const from = Math.max(played.from, signedInAt);
  const to = Math.min(played.to, signedOutAt ?? Number.POSITIVE_INFINITY);
  return to > from ? { from, to } : { from: played.from, to: played.from };
}

/** All that somebody attended on a screen: the whole rule in one call. */
export function screenCoverage(played: Coverage, stays: readonly Stay[]): number[] {
  return unite(
    [],
    stays.flatMap((stay) => pairs(played).map((span) => attendedOf(span, stay))),
  );
}
