import http from 'node:http';
import type { Socket } from 'node:net';
import { PLAYBACK_COOKIE } from '#contract/plain.ts';
import { MediaError, type MediaErrorCode, problemOf } from './errors.ts';
import type { Logger } from './logger.ts';

export const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
export const MEDIA_TYPE = 'video/mp4';
/** What carries a number never changes. */
export const FOR_EVER = 'public, max-age=31536000, immutable';

/** How long a viewer's connection may do nothing useful, ms. */
export interface Patience {
  /** To say what it wants. */
  headersMs: number;
  /** To have said all of it. */
  requestMs: number;
  /** To read a single byte. */
  idleMs: number;
  /** To read a whole answer: half a megabyte at 70 kbit/s. */
  answerMs: number;
}

const PATIENCE: Patience = { headersMs: 10_000, requestMs: 30_000, idleMs: 30_000, answerMs: 60_000 };

/**
 * Who may read: anybody's page. The token is what opens the door, it is in the address where pages are of another
 * origin, and cookies never go along with a wildcard.
 */
const SHARED = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };

/** Headers of TCP and IP on top of what is written to a connection. */
const BELOW_HTTP = 1.04;
const COUNT_EVERY_MS = 500;

type Answer = (req: http.IncomingMessage, res: http.ServerResponse) => Promise<void>;

/** A server for viewers: every refusal is a problem document with a code, and who dawdles is cut off. */
export function createViewerServer(
  answer: Answer,
  logger: Logger,
  patience: Partial<Patience> = {},
  onSent: (bytes: number) => void = () => undefined,
): http.Server {
  const { headersMs, requestMs, idleMs, answerMs } = { ...PATIENCE, ...patience };
  const settings = {
    keepAliveTimeout: 65_000,
    requestTimeout: requestMs,
    headersTimeout: headersMs,
    connectionsCheckingInterval: Math.min(5_000, headersMs),
  };
  /** Bytes that were counted, by open connection: not by answer, of which one to HEAD names a length that is not sent. */
  const counted = new Map<Socket, number>();
  const count = (socket: Socket) => {
    const before = counted.get(socket) ?? 0;
    if (socket.bytesWritten === before) return;
    onSent(Math.round((socket.bytesWritten - before) * BELOW_HTTP));
    counted.set(socket, socket.bytesWritten);
  };
  const server = http.createServer(settings, (req, res) => {
    // A viewer who reads nothing for so long holds memory for nothing.
    res.setTimeout(idleMs, () => res.destroy());
    res.once('prefinish', () => {
      const timer = setTimeout(() => res.destroy(), answerMs);
      res.once('close', () => clearTimeout(timer));
    });
    answer(req, res).catch((error: unknown) => {
      if ((error as Error)?.name === 'AbortError') return;
      const code = error instanceof MediaError ? error.code : 'internal';
      if (code === 'internal') logger.error({ err: error }, 'a request failed');
      refuse(req, res, code);
    });
  });
  server.on('connection', (socket) => {
    counted.set(socket, 0);
    socket.once('close', () => {
      count(socket);
      counted.delete(socket);
    });
  });
  // A file of gigabytes is sent over minutes.
  const counting = setInterval(() => {
    for (const socket of counted.keys()) count(socket);
  }, COUNT_EVERY_MS).unref();
  server.once('close', () => clearInterval(counting));
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

/** A whole answer, or the range that is asked of it. */
export interface Content {
  /** Other than 200 it is given as it is. */
  status?: number;
  bytes: Buffer;
  type: string;
  caching: string;
  /** The same bytes compressed, for those who take it. */
  gzip?: Buffer | undefined;
  headers?: http.OutgoingHttpHeaders | undefined;
}

/** @throws MediaError `bad-range` */
export function send(req: http.IncomingMessage, res: http.ServerResponse, content: Content): void {
  if (res.destroyed) return;
  const { bytes, gzip, type, caching } = content;
  const headers: http.OutgoingHttpHeaders = {
    'content-type': type,
    'cache-control': caching,
    'x-content-type-options': 'nosniff',
    ...SHARED,
    ...content.headers,
  };
  let sent = bytes;
  let status = content.status ?? 200;
  if (gzip) {
    headers.vary = 'accept-encoding';
    if (takesGzip(req)) {
      headers['content-encoding'] = 'gzip';
      sent = gzip;
    }
  } else if (status === 200) {
    headers['accept-ranges'] = 'bytes';
    const range = rangeOf(req.headers.range, bytes.length);
    if (range) {
      headers['content-range'] = `bytes ${range.from}-${range.to - 1}/${bytes.length}`;
      sent = bytes.subarray(range.from, range.to);
      status = 206;
    }
  }
  headers['content-length'] = sent.length;
  res.writeHead(status, headers);
  res.end(req.method === 'HEAD' ? undefined : sent);
}

/** Says which methods and headers another origin's page may use. @returns whether that was asked */
export function answeredPreflight(req: http.IncomingMessage, res: http.ServerResponse): boolean {
  if (req.method !== 'OPTIONS') return false;
  res.writeHead(204, {
    ...SHARED,
    'access-control-allow-methods': 'GET, HEAD',
    'access-control-allow-headers': 'Range',
    'access-control-max-age': '86400',
  });
  res.end();
  return true;
}

/** What a viewer without a token in the address has to show. */
export function playbackCookie(req: http.IncomingMessage): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === PLAYBACK_COOKIE) return value;
  }
  return undefined;
}

/** Fires when who asked has gone. */
export function leftSignal(res: http.ServerResponse): AbortSignal {
  const left = new AbortController();
  res.on('close', () => left.abort());
  return left.signal;
}

function takesGzip(req: http.IncomingMessage): boolean {
  return /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/.test(String(req.headers['accept-encoding'] ?? ''));
}

/** One range; anything else is answered whole, as RFC 9110 allows. @throws MediaError `bad-range` */
export function rangeOf(header: string | undefined, length: number): { from: number; to: number } | null {
  const match = /^bytes=(\d{1,12})-(\d{0,12})$/.exec(header ?? '');
  if (!match) return null;
  const from = Number(match[1]);
  const to = match[2] ? Math.min(Number(match[2]) + 1, length) : length;
  if (from >= to) throw new MediaError('bad-range');
  return { from, to };
}

function refuse(req: http.IncomingMessage, res: http.ServerResponse, code: MediaErrorCode): void {
  if (res.destroyed || res.headersSent) {
    res.destroy();
    return;
  }
  const problem = problemOf(code);
  const text = JSON.stringify(problem);
  res.writeHead(problem.status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    ...(code === 'busy' && { 'retry-after': '1' }),
    ...SHARED,
  });
  res.end(req.method === 'HEAD' ? undefined : text);
}
