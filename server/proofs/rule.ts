import { randomInt } from 'node:crypto';

/*
 * Who gets a proof of training (参加线上培训证明), as it stands on pages and paper:
 *
 *   Whoever is credited with what completes an online session gets one for it, once nothing played can be reported any more, unless
 *   their unit has not confirmed them. It is withdrawn when less is credited than completes the session, or than it states
 *   (another is issued then), when the unit refuses the person, and by hand. After a withdrawal by hand none is issued by
 *   rule.
 */

/** Without I, O, 0 and 1: read aloud and typed by hand. */
const SYMBOLS = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/** A number nobody guesses: 50 random bits behind the year of issue in Shanghai. */
export function newNumber(issuedAt: number): string {
  const year = new Date(issuedAt + 8 * 3_600_000).getUTCFullYear();
  const symbols = Array.from({ length: 10 }, () => SYMBOLS[randomInt(SYMBOLS.length)]).join('');
  return `${year}-${symbols.slice(0, 5)}-${symbols.slice(5)}`;
}
