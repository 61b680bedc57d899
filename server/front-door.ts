import http from 'node:http';
import { type Duplex, pipeline } from 'node:stream';
import type { RequestHandler } from 'express';
import { PUBLISH_PATH } from '#contract/publish.ts';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';
import { intercept, tunnel } from './upgrades.ts';

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'proxy-authorization'];

/**
 * Passes `/media/*` on to the media process. For trials and small districts: a crowd's picture comes from an edge that
 * talks to media directly, with the same URLs. An officer's uploads always come this way.
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

/**
 * Passes pages that publish on to the media process. Call it after the sockets are attached to `server`: they end every
 * upgrade that they don't know.
 */
export function publishPassThrough(server: http.Server, mediaUrl: string | undefined): void {
  intercept(server, 'upgrade', (req: http.IncomingMessage, socket: Duplex, head: Buffer) => {
    if (req.url !== PUBLISH_PATH) return false;
    if (mediaUrl) {
      const { hostname, port } = new URL(mediaUrl);
      tunnel(req, socket, head, { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) });
    } else socket.end('HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    return true;
  });
}
