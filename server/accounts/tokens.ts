import { createHmac, timingSafeEqual } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import { Grant } from '#contract/accounts.ts';
import { Id } from '#contract/common.ts';
import { hmacKey } from '../keys.ts';
import type { Principal } from './principal.ts';

export const ACCESS_SECONDS = 600;
export const REFRESH_SECONDS = 30 * 24 * 3_600;

/** The previous refresh token still gives the same successor for this long, because two tabs race. */
const GRACE_MS = 30_000;

const AccessClaims = z.object({
  lid: Id,
  acc: Id.nullable(),
  per: Id.nullable(),
  unt: Id.nullable(),
  nam: z.string(),
  gra: z.array(Grant),
  exp: z.int(),
});

/** `now` in epoch ms. */
export function signAccess(secret: string, principal: Principal, now: number): string {
  const { loginId: lid, accountId: acc, personId: per, unitId: unt, name: nam, grants: gra } = principal;
  const iat = Math.floor(now / 1000);
  return jwt.sign({ lid, acc, per, unt, nam, gra, iat, exp: iat + ACCESS_SECONDS }, hmacKey(secret), {
    algorithm: 'HS256',
  });
}

/** Null for a token that is forged, expired, or of another kind. */
function readAccess(secret: string, token: string, now: number): { principal: Principal; expiresAt: number } | null {
  try {
    const options = { algorithms: ['HS256' as const], clockTimestamp: Math.floor(now / 1000) };
    const claims = AccessClaims.parse(jwt.verify(token, hmacKey(secret), options));
    const principal = {
      loginId: claims.lid,
      accountId: claims.acc,
      personId: claims.per,
      unitId: claims.unt,
      name: claims.nam,
      grants: claims.gra,
    };
    return { principal, expiresAt: claims.exp * 1_000 };
  } catch {
    return null;
  }
}

const TOKENS_KEPT = 5_000;

/**
 * Reads access tokens. Requests come one after the other with the same: what was good stays good until it expires. Whether its login has
 * ended is another question, and asked each time.
 */
export function createAccessTokens(secret: string) {
  const known = new Map<string, { principal: Principal; expiresAt: number }>();
  return {
    /** Null for a token that is forged, expired, or of another kind. `now` in epoch ms. */
    verify(token: string, now: number): Principal | null {
      const before = known.get(token);
      if (before && now < before.expiresAt) return before.principal;
      known.delete(token);
      const read = readAccess(secret, token, now);
      if (!read) return null;
      known.set(token, read);
      if (known.size > TOKENS_KEPT) for (const [oldest] of known) if (known.delete(oldest)) break;
      return read.principal;
    },
  };
}

/**
 * The refresh token of a login's n-th rotation: `<login id>.<n>.<HMAC>`. Derived, so that none is stored and the same
 * successor can be given twice.
 */
export function refreshToken(secret: string, loginId: string, counter: number): string {
  return `${loginId}.${counter}.${refreshMac(secret, loginId, counter).toString('base64url')}`;
}

/** Null when the token was not made by us. */
export function parseRefreshToken(secret: string, token: string): { loginId: string; counter: number } | null {
  const match = /^([0-9a-f-]{36})\.(\d{1,9})\.([A-Za-z0-9_-]{43})$/.exec(token);
  if (!match) return null;
  const [, loginId, counterText, mac] = match as unknown as [string, string, string, string];
  const counter = Number(counterText);
  const expected = refreshMac(secret, loginId, counter);
  const given = Buffer.from(mac, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) ? { loginId, counter } : null;
}

/**
 * What a genuine refresh token with `presented` is worth when the login stands at `current` since `rotatedAt`.
 * `again`: give the present token once more. `reuse`: somebody has an old copy, so the login must end.
 */
export function judgeRefresh(
  presented: number,
  current: number,
  rotatedAt: number,
  now: number,
): 'rotate' | 'again' | 'reuse' {
  if (presented === current) return 'rotate';
  if (presented === current - 1 && now - rotatedAt <= GRACE_MS) return 'again';
  return 'reuse';
}

function refreshMac(secret: string, loginId: string, counter: number): Buffer {
  return createHmac('sha256', secret).update(`${loginId}.${counter}`).digest();
}
