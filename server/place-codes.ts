import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Id } from '#contract/common.ts';
import type { ErrorCode } from '#contract/errors.ts';
import type { Throttle } from './accounts/throttle.ts';
import { AppError } from './errors.ts';
import { createGather } from './gather.ts';
import { hmacKey } from './keys.ts';
import { claimsOf } from './live/claims.ts';
import {
  CODE_STEP_MS,
  type CodeVerdict,
  isTyped,
  judgeCode,
  type RotatingCode,
  rotatingCode,
} from './rotating-code.ts';
import type { Services } from './services.ts';

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

/** So many wrong digits at one place within an hour, and it shows ten of them. */
const GUESSES_BEFORE_LONG = 60;
/** Codes that are typed within so long are judged together, ms. */
const TOGETHER_MS = 20;
const MAX_QUEUE = 5_000;
const MAX_BATCH = 500;

interface PlaceKey {
  place: Place;
  id: string;
  secret: Uint8Array;
}

/**
 * Codes of places: what they show, and whether one that came is good. Guesses of digits at one place count together, from wherever they
 * come. Where there are many, the place shows ten digits instead of six: nobody is shut out by whoever guesses, and nobody guesses those.
 */
export function createPlaceCodes(
  { clock, logger, metrics }: Pick<Services, 'clock' | 'logger' | 'metrics'>,
  throttle: Pick<Throttle, 'guesses' | 'guessed'>,
) {
  const keyOf = ({ place, id }: PlaceKey) => `${place} ${id}`;
  const isLong = async (of: PlaceKey) => (await throttle.guesses(keyOf(of))) >= GUESSES_BEFORE_LONG;
  // One after the other, so that a thousand guesses at once are not all judged by what was known before the first.
  const typed = createGather<{ of: PlaceKey; code: string }, CodeVerdict>({
    ...{ maxQueue: MAX_QUEUE, maxBatch: MAX_BATCH, logger },
    intervalMs: TOGETHER_MS,
    eager: true,
    metrics: metrics.gather('typed-codes'),
    key: ({ of }) => keyOf(of),
    async write(key, all) {
      const before = await throttle.guesses(key);
      let wrong = 0;
      const verdicts = all.map(({ of, code }) => {
        const verdict = judgeCode(of.secret, code, clock(), before + wrong >= GUESSES_BEFORE_LONG);
        if (verdict === 'wrong') wrong += 1;
        return verdict;
      });
      const counted = Math.min(wrong, GUESSES_BEFORE_LONG - before);
      if (counted > 0) await throttle.guessed(key, counted);
      if (counted > 0 && before + counted >= GUESSES_BEFORE_LONG)
        logger.warn({ place: key }, 'digits are guessed at a place');
      return verdicts;
    },
  });

  return {
    /** The code of now and the next one, as the place's page shows them; `path` makes the address of a token. */
    async shown(of: PlaceKey, path: (token: string) => string) {
      const long = await isLong(of);
      const now = clock();
      const code = rotatingCode(of.secret, now);
      const shown = ({ token, digits, longDigits }: RotatingCode) => ({
        path: path(token),
        digits: long ? longDigits : digits,
      });
      return {
        code: shown(code),
        next: shown(rotatingCode(of.secret, code.to)),
        msLeft: code.to - now,
        stepMs: CODE_STEP_MS,
      };
    },

    /** @throws AppError `wrong`, `expired`, `busy` */
    async check(
      of: PlaceKey,
      code: string,
      { wrong, expired }: { wrong: ErrorCode; expired: ErrorCode },
    ): Promise<void> {
      const verdict = await (isTyped(code) ? typed.add({ of, code }) : judgeCode(of.secret, code, clock()));
      if (verdict !== 'current') throw new AppError(verdict === 'wrong' ? wrong : expired);
    },
  };
}
