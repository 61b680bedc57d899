import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '#contract/common.ts';
import type { ErrorCode } from '#contract/errors.ts';
import type { Throttle } from './accounts/throttle.ts';
import { AppError } from './errors.ts';
import { hmacKey } from './keys.ts';
import { claimsOf } from './live/claims.ts';
import { isTyped, judgeCode } from './rotating-code.ts';

/*
 * A place's code lives for twenty seconds, which an old phone on a slow network does not need to meet with a name: it is checked as its address
 * is opened, and gives that phone a ticket with which one person signs within three minutes.
 */

export type Place = 'screen' | 'door';

/** Within so long a ticket is good for one person. */
export const PLACE_TICKET_MS = 3 * 60_000;

export interface PlaceTicket {
  /** Of the screen, or of the session at whose door it was got. */
  placeId: string;
  /** Spent by the first person who signs with it. */
  ticketId: string;
}

const Claims = z.object({ place: z.enum(['screen', 'door']), id: Id, jti: Id, iat: z.int(), exp: z.int() });

export function signPlaceTicket(secret: string, place: Place, placeId: string, now: number): string {
  const iat = Math.floor(now / 1_000);
  const claims: z.infer<typeof Claims> = {
    ...{ place, id: placeId, jti: randomUUID(), iat },
    exp: iat + PLACE_TICKET_MS / 1_000,
  };
  return jwt.sign(claims, hmacKey(secret), { algorithm: 'HS256' });
}

/** Null for a ticket that is forged, too old, or of another kind of place. */
export function readPlaceTicket(secret: string, place: Place, ticket: string, now: number): PlaceTicket | null {
  const claims = claimsOf(Claims, secret, ticket, now);
  return claims?.place === place ? { placeId: claims.id, ticketId: claims.jti } : null;
}

/**
 * Checks a code of a place that is known. Guesses of digits at one place count together, from wherever they come; who scans is not held up
 * by them.
 * @throws AppError `wrong`, `expired`, `too-many-attempts`
 */
export async function checkCode(
  throttle: Pick<Throttle, 'code'>,
  { place, id, secret }: { place: Place; id: string; secret: Uint8Array },
  code: string,
  now: number,
  { wrong, expired }: { wrong: ErrorCode; expired: ErrorCode },
): Promise<void> {
  const judge = async () => {
    const verdict = judgeCode(secret, code, now);
    if (verdict !== 'current') throw new AppError(verdict === 'wrong' ? wrong : expired);
  };
  await (isTyped(code) ? throttle.code(`${place} ${id}`, wrong, judge) : judge());
}
