import { parseCookie } from 'cookie';
import type { CookieOptions, Response } from 'express';

const ACCESS = 'anke_access';
const REFRESH = 'anke_refresh';
/** Refreshing and both ways to log out lie below it; sockets, media and pages never get the refresh token. */
const REFRESH_PATH = '/api/v1';

/** Reads the two cookies of a `Cookie` header. */
export function readCookies(header: string | undefined): { access: string | undefined; refresh: string | undefined } {
  const cookies = parseCookie(header ?? '');
  return { access: cookies[ACCESS], refresh: cookies[REFRESH] };
}

/** @param maxAgeMs of both: an expired access token is refused by its own date, not by the browser's clock. */
export function setCookies(
  res: Response,
  tokens: { access: string; refresh: string },
  secure: boolean,
  maxAgeMs: number,
): void {
  res.cookie(ACCESS, tokens.access, { ...attributes(secure), path: '/', maxAge: maxAgeMs });
  res.cookie(REFRESH, tokens.refresh, { ...attributes(secure), path: REFRESH_PATH, maxAge: maxAgeMs });
}

export function clearCookies(res: Response, secure: boolean): void {
  res.clearCookie(ACCESS, { ...attributes(secure), path: '/' });
  res.clearCookie(REFRESH, { ...attributes(secure), path: REFRESH_PATH });
}

function attributes(secure: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'lax', secure };
}
