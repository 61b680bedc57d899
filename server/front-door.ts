import { existsSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';

const DIST = fileURLToPath(new URL('../dist/client', import.meta.url));
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-authorization'];

/**
 * Passes `/media/*` on to the media process. For trials and small districts: a crowd's picture comes from an edge that
 * talks to media directly, with the same URLs.
 */
export function mediaPassThrough(mediaUrl: string | undefined, logger: Logger): RequestHandler {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2_000 });
  return (req, res, next) => {
    if (!mediaUrl) {
      next(new AppError('media-unavailable'));
      return;
    }
    const headers = Object.fromEntries(Object.entries(req.headers).filter(([name]) => !HOP_BY_HOP.includes(name)));
    const upstream = http.request(
      new URL(req.originalUrl, mediaUrl),
      { method: req.method, headers, agent },
      (answer) => {
        const passed = Object.fromEntries(
          Object.entries(answer.headers).filter(([name]) => !HOP_BY_HOP.includes(name)),
        );
        res.writeHead(answer.statusCode ?? 502, passed);
        pipeline(answer, res, () => undefined);
      },
    );
    upstream.on('error', (error) => {
      if (res.destroyed) return;
      logger.warn({ err: error }, 'media process does not answer');
      next(new AppError('media-unavailable'));
    });
    // A viewer who leaves must not keep a blocking playlist request waiting.
    res.on('close', () => upstream.destroy());
    req.pipe(upstream);
  };
}

/** The built pages. Assets carry a hash in their name and live for a year; the shell is asked for each time. */
export function pages(): RequestHandler {
  const router = express.Router();
  router.use(
    '/assets',
    express.static(path.join(DIST, 'assets'), { immutable: true, maxAge: '1y', index: false, fallthrough: false }),
  );
  router.use(express.static(DIST, { index: false, maxAge: '1h' }));
  router.get('/{*path}', (_req, res, next) => {
    const shell = path.join(DIST, 'index.html');
    if (!existsSync(shell)) {
      next(new AppError('not-found'));
      return;
    }
    res.set('Cache-Control', 'no-cache');
    res.sendFile(shell);
  });
  return router;
}
