import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '#contract/common.ts';
import { DOOR_TICKET_MS } from '#contract/venues.ts';
import { hmacKey } from '../keys.ts';
import { claimsOf } from '../live/claims.ts';

/*
 * A code at the door lives for twenty seconds: it is checked as its address is opened, and gives that phone a ticket with which one person
 * signs within three minutes.
 */

const DoorClaims = z.object({ door: Id, jti: Id, iat: z.int(), exp: z.int() });

export interface DoorTicket {
  sessionId: string;
  /** Spent by the first person who signs with it. */
  scanId: string;
}

export function signDoorTicket(secret: string, sessionId: string, now: number): string {
  const iat = Math.floor(now / 1_000);
  const claims: z.infer<typeof DoorClaims> = {
    door: sessionId,
    jti: randomUUID(),
    iat,
    exp: iat + DOOR_TICKET_MS / 1_000,
  };
  return jwt.sign(claims, hmacKey(secret), { algorithm: 'HS256' });
}

/** Null for a ticket that is forged or too old. */
export function readDoorTicket(secret: string, ticket: string, now: number): DoorTicket | null {
  const claims = claimsOf(DoorClaims, secret, ticket, now);
  return claims && { sessionId: claims.door, scanId: claims.jti };
}
