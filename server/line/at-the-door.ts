import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Request, RequestHandler } from 'express';
import type { EndpointKey } from '#contract/api.ts';
import { PLACE_HEADER } from '#contract/plain.ts';
import { AppError } from '../errors.ts';
import { principalOf } from '../http.ts';
import type { WaitingLine } from './line.ts';
import type { Place } from './place.ts';

/** What a learner asks for on the way into a class, below `/api/v1`. */
export const ENTRY = [
  'GET /join/unit/:joinCode',
  'POST /join/unit/:joinCode',
  'POST /join/link',
  'GET /my/sessions',
  'POST /sessions/:sessionId/ticket',
] as const satisfies EndpointKey[];

const PATTERNS = ENTRY.map((key) => new RegExp(`^${key.replace(/:\w+/, '[^/]+')}$`));

/** Lets entry requests in, or puts them in line. Officers come in by other ways, and are never kept from the desk. */
export function atTheDoor(line: Pick<WaitingLine, 'ask'>): RequestHandler {
  return async (req, res, next) => {
    const asked = `${req.method} ${req.path}`;
    const isEntry = PATTERNS.some((pattern) => pattern.test(asked));
    if (!isEntry || principalOf(req).grants.length > 0) {
      next();
      return;
    }
    const verdict = await line.ask(req.get(PLACE_HEADER));
    if (!verdict.in) {
      const { token, ahead, seconds, retryMs } = verdict;
      res.set(PLACE_HEADER, token);
      throw new AppError('in-line', { ahead, seconds, retryMs });
    }
    res.once('close', verdict.leave);
    if (verdict.token !== null) res.set(PLACE_HEADER, verdict.token);
    (req as Request & { place?: Place | null }).place = verdict.place;
    next();
  };
}

/** For whom this request had to wait; null: nobody did. */
export function placeOf(req: Request): Place | null {
  return (req as Request & { place?: Place | null }).place ?? null;
}

/** How late the event loop was since this was asked last, ms. */
export function createLateness(): () => number {
  const delays = monitorEventLoopDelay({ resolution: 20 });
  delays.enable();
  let known = 0;
  let askedAt = performance.now();
  return () => {
    if (performance.now() - askedAt < 500) return known;
    askedAt = performance.now();
    const mean = delays.mean / 1e6;
    known = Number.isFinite(mean) ? mean : 0;
    delays.reset();
    return known;
  };
}
