import type { CorrectionChange } from '#contract/corrections.ts';
import { type Coverage, lengthOf, type Span, unite, without } from './credit.ts';

/*
 * What corrections (更正) do to credited time. The rule, as it stands on pages and in exports:
 *
 *   Stretches of presence or absence that a correction states are put to, or taken from, what was attended, in the order of the
 *   record; then differences are added. The result is never below nothing, nor longer than the class.
 *   A correction that was withdrawn counts as if it had never been made.
 */

/** A correction as the chain has it. `from`, `to` of a `difference` mean nothing. */
export interface CorrectionFact extends Span {
  id: string;
  effect: CorrectionChange['effect'] | 'withdrawal';
  deltaMs: number | null;
  /** Which correction a `withdrawal` takes back. */
  withdraws: string | null;
}

/** Credited milliseconds: what `attended` comes to after `corrections`, of a class that credits at most `limitMs`. */
export function corrected(attended: Coverage, corrections: readonly CorrectionFact[], limitMs: number): number {
  return Math.min(Math.max(0, unlimited(attended, corrections)), Math.max(limitMs, lengthOf(attended)));
}

/** The same without the limits: a correction that would need them is refused, so that each is exactly its difference. */
export function unlimited(attended: Coverage, corrections: readonly CorrectionFact[]): number {
  const valid = inForce(corrections);
  const stated = valid.reduce<Coverage>((coverage, { effect, from, to }) => {
    if (effect === 'present') return unite(coverage, [{ from, to }]);
    return effect === 'absent' ? without(coverage, [{ from, to }]) : coverage;
  }, attended);
  return valid.reduce((sum, { deltaMs }) => sum + (deltaMs ?? 0), lengthOf(stated));
}

/** Corrections that nothing has taken back. */
export function inForce(corrections: readonly CorrectionFact[]): CorrectionFact[] {
  const withdrawn = new Set(corrections.map(({ withdraws }) => withdraws));
  return corrections.filter(({ id, effect }) => effect !== 'withdrawal' && !withdrawn.has(id));
}
