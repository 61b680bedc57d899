import type { RoomPresenceCheck } from '#contract/presence.ts';
import { askedAt, PRESENCE_GRACE_MS } from '#contract/presence-moment.ts';

/** Who missed it is found out after the grace, and told with the next beat. */
const TOLD_BY_MS = 30_000;

/**
 * `ahead`: it is not yet this person's turn. `asking`: their time runs. `over`: it has run out, and what becomes of it is not known yet.
 * `past`: whatever it has cost has been told.
 */
type PresencePhase = 'ahead' | 'asking' | 'over' | 'past';

/** How far a presence check is for one person, with their picture at `axisMs` of the session axis. */
export function presencePhaseOf(
  check: RoomPresenceCheck,
  personId: string,
  axisMs: number,
): { phase: PresencePhase; remainingMs: number } {
  const end = askedAt(check, personId) + check.windowMs;
  const remainingMs = Math.max(0, end - axisMs);
  if (remainingMs > check.windowMs) return { phase: 'ahead', remainingMs };
  if (remainingMs > 0) return { phase: 'asking', remainingMs };
  return { phase: axisMs < end + PRESENCE_GRACE_MS + TOLD_BY_MS ? 'over' : 'past', remainingMs };
}
