import { PRESENCE_GRACE_MS, PRESENCE_WINDOW_MS } from '#contract/presence-moment.ts';
import { drawMoment } from '../presence/plan.ts';

/*
 * Presence checks of somebody who watches a replay: as many as the class had, at moments of the time that they watch. Who goes on
 * watching and does not confirm in their minute has missed it. Who was cut off, or left, in the first half of that minute is asked again
 * when they come back.
 */

/** The time in which a confirmation is taken, and a little for the way. */
const OPEN_MS = PRESENCE_WINDOW_MS + PRESENCE_GRACE_MS;
/** Who has watched for so long after being asked has seen that they were. */
const SEEN_MS = PRESENCE_WINDOW_MS / 2;

/** A check that asks. */
export interface OpenCheck {
  id: string;
  /** By the server's clock, epoch ms. */
  askedAt: number;
  /** How much had been watched then. */
  viewedMs: number;
}

export interface ReplayChecks {
  /** What was watched so far, ms. */
  viewedMs: number;
  /** When that much was watched the next one asks; null: none does. */
  nextMs: number | null;
  open: OpenCheck | null;
}

/** Before anything was watched. `everyMinutes` 0: nobody is asked. */
export function firstChecks(everyMinutes: number, random?: () => number): ReplayChecks {
  return { viewedMs: 0, nextMs: everyMinutes === 0 ? null : drawMoment(0, everyMinutes, random), open: null };
}

/** What became of the check that was open, at `now`. */
export function settle(checks: ReplayChecks, now: number): { checks: ReplayChecks; missed: OpenCheck | null } {
  const { open, viewedMs } = checks;
  if (!open || now <= open.askedAt + OPEN_MS) return { checks, missed: null };
  if (viewedMs - open.viewedMs >= SEEN_MS) return { checks: { ...checks, open: null }, missed: open };
  return { checks: { ...checks, open: { ...open, askedAt: now } }, missed: null };
}

/** After `freshMs` more were watched; asks with `id` if it is time. */
export function watched(
  checks: ReplayChecks,
  { freshMs, now, id, everyMinutes }: { freshMs: number; now: number; id: () => string; everyMinutes: number },
  random?: () => number,
): ReplayChecks {
  const viewedMs = checks.viewedMs + freshMs;
  if (everyMinutes === 0) return { ...checks, viewedMs, nextMs: null };
  const nextMs = checks.nextMs ?? drawMoment(nextStretch(viewedMs, everyMinutes), everyMinutes, random);
  if (checks.open || viewedMs < nextMs) return { ...checks, viewedMs, nextMs };
  const following = drawMoment(nextStretch(nextMs, everyMinutes), everyMinutes, random);
  return { viewedMs, nextMs: Math.max(following, viewedMs), open: { id: id(), askedAt: now, viewedMs } };
}

/** How long it may still be confirmed, as the page shows it, ms. */
export function leftMs(open: OpenCheck, now: number): number {
  const left = open.askedAt + PRESENCE_WINDOW_MS - now;
  // It will be asked again.
  return now > open.askedAt + OPEN_MS ? PRESENCE_WINDOW_MS : Math.max(0, left);
}

function nextStretch(ms: number, everyMinutes: number): number {
  return Math.floor(ms / (everyMinutes * 60_000)) + 1;
}
