import type { SessionState } from '#contract/courses.ts';

/** What may follow each state of a session. Nothing skips a state; only a scheduled session can go back. */
const NEXT: Record<SessionState, readonly SessionState[]> = {
  draft: ['scheduled'],
  scheduled: ['draft', 'live'],
  live: ['ended'],
  ended: ['archived'],
  archived: [],
};

export function mayBecome(from: SessionState, to: SessionState): boolean {
  return NEXT[from].includes(to);
}

/** The class has begun, so that its time, length and mode are facts and not plans any more. */
export function hasStarted(state: SessionState): boolean {
  return state !== 'draft' && state !== 'scheduled';
}

/** Over: nothing more happens in it. */
export function isOver(state: SessionState): boolean {
  return state === 'ended' || state === 'archived';
}

const DAY_MS = 86_400_000;
const PAST_MS = DAY_MS;
const AHEAD_MS = 366 * DAY_MS;

/** Why a session can't be planned for `startsAt`, as a word of contract/errors.ts; null when it can. Epoch milliseconds. */
export function startProblem(startsAt: number, now: number): 'start-in-the-past' | 'start-too-far-ahead' | null {
  // A day of grace: a class that was held over the telephone yesterday may still be put in.
  if (startsAt < now - PAST_MS) return 'start-in-the-past';
  if (startsAt > now + AHEAD_MS) return 'start-too-far-ahead';
  return null;
}
