import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { PlaybackClaims } from '#contract/media.ts';
import { PLAYBACK_TTL_SECONDS } from '#contract/plain.ts';
import { hmacKey } from '../keys.ts';

/** A token for `/media/<prefix>/`, which the media process checks by itself. `now` in epoch ms. */
export function signPlayback(
  secret: string,
  who: { personId: string; sessionId: string; prefix: string; film?: string },
  now: number,
): string {
  const iat = Math.floor(now / 1_000);
  const claims: PlaybackClaims = {
    sub: who.personId,
    ses: who.sessionId,
    pfx: who.prefix,
    ...(who.film !== undefined && { film: who.film }),
    jti: randomUUID(),
    iat,
    exp: iat + PLAYBACK_TTL_SECONDS,
  };
  return jwt.sign(claims, hmacKey(secret), { algorithm: 'HS256' });
}

/** A token is renewed with a beat once it is past half its life. */
export const PLAYBACK_RENEW_MS = (PLAYBACK_TTL_SECONDS * 1_000) / 2;
