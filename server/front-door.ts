import { readFileSync, statSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { type Duplex, pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';
import { PUBLISH_PATH } from '#contract/publish.ts';
import { AppError } from './errors.ts';
import type { Logger } from './logger.ts';
import { intercept, tunnel } from './upgrades.ts';

const DIST = fileURLToPath(new URL('../dist/client', import.meta.url));
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

/** The built pages. Assets carry a hash in their name and live for a year; the shell is asked for each time. */
export function pages(): RequestHandler {
  const router = express.Router();
  router.use(
    '/assets',
    express.static(path.join(DIST, 'assets'), { immutable: true, maxAge: '1y', index: false, fallthrough: false }),
  );
  router.use(express.static(DIST, { index: false, maxAge: '1h' }));
  router.get('/{*path}', (req, res, next) => {
    const shell = path.join(DIST, 'index.html');
    const builtAt = statSync(shell, { throwIfNoEntry: false })?.mtimeMs;
    if (!builtAt) {
      next(new AppError('not-found'));
      return;
    }
    res.set('Cache-Control', 'no-cache');
    if (ROOM_PATH.test(req.path)) res.set('Link', roomPreloads(builtAt));
    // Its policy may have changed while its text has not, and a browser told so keeps the old one.
    const isSettled = res.locals.outsideOrigins?.length === 0;
    res.sendFile(shell, { etag: isSettled, lastModified: isSettled });
  });
  return router;
}

type Manifest = Record<string, { file: string; imports?: string[] }>;

function readManifest(): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(path.join(DIST, '.vite/manifest.json'), 'utf8')) as Manifest;
  } catch {
    return undefined;
  }
}

const ROOM_PATH = /^\/learn\/[^/]+$/;
/** What the room's page imports only once it runs, as Vite's manifest names it. */
const ROOM_ENTRIES = ['room/room.tsx', 'room/player.ts'];
let roomPreload = { builtAt: 0, link: '' };

/** Link header by which a browser fetches the room's program beside the shell's, instead of after it. */
function roomPreloads(builtAt: number): string {
  if (roomPreload.builtAt !== builtAt) {
    const manifest = readManifest();
    // It only makes the room quicker; being built anew, or copied without its dot folders, is no reason to refuse the page.
    if (!manifest) return '';
    const found = new Set<string>();
    const add = (name: string) => {
      const chunk = manifest[name];
      if (!chunk || found.has(chunk.file)) return;
      found.add(chunk.file);
      chunk.imports?.forEach(add);
    };
    ROOM_ENTRIES.forEach(add);
    const link = [...found].map((file) => `</${file}>; rel=modulepreload; crossorigin`).join(', ');
    roomPreload = { builtAt, link };
  }
  return roomPreload.link;
}
