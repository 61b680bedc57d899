import { createHmac, timingSafeEqual } from 'node:crypto';

/** Header of a signed message between the app and the media process: `t=<epoch ms>,v1=<hex HMAC-SHA-256 of "t.path.body">`. */
export const SIGNATURE_HEADER = 'x-anke-signature';

/** A signed message older (or newer) than this is refused, so that a captured one can't be replayed later. */
const MAX_AGE_MS = 60_000;

/** Signs `body` for `path`. Like srt.ts it needs Node: only `server/` and `media/` import it. */
export function sign(secret: string, path: string, body: string, now: number): string {
  return `t=${now},v1=${digest(secret, path, body, now)}`;
}

/** True when `header` was made by {@link sign} with the same secret, path and body within the last minute. */
export function verifySignature(
  secret: string,
  path: string,
  body: string,
  header: string | undefined,
  now: number,
): boolean {
  const match = /^t=(\d{1,15}),v1=([0-9a-f]{64})$/.exec(header ?? '');
  if (!match) return false;
  const sentAt = Number(match[1]);
  if (Math.abs(now - sentAt) > MAX_AGE_MS) return false;
  return timingSafeEqual(
    Buffer.from(match[2] as string, 'hex'),
    Buffer.from(digest(secret, path, body, sentAt), 'hex'),
  );
}

function digest(secret: string, path: string, body: string, at: number): string {
  return createHmac('sha256', secret).update(`${at}.${path}.${body}`).digest('hex');
}
