import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request, RequestHandler } from 'express';
import type { Metrics } from './metrics.ts';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Below these everything counts as one: what comes after is a file's name, or nobody's. */
const PLACES = ['/api/v1', '/api', '/internal/media', '/internal', '/media', '/uploads', '/assets', '/health'];

/** Counts every request by the pattern of its route, never by its path. */
export function countRequests(metrics: Metrics): RequestHandler {
  return (req, res, next) => {
    const place = placeOf(req.path);
    countRequest(metrics, req, res, () => routeOf(req, place));
    next();
  };
}

/** As {@link countRequests}, for a request that meets no route. */
export function countRequest(
  metrics: Metrics,
  { method = '' }: IncomingMessage,
  res: ServerResponse,
  route: string | (() => string),
): void {
  const begun = performance.now();
  res.once('close', () => {
    const known = METHODS.has(method) ? method : 'other';
    const name = typeof route === 'string' ? route : route();
    metrics.httpRequest(known, name, statusOf(res), (performance.now() - begun) / 1_000);
  });
}

function placeOf(path: string): string {
  return PLACES.find((place) => path === place || path.startsWith(`${place}/`)) ?? '/';
}

/** Express leaves the route that answered, or refused, on the request. */
function routeOf(req: Request, place: string): string {
  const pattern: unknown = req.route?.path;
  if (typeof pattern !== 'string' || place === '/') return place;
  return pattern.startsWith(place) ? pattern : `${place}${pattern}`;
}

/** 499, as nginx writes it, for one whose asker has left without an answer. */
function statusOf(res: ServerResponse): number {
  return res.headersSent ? res.statusCode : 499;
}
