import jwt from 'jsonwebtoken';
import type { z } from 'zod';
import { hmacKey } from '../keys.ts';

/** What a token of ours says; null for one that is forged, expired, or for something else. `now` in epoch ms. */
export function claimsOf<S extends z.ZodType>(
  schema: S,
  secret: string,
  token: string,
  now: number,
): z.output<S> | null {
  try {
    const options = { algorithms: ['HS256' as const], clockTimestamp: Math.floor(now / 1_000) };
    return schema.parse(jwt.verify(token, hmacKey(secret), options));
  } catch {
    return null;
  }
}
