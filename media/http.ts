import http from 'node:http';
import type { z } from 'zod';
import { DenyRequest, EndRequest, RetargetRequest, TakeRequest } from '#contract/media.ts';
import { PLAYBACK_COOKIE } from '#contract/plain.ts';
import { SIGNATURE_HEADER, verifySignature } from '#contract/signature.ts';
import type { Archive, ClosedRecording } from './archive.ts';
import type { Broadcast } from './broadcast.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { Clock } from './clock.ts';
import { MediaError, problemOf } from './errors.ts';
import { SOUND } from './ladder.ts';
import type { Logger } from './logger.ts';
import type { Past } from './past.ts';
import type { Rendition } from './rendition.ts';
import type { Reload, Stream } from './stream.ts';
import type { Tokens } from './tokens.ts';
import type { PreparedVideos } from './videos/prepared-videos.ts';

export interface HttpOptions {
  broadcasts: Broadcasts;
  archive: Archive;
  videos: PreparedVideos;
  tokens: Tokens;
  secret: string;
  clock: Clock;
  logger: Logger;
}

const MAX_URL = 2_048;
const MAX_CONTROL_BYTES = 16 * 1_024;
/** A piece of an upload may take so long on a slow line; nothing else sends us more than a moment's worth. */
const UPLOAD_PIECE_MS = 300_000;
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
const MEDIA_TYPE = 'video/mp4';
/** What carries a number never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/** `/media/[t/<token>/]<prefix>/[<rendition>/]<file>` */
const VIEWER = /^\/media\/(?:t\/([\w.-]{1,1500})\/)?([\w-]{16,64})\/(?:(\w{1,16})\/)?([\w.-]{1,64})$/;
type Optional = string | undefined;

/** Lists of the renditions: near to the class as it runs, or from its first segment on. */
const OVERVIEWS: Record<string, { lists: string; sound: boolean }> = {
  'index.m3u8': { lists: 'live.m3u8', sound: false },
  'sound.m3u8': { lists: 'live.m3u8', sound: true },
  'dvr.m3u8': { lists: 'dvr.m3u8', sound: false },
  'dvr-sound.m3u8': { lists: 'dvr.m3u8', sound: true },
};

const UPLOAD = /^\/media\/videos\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const INIT = /^init-(\d{1,9})\.mp4$/;
const SEGMENT = /^seg-(\d{1,9})\.m4s$/;
const PART = /^part-(\d{1,9})\.(\d{1,4})\.m4s$/;

/** Serves viewers, and the app's controls. Every refusal is a problem document with a code. */
export function createHttp(options: HttpOptions): http.Server {
  const server = http.createServer(
    { keepAliveTimeout: 65_000, headersTimeout: 30_000, requestTimeout: UPLOAD_PIECE_MS },
    (req, res) => {
      // A viewer who reads nothing for so long holds memory for nothing.
      res.setTimeout(30_000, () => res.destroy());
      answer(req, res, options).catch((error: unknown) => {
        if ((error as Error)?.name === 'AbortError') return;
        const code = error instanceof MediaError ? error.code : 'internal';
        if (code === 'internal') options.logger.error({ err: error }, 'a request failed');
        refuse(res, code);
      });
    },
  );
  server.on('clientError', (_, socket) => {
    if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
  });
  return server;
}

