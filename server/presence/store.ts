import { PRESENCE_GRACE_MS } from '#contract/presence-moment.ts';
import type { PresenceCheck } from '#prisma/client.ts';

export type CheckRow = PresenceCheck;

/** Confirmations are taken up to here from whom it asks last, epoch ms. */
export function lastDeadline(check: Pick<CheckRow, 'openedPdt' | 'spreadMs' | 'windowMs'>): number {
  return Number(check.openedPdt) + check.spreadMs + check.windowMs + PRESENCE_GRACE_MS;
}
