import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '#contract/common.ts';
import { hmacKey } from '../keys.ts';
import { claimsOf } from './claims.ts';

/**
 * What a ticket says: which person enters which session with which page load. `con` is made by the server and signed, so
 * that a duplicated tab can't share it and nobody can beat for somebody else.
 */
const TicketClaims = z.object({
  sub: Id,
  ses: Id,
  con: Id,
  dev: Id,
  unt: Id,
  /** Login by which it was issued; when that ends, so does the room. */
  lid: Id,
  nam: z.string(),
  unm: z.string(),
  /** A shared screen's page, which is nobody's: `sub` is the screen then. */
  scr: z.literal(true).optional(),
  iat: z.int(),
  exp: z.int(),
});

export interface Ticket {
  personId: string;
  sessionId: string;
  connId: string;
  deviceId: string;
  unitId: string;
  loginId: string;
  personName: string;
  unitName: string;
  /** It is a shared screen's; `personId` is the screen's id then. */
  isScreen?: true;
  /** By the server's clock, epoch ms. */
  issuedAt: number;
}

/** Long enough for a page that died to have its last beats sent the next morning; whether they are taken, attendance decides. */
const TICKET_SECONDS = 24 * 3_600;

export function signTicket(secret: string, ticket: Omit<Ticket, 'issuedAt'>, now: number): string {
  const iat = Math.floor(now / 1_000);
  const claims: z.infer<typeof TicketClaims> = {
    sub: ticket.personId,
    ses: ticket.sessionId,
    con: ticket.connId,
    dev: ticket.deviceId,
    unt: ticket.unitId,
    lid: ticket.loginId,
    nam: ticket.personName,
    unm: ticket.unitName,
    ...(ticket.isScreen && { scr: true }),
    iat,
    exp: iat + TICKET_SECONDS,
  };
  return jwt.sign(claims, hmacKey(secret), { algorithm: 'HS256' });
}

/** Null for a ticket that is forged or expired. */
export function verifyTicket(secret: string, token: string, now: number): Ticket | null {
  const claims = claimsOf(TicketClaims, secret, token, now);
  if (!claims) return null;
  return {
    personId: claims.sub,
    sessionId: claims.ses,
    connId: claims.con,
    deviceId: claims.dev,
    unitId: claims.unt,
    loginId: claims.lid,
    personName: claims.nam,
    unitName: claims.unm,
    ...(claims.scr && { isScreen: true }),
    issuedAt: claims.iat * 1_000,
  };
}