async function answer(req: http.IncomingMessage, res: http.ServerResponse, options: HttpOptions): Promise<void> {
  const { url = '' } = req;
  if (url.length > MAX_URL) throw new MediaError('not-found');
  const [path = '', search = ''] = url.split('?', 2);
  if (path.startsWith('/control/')) return control(req, res, path, options);
  const upload = UPLOAD.exec(path)?.[1];
  if (upload) return options.videos.upload(req, res, upload);
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new MediaError('method-not-allowed');
  if (path === '/media/health') return send(req, res, Buffer.from('{"live":true}'), 'application/json', 'no-store');

  const match = VIEWER.exec(path);
  if (!match) throw new MediaError('not-found');
  const [, token, prefix, rendition, file] = match as unknown as [string, Optional, string, Optional, string];
  const claims = options.tokens.check(token ?? cookie(req), prefix);
  const broadcast = options.broadcasts.byPrefix(prefix);
  if (!broadcast) return serveClosed(req, res, await options.archive.find(prefix), rendition, file);
  broadcast.readers.note(claims.jti, options.clock(), rendition && rendition !== SOUND ? rendition : null);
  if (rendition === undefined) return serveOverview(req, res, broadcast, file);
  const found = broadcast.rendition(rendition);
  if (!found) throw new MediaError(broadcast.started ? 'not-found' : 'not-started');
  await serve(req, res, found, file, new URLSearchParams(search));
}

/** A class that is over, with all of it under the addresses that it had. */
async function serveClosed(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  recording: ClosedRecording,
  rendition: Optional,
  file: string,
): Promise<void> {
  if (rendition === undefined) {
    const only = OVERVIEWS[file];
    if (only === undefined) throw new MediaError('not-found');
    const text = recording.multivariant(only.sound ? SOUND : undefined);
    return send(req, res, Buffer.from(text), PLAYLIST_TYPE, 'no-cache');
  }
  const past = recording.rendition(rendition);
  if (!past) throw new MediaError('not-found');
  await servePast(req, res, past, file, false);
}

async function servePast(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  past: Past,
  file: string,
  skip: boolean,
): Promise<void> {
  if (file === 'dvr.m3u8') {
    if (!past.started) throw new MediaError('not-started');
    return send(req, res, Buffer.from(past.playlist(skip)), PLAYLIST_TYPE, 'no-cache');
  }
  const [, init] = INIT.exec(file) ?? [];
  const [, segment] = SEGMENT.exec(file) ?? [];
  if (init === undefined && segment === undefined) throw new MediaError('not-found');
  const bytes = init === undefined ? await past.segment(Number(segment)) : await past.init(Number(init));
  return send(req, res, bytes, MEDIA_TYPE, FOR_EVER);
}

function serveOverview(req: http.IncomingMessage, res: http.ServerResponse, broadcast: Broadcast, file: string): void {
  const overview = OVERVIEWS[file];
  if (!overview) throw new MediaError('not-found');
  if (!broadcast.started) throw new MediaError('not-started');
  const text = broadcast.multivariant(overview.lists, overview.sound ? SOUND : undefined);
  send(req, res, Buffer.from(text), PLAYLIST_TYPE, 'no-cache');
}

async function serve(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  { stream, past }: Rendition,
  file: string,
  query: URLSearchParams,
): Promise<void> {
  const left = new AbortController();
  res.on('close', () => left.abort());
  if (file === 'live.m3u8') {
    const reload = reloadOf(query);
    if (!reload && !stream.started) throw new MediaError('not-started');
    const skip = query.get('_HLS_skip') !== null;
    const text = reload ? await stream.playlistWith({ ...reload, skip }, left.signal) : stream.playlist(skip);
    return send(req, res, Buffer.from(text), PLAYLIST_TYPE, 'no-cache');
  }
  const part = PART.exec(file);
  if (part) {
    const bytes = await stream.part(Number(part[1]), Number(part[2]), left.signal);
    return send(req, res, bytes, MEDIA_TYPE, FOR_EVER);
  }
  const kept = keptOf(stream, file);
  if (kept) return send(req, res, kept, MEDIA_TYPE, FOR_EVER);
  // Older than the window: from the disk, where it is recorded.
  if (!past) throw new MediaError('not-found');
  await servePast(req, res, past, file, query.get('_HLS_skip') !== null);
}

