import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '#contract/common.ts';
import { hmacKey } from '../keys.ts';
import { claimsOf } from './claims.ts';

/** Long enough for one connection to be made; each reconnect gets one of its own. */
const TICKET_SECONDS = 60;

/** A publish ticket lets one page publish into one session. `use` keeps it apart from the tickets of rooms. */
const PublishClaims = z.object({
  use: z.literal('publish'),
  ses: Id,
  /** The page, over all its connections. */
  pub: Id,
  iat: z.int(),
  exp: z.int(),
});

export interface PublishTicket {
  sessionId: string;
  publisherId: string;
}

/** `now` in epoch ms. */
export function signPublishTicket(secret: string, { sessionId, publisherId }: PublishTicket, now: number): string {
  const iat = Math.floor(now / 1_000);
  const claims: z.infer<typeof PublishClaims> = {
    use: 'publish',
    ses: sessionId,
    pub: publisherId,
    iat,
    exp: iat + TICKET_SECONDS,
  };
  return jwt.sign(claims, hmacKey(secret), { algorithm: 'HS256' });
}

/** Null for a ticket that is forged or expired. */
export function verifyPublishTicket(secret: string, token: string, now: number): PublishTicket | null {
  const claims = claimsOf(PublishClaims, secret, token, now);
  return claims && { sessionId: claims.ses, publisherId: claims.pub };
}
