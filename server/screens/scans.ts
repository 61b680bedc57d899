import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '#contract/common.ts';
import { SCAN_TICKET_MS } from '#contract/screens.ts';
import { hmacKey } from '../keys.ts';
import { claimsOf } from '../live/claims.ts';

/*
 * A code lives for twenty seconds, which an old phone on a slow network does not need to meet with a name: it is checked as the address is
 * opened, and gives that phone a ticket with which one person signs in within three minutes.
 */

const ScanClaims = z.object({ scn: Id, jti: Id, iat: z.int(), exp: z.int() });

export interface Scan {
  screenId: string;
  /** Spent by the first person who signs in with it. */
  ticketId: string;
}

export function signScan(secret: string, screenId: string, now: number): string {
  const iat = Math.floor(now / 1_000);
  const claims: z.infer<typeof ScanClaims> = {
    scn: screenId,
    jti: randomUUID(),
    iat,
    exp: iat + SCAN_TICKET_MS / 1_000,
  };
  return jwt.sign(claims, hmacKey(secret), { algorithm: 'HS256' });
}

/** Null for a ticket that is forged or too old. */
export function readScan(secret: string, ticket: string, now: number): Scan | null {
  const claims = claimsOf(ScanClaims, secret, ticket, now);
  return claims && { screenId: claims.scn, ticketId: claims.jti };
}
