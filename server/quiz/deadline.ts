/** For viewers whose picture lags, and for an answer that is sent again after a reconnect. */
const GRACE_MS = 15_000;

/** Answers received in time may still be on their way into the table when the time is over. */
export const SETTLE_MS = 1_000;

/** Answers are taken up to here, epoch ms: media time + duration + 15 s. */
export function deadlineOf(question: { openedPdt: number; durationMs: number }): number {
  return question.openedPdt + question.durationMs + GRACE_MS;
}
