import type { IncomingHttpHeaders } from 'node:http';
import type { RequestHandler } from 'express';
import { AppError } from '../errors.ts';

/**
 * Whether a request with these headers comes from our own pages, as far as the browser says: an `Origin` whose host is
 * neither the host asked for nor the public one is another site. Programs send none and pass; they have no cookies to
 * misuse.
 */
export function isOwnOrigin(headers: IncomingHttpHeaders, publicUrl: string | undefined): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  const from = hostOf(origin);
  if (from === undefined) return false;
  return from === host?.toLowerCase() || (publicUrl !== undefined && from === hostOf(publicUrl));
}

/** Refuses writes that another site's page sends. */
export function refuseForeignOrigin(publicUrl: string | undefined): RequestHandler {
  return (req, _res, next) => {
    const reads = req.method === 'GET' || req.method === 'HEAD';
    if (!reads && !isOwnOrigin(req.headers, publicUrl)) throw new AppError('cross-site');
    next();
  };
}

/** With the port, unless it is the scheme's own. Undefined for `null` and nonsense. */
function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined;
}