function keptOf(stream: Stream, file: string): Buffer | undefined {
  const [, init] = INIT.exec(file) ?? [];
  if (init !== undefined) return stream.init(Number(init));
  const [, segment] = SEGMENT.exec(file) ?? [];
  if (segment === undefined) return undefined;
  const parts = stream.segment(Number(segment));
  return parts && Buffer.concat(parts);
}

/** rfc8216bis 6.2.5.2. @throws MediaError `bad-request` for a part without its segment or what is no number. */
function reloadOf(query: URLSearchParams): Reload | null {
  const msn = query.get('_HLS_msn');
  const part = query.get('_HLS_part');
  if (msn === null && part === null) return null;
  if (msn === null || !/^\d{1,9}$/.test(msn) || (part !== null && !/^\d{1,4}$/.test(part)))
    throw new MediaError('bad-request');
  return { msn: Number(msn), part: part === null ? undefined : Number(part) };
}

async function control(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  path: string,
  { broadcasts, videos, tokens, secret }: HttpOptions,
): Promise<void> {
  if (req.method !== 'POST') throw new MediaError('not-found');
  const text = await body(req);
  const header = req.headers[SIGNATURE_HEADER];
  if (!verifySignature(secret, path, text, typeof header === 'string' ? header : undefined, Date.now())) {
    throw new MediaError('bad-signature');
  }
  const given = <S extends z.ZodType>(schema: S): z.output<S> => {
    const parsed = schema.safeParse(json(text));
    if (!parsed.success) throw new MediaError('bad-request', { cause: parsed.error });
    return parsed.data;
  };
  switch (path) {
    case '/control/retarget':
      await broadcasts.retarget(given(RetargetRequest).broadcast);
      break;
    case '/control/end':
      await broadcasts.end(given(EndRequest).broadcastId);
      break;
    case '/control/take':
      broadcasts.take(given(TakeRequest));
      break;
    case '/control/deny':
      tokens.deny(given(DenyRequest));
      break;
    case '/control/status':
      return send(
        req,
        res,
        Buffer.from(JSON.stringify({ broadcasts: broadcasts.status() })),
        'application/json',
        'no-store',
      );
    default: {
      const answer = await videos.control(path.slice('/control/'.length), given);
      if (answer) return send(req, res, Buffer.from(JSON.stringify(answer)), 'application/json', 'no-store');
    }
  }
  res.writeHead(204).end();
}

async function body(req: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_CONTROL_BYTES) throw new MediaError('too-large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new MediaError('bad-request', { cause: error });
  }
}

function cookie(req: http.IncomingMessage): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === PLAYBACK_COOKIE) return value;
  }
  return undefined;
}

function send(req: http.IncomingMessage, res: http.ServerResponse, bytes: Buffer, type: string, caching: string): void {
  if (res.destroyed) return;
  const headers: http.OutgoingHttpHeaders = {
    'content-type': type,
    'cache-control': caching,
    'x-content-type-options': 'nosniff',
    'accept-ranges': 'bytes',
  };
  const range = rangeOf(req.headers.range, bytes.length);
  const sent = range ? bytes.subarray(range.from, range.to) : bytes;
  if (range) headers['content-range'] = `bytes ${range.from}-${range.to - 1}/${bytes.length}`;
  headers['content-length'] = sent.length;
  res.writeHead(range ? 206 : 200, headers);
  res.end(req.method === 'HEAD' ? undefined : sent);
}

/** One range; anything else is answered whole, as RFC 9110 allows. @throws MediaError `bad-range` */
function rangeOf(header: string | undefined, length: number): { from: number; to: number } | null {
  const match = /^bytes=(\d{1,12})-(\d{0,12})$/.exec(header ?? '');
  if (!match) return null;
  const from = Number(match[1]);
  const to = match[2] ? Math.min(Number(match[2]) + 1, length) : length;
  if (from >= to) throw new MediaError('bad-range');
  return { from, to };
}

function refuse(res: http.ServerResponse, code: Parameters<typeof problemOf>[0]): void {
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
  });
  res.end(text);
}
