/*
 * When each person is asked by a presence check. Both ends work it out by themselves, so that nobody has to tell a crowd one by one.
 * Pure and without imports: the learner's pages carry this file.
 */

/** The time that everybody has to confirm. */
export const PRESENCE_WINDOW_MS = 60_000;

/** As for a question in the room: 12 s that a picture may be behind, and the way here. */
export const PRESENCE_GRACE_MS = 15_000;

/** A confirmation that could not be sent in time is taken for so long after, when the server too missed that connection. */
export const PRESENCE_LATE_MS = 10 * 60_000;

/** How a check asks a crowd, on the session axis. */
export interface PresenceTimes {
  id: string;
  /** Epoch ms. */
  openedPdt: number;
  /** The first and the last are asked so far apart. */
  spreadMs: number;
}

/**
 * A person's own moment on the session axis, epoch ms. The same on all of their devices. Ids end in 32 random bits; those of the
 * check turn the order, so that it is not always the same people who come first. (attendance/presence-store.ts does the same in SQL.)
 */
export function askedAt(check: PresenceTimes, personId: string): number {
  const turned = (lastBits(check.id) + lastBits(personId)) % 2 ** 32;
  return check.openedPdt + Math.floor((turned * check.spreadMs) / 2 ** 32);
}

function lastBits(id: string): number {
  return Number.parseInt(id.slice(-8), 16);
}
