import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';

export interface FrontLaneOptions {
  /** Its requests and responses are what the steps are given. */
  web: Express;
  /** What the paths of the endpoints lie below. */
  base: string;
  /** Taken by every request before it is below `base`, and there, in the order in which `web` has them. */
  outside: RequestHandler[];
  inside: RequestHandler[];
  /** By method and path: what each endpoint itself consists of. */
  endpoints: Record<string, readonly RequestHandler[]>;
  refuse: ErrorRequestHandler;
}

interface Lane {
  method: string;
  path: string;
  /** Plain values alone: what has to be decoded, or has a query, goes the long way. */
  pattern: RegExp;
  names: string[];
  steps: readonly RequestHandler[];
}

/**
 * A few endpoints that a whole crowd asks for at once, answered past the framework's routing, which took as long for each request as all that
 * was done for it. Every step is the same that the framework would take, in the same order.
 * @returns a handler; `otherwise` is called for everything else
 */
export function createFrontLane({ web, base, outside, inside, endpoints, refuse }: FrontLaneOptions) {
  const enter: RequestHandler = (req, _res, next) => {
    req.originalUrl = req.url;
    req.baseUrl = base;
    req.url = req.url.slice(base.length);
    next();
  };
  const lanes = Object.entries(endpoints).map(([key, own]): Lane => {
    const [method, path] = key.split(' ') as [string, string];
    return {
      method,
      path,
      pattern: new RegExp(`^${base}${path.replace(/:\w+/g, '([\\w-]+)')}$`),
      names: [...path.matchAll(/:(\w+)/g)].map(([, name]) => name as string),
      steps: [...outside, enter, ...inside, ...own],
    };
  });

  function serve(
    { path, names, steps }: Lane,
    values: string[],
    message: IncomingMessage,
    answer: ServerResponse,
  ): void {
    const req: Request = Object.setPrototypeOf(message, web.request);
    const res: Response = Object.setPrototypeOf(answer, web.response);
    req.res = res;
    res.req = req;
    res.locals = {};
    req.params = Object.fromEntries(names.map((name, n) => [name, values[n] as string]));
    req.route = { path };
    let taken = 0;
    const next = (error?: unknown): void => {
      if (error !== undefined) {
        refuse(error, req, res, next);
        return;
      }
      const step = steps[taken];
      taken += 1;
      try {
        const done: unknown = step?.(req, res, next);
        if (done instanceof Promise) done.catch(next);
      } catch (thrown) {
        next(thrown);
      }
    };
    next();
  }

  return (req: IncomingMessage, res: ServerResponse, otherwise: () => void): void => {
    for (const lane of lanes) {
      const found = req.method === lane.method ? lane.pattern.exec(req.url ?? '') : null;
      if (!found) continue;
      serve(lane, found.slice(1), req, res);
      return;
    }
    otherwise();
  };
}
