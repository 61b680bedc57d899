/** Confirmations of a whole installation in a second, at the most, when all that are asked press at once. */
const ASKED_PER_SECOND = 2_000;
/** Of more than 120,000 devices more are asked in a second: they have more machines as well. */
const LONGEST_SPREAD_MS = 60_000;

/** How far a picture may be behind when somebody presses: what a page says of it is held to this. */
const BEHIND_MS = 15_000;

/** Between the first and the last person that a check asks, ms. A class that fits into one room is asked at once. */
export function spreadFor(devices: number): number {
  if (devices < ASKED_PER_SECOND / 4) return 0;
  return Math.min(LONGEST_SPREAD_MS, Math.ceil((devices / ASKED_PER_SECOND) * 1_000));
}

/** Where on the session axis somebody was who pressed at `pressedAt`: where their picture was, if that can be. Epoch ms. */
export function momentOf(pdt: number | null, pressedAt: number): number {
  return Math.min(pressedAt, Math.max(pdt ?? pressedAt, pressedAt - BEHIND_MS));
}
