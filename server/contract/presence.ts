import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';
import { ReplayStatus } from './replay.ts';

/** A presence check (在线确认) as the room sees it. When each person is asked is worked out from it: presence-moment.ts. */
export const RoomPresenceCheck = z.object({
  id: Id,
  /** Epoch ms on the session axis. */
  openedPdt: z.int(),
  windowMs: z.int(),
  spreadMs: z.int(),
});
export type RoomPresenceCheck = z.infer<typeof RoomPresenceCheck>;

/** Where a person stands with the checks of a session. */
export const PresenceStanding = z.object({
  /** The check that they confirmed last, on any device. */
  confirmed: Id.nullable(),
  /** A check was missed and there was no sign of life since: from here on the session axis, epoch ms, nothing is credited. */
  missedFrom: z.int().nullable(),
});
export type PresenceStanding = z.infer<typeof PresenceStanding>;

/** What a page sends when the person says that they are there. */
export const PresenceConfirmation = z.object({
  /** The check that is confirmed; null: a sign of life without one, after a check was missed. */
  checkId: Id.nullable(),
  /** How long ago the person pressed, by the device's own measure: more than a moment when it could not be sent at once. */
  pressedAgoMs: z.int().min(0).max(86_400_000).default(0),
  /** Where the picture was then, on the session axis, epoch ms; null without a picture. */
  pdt: z.int().min(0).max(9_000_000_000_000).nullable().default(null),
});
export type PresenceConfirmation = z.infer<typeof PresenceConfirmation>;

/** Stored for good, also when it was before. */
export const PresenceStored = z.object({
  stored: z.literal(true),
  creditedMs: z.int(),
  standing: PresenceStanding,
  /** Of who watches the replay. */
  replay: ReplayStatus.optional(),
});
export type PresenceStored = z.infer<typeof PresenceStored>;

/** A check as the console sees it. */
export const PresenceCheck = z.object({
  id: Id,
  sessionId: Id,
  openedAt: Instant,
  openedPdt: z.int(),
  windowMs: z.int(),
  spreadMs: z.int(),
  /** When the last person's time is over, the grace for pictures that are behind included. */
  closesAt: Instant,
  byHand: z.boolean(),
  /** asking: confirmations are taken. settling: it is being found out who missed it. cancelled: the class ended before it was over. */
  state: z.enum(['asking', 'settling', 'settled', 'cancelled']),
  /** People, each once. */
  confirmed: z.int(),
  /** People who were asked and have not confirmed; final once it is settled, and until then those who report that they watch. */
  unconfirmed: z.int(),
});
export type PresenceCheck = z.infer<typeof PresenceCheck>;

export const presenceEndpoints = endpoints({
  'POST /sessions/:sessionId/presence-checks': {
    summary: 'Ask everybody in a live class to confirm that they are there',
    action: 'presence:open',
    target: 'session',
    response: PresenceCheck,
  },
  'GET /sessions/:sessionId/presence-checks': {
    summary: 'Presence checks of a session with their results, newest first',
    action: 'presence:read',
    target: 'session',
    response: z.array(PresenceCheck),
  },
  'POST /presence': {
    summary: 'Confirm presence where no socket gets through, proved by the ticket alone',
    action: 'presence:confirm',
    target: 'none',
    body: PresenceConfirmation.extend({ ticket: z.string().max(2_000) }),
    response: PresenceStored,
  },
});
