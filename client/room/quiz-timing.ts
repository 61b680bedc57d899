import type { RoomLiveQuestion } from '#contract/live.ts';

/**
 * How far the picture may be behind before a question is shown without it: as far as a player may fall behind, and still within the
 * 15 s for which the server waits after the deadline.
 */
const WITHOUT_PICTURE_MS = 12_000;

/** Where a viewer is on the session axis: at the frame shown, or, with the picture stuck, at least not hopelessly behind. */
export function axisNow(pdtMs: number | null, serverNowMs: number): number {
  return Math.max(pdtMs ?? 0, serverNowMs - WITHOUT_PICTURE_MS);
}

/** `ahead`: the picture is not there yet. `over`: the time to answer has run out, the result is not out yet. */
export type Phase = 'ahead' | 'open' | 'over' | 'closed';

/** Whether an answer to it would still be in time, for somebody who comes back to the class as it runs. */
export function stillAsked(
  question: Pick<RoomLiveQuestion, 'openedPdt' | 'durationMs' | 'closed'>,
  nowMs: number,
): boolean {
  return !question.closed && nowMs < question.openedPdt + question.durationMs;
}

export function phaseOf(
  question: Pick<RoomLiveQuestion, 'openedPdt' | 'durationMs' | 'closed'>,
  axisMs: number,
): { phase: Phase; remainingMs: number } {
  const remainingMs = Math.max(0, question.openedPdt + question.durationMs - axisMs);
  if (question.closed) return { phase: 'closed', remainingMs: 0 };
  if (axisMs < question.openedPdt) return { phase: 'ahead', remainingMs };
  return { phase: remainingMs > 0 ? 'open' : 'over', remainingMs };
}
