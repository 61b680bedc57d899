import { createReadStream } from 'node:fs';
import fs from 'node:fs/promises';
import type http from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { z } from 'zod';
import { CaptionsRequest } from '#contract/captions.ts';
import {
  DeleteRequest,
  DenyRequest,
  DismissRequest,
  type EdgeOrders,
  EdgeReport,
  EndRequest,
  FilmRequest,
  LookRequest,
  RetargetRequest,
  TakeRequest,
  TrimRequest,
  WatchRequest,
} from '#contract/media.ts';
import { SIGNATURE_HEADER, verifySignature } from '#contract/signature.ts';
import { directivesOf, viewerAddress } from './addresses.ts';
import {
  answeredPreflight,
  createViewerServer,
  FOR_EVER,
  leftSignal,
  MEDIA_TYPE,
  type Patience,
  PLAYLIST_TYPE,
  playbackCookie,
  rangeOf,
  send,
} from './answers.ts';
import type { Archive, ClosedRecording } from './archive.ts';
import type { Broadcast } from './broadcast.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { Clock } from './clock.ts';
import type { Edges } from './edges.ts';
import type { Egress } from './egress.ts';
import { MediaError } from './errors.ts';
import { FILM } from './film.ts';
import { SOUND } from './ladder.ts';
import { lighter, type Offer } from './lighter.ts';
import type { Logger } from './logger.ts';
import type { OutsideWatches } from './outside/watches.ts';
import type { Past } from './past.ts';
import { LIST, PICTURE } from './pictures.ts';
import type { Rendition } from './rendition.ts';
import type { Stream } from './stream.ts';
import type { Tokens } from './tokens.ts';
import type { PreparedVideos } from './videos/prepared-videos.ts';
import { CAPTIONS } from './webvtt.ts';

export interface HttpOptions {
  broadcasts: Broadcasts;
  archive: Archive;
  videos: PreparedVideos;
  outside: OutsideWatches;
  tokens: Tokens;
  /** Writes down who is denied, for the next start. */
  keepDenials: () => Promise<void>;
  egress: Egress;
  edges: Edges;
  secret: string;
  clock: Clock;
  logger: Logger;
  patience?: Partial<Patience>;
}

const MAX_URL = 2_048;
const MAX_CONTROL_BYTES = 16 * 1_024;
/** Times and quotes of short cues take more than their words. */
const MAX_CAPTIONS_BYTES = 4 * 1_024 * 1_024;
/** A piece of an upload may take so long on a slow line; nothing else sends us more than a moment's worth. */
const UPLOAD_PIECE_MS = 300_000;

/** Lists of the renditions: near to the class as it runs, for a crowd, or from its first segment on. */
const OVERVIEWS: Record<string, { lists: string; sound: boolean }> = {
  'index.m3u8': { lists: 'live.m3u8', sound: false },
  'sound.m3u8': { lists: 'live.m3u8', sound: true },
  'crowd.m3u8': { lists: 'crowd.m3u8', sound: false },
  'crowd-sound.m3u8': { lists: 'crowd.m3u8', sound: true },
  'dvr.m3u8': { lists: 'dvr.m3u8', sound: false },
  'dvr-sound.m3u8': { lists: 'dvr.m3u8', sound: true },
};
/** A crowd's playlist may be given again for a second, by every cache on the way. */
const FOR_A_SECOND = 'public, max-age=1';

const UPLOAD = /^\/uploads\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;
const INIT = /^init-(\d{1,9})\.mp4$/;
const SEGMENT = /^seg-(\d{1,9})\.m4s$/;
const PART = /^part-(\d{1,9})\.(\d{1,4})\.m4s$/;

/** Serves viewers, edges, and the app's controls. */
export function createHttp(options: HttpOptions): http.Server {
  const { logger, patience, egress } = options;
  return createViewerServer(
    (req, res) => answer(req, res, options),
    logger,
    { requestMs: UPLOAD_PIECE_MS, ...patience },
    (bytes) => egress.add(bytes),
  );
}

async function answer(req: http.IncomingMessage, res: http.ServerResponse, options: HttpOptions): Promise<void> {
  const { url = '' } = req;
  if (url.length > MAX_URL) throw new MediaError('not-found');
  const [path = '', search = ''] = url.split('?', 2);
  if (path.startsWith('/control/')) return control(req, res, path, options);
  const upload = UPLOAD.exec(path)?.[1];
  if (upload) return options.videos.upload(req, res, upload);
  if (answeredPreflight(req, res)) return;
  if (req.method !== 'GET' && req.method !== 'HEAD') throw new MediaError('method-not-allowed');
  if (path === '/media/health') return sendJson(req, res, { live: true });

  const address = viewerAddress(path);
  if (!address) throw new MediaError('not-found');
  const { prefix, rendition, file } = address;
  const claims = options.tokens.check(address.token ?? playbackCookie(req), prefix);
  // A token for the file opens nothing else, and nothing else opens the file.
  if (claims.film !== undefined) {
    if (rendition !== undefined || file !== FILM) throw new MediaError('not-found');
    return serveFilm(req, res, options.archive.filmPath(prefix), claims.film);
  }
  if (rendition === undefined && (file === LIST || PICTURE.test(file)))
    return servePicture(req, res, options.archive, prefix, file);
  const broadcast = options.broadcasts.byPrefix(prefix);
  // The list of the whole, and its captions, are those of the recording as soon as it is closed.
  const isOfWhole = rendition === undefined ? file.startsWith('dvr') : rendition === CAPTIONS;
  if (!broadcast || (isOfWhole && options.archive.has(prefix)))
    return serveClosed(req, res, await options.archive.find(prefix), rendition, file);
  // An edge reports its viewers itself.
  if (!claims.edge)
    broadcast.readers.note(claims.jti, options.clock(), rendition && rendition !== SOUND ? rendition : null);
  if (rendition === undefined) {
    const { egress } = options;
    // An edge offers what its own line carries.
    const offer = claims.edge ? 'all' : egress.offer(egress.measured, claims.scr === true);
    return serveOverview(req, res, broadcast, file, offer);
  }
  const found = broadcast.rendition(rendition);
  if (!found) throw new MediaError(broadcast.started ? 'not-found' : 'not-started');
  await serve(req, res, found, file, search);
}

/** A class that is over, with all of it under the addresses that it had. */
async function serveClosed(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  recording: ClosedRecording,
  rendition: string | undefined,
  file: string,
): Promise<void> {
  if (rendition === undefined) {
    const only = OVERVIEWS[file];
    if (only === undefined) throw new MediaError('not-found');
    return sendPlaylist(req, res, recording.multivariant(only.sound ? SOUND : undefined));
  }
  if (rendition === CAPTIONS) return serveCaptions(req, res, recording, file);
  const past = recording.rendition(rendition);
  if (!past) throw new MediaError('not-found');
  await servePast(req, res, past, file, false);
}

async function serveCaptions(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  recording: ClosedRecording,
  file: string,
): Promise<void> {
  const found = await recording.caption(file);
  if (!found) throw new MediaError('not-found');
  if ('playlist' in found) return sendPlaylist(req, res, found.playlist);
  send(req, res, { bytes: Buffer.from(found.segment), type: 'text/vtt; charset=utf-8', caching: FOR_EVER });
}

/** Of a class that is over: the list of its pictures, or one of them, whose name changes with it. */
async function servePicture(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  archive: Archive,
  prefix: string,
  file: string,
): Promise<void> {
  if (file !== LIST)
    return send(req, res, { bytes: await archive.picture(prefix, file), type: 'image/jpeg', caching: FOR_EVER });
  const bytes = Buffer.from(JSON.stringify(await archive.picturesOf(prefix)));
  send(req, res, { bytes, type: 'application/json', caching: 'no-cache' });
}

/** The file of a whole class. It is larger than memory. */
async function serveFilm(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  path: string,
  name: string,
): Promise<void> {
  const { size } = await fs.stat(path);
  const range = rangeOf(req.headers.range, size);
  const { from, to } = range ?? { from: 0, to: size };
  res.writeHead(range ? 206 : 200, {
    'content-type': MEDIA_TYPE,
    'content-length': to - from,
    // RFC 6266: a name beyond ASCII comes percent-encoded, beside one for those who do not know that.
    'content-disposition': `attachment; filename="class.mp4"; filename*=UTF-8''${encodeURIComponent(name)}`,
    'cache-control': 'private, no-store',
    'accept-ranges': 'bytes',
    'x-content-type-options': 'nosniff',
    ...(range && { 'content-range': `bytes ${from}-${to - 1}/${size}` }),
  });
  if (req.method === 'HEAD') res.end();
  else await pipeline(createReadStream(path, { start: from, end: to - 1 }), res).catch(() => res.destroy());
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
    return sendPlaylist(req, res, past.playlist(skip));
  }
  const [, init] = INIT.exec(file) ?? [];
  const [, segment] = SEGMENT.exec(file) ?? [];
  if (init === undefined && segment === undefined) throw new MediaError('not-found');
  sendMedia(req, res, init === undefined ? await past.segment(Number(segment)) : await past.init(Number(init)));
}

function serveOverview(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  broadcast: Broadcast,
  file: string,
  offer: Offer,
): void {
  const overview = OVERVIEWS[file];
  if (!overview) throw new MediaError('not-found');
  if (!broadcast.started) throw new MediaError('not-started');
  const text = broadcast.multivariant(overview.lists, overview.sound ? SOUND : undefined);
  sendPlaylist(req, res, lighter(text, offer));
}

async function serve(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  { stream, past }: Rendition,
  file: string,
  search: string,
): Promise<void> {
  const left = leftSignal(res);
  const { reload, skip } = directivesOf(search);
  if (file === 'live.m3u8') {
    if (!reload && !stream.started) throw new MediaError('not-started');
    const text = reload ? await stream.playlistWith({ ...reload, skip }, left) : stream.playlist(skip);
    return sendPlaylist(req, res, text);
  }
  if (file === 'crowd.m3u8') return sendPlaylist(req, res, stream.crowdPlaylist(), FOR_A_SECOND);
  const part = PART.exec(file);
  if (part) return sendMedia(req, res, await stream.part(Number(part[1]), Number(part[2]), left));
  const kept = keptOf(stream, file);
  if (kept) return sendMedia(req, res, kept);
  // Older than the window: from the disk, where it is recorded.
  if (!past) throw new MediaError('not-found');
  await servePast(req, res, past, file, skip);
}

function keptOf(stream: Stream, file: string): Buffer | undefined {
  const [, init] = INIT.exec(file) ?? [];
  if (init !== undefined) return stream.init(Number(init));
  const [, segment] = SEGMENT.exec(file) ?? [];
  if (segment === undefined) return undefined;
  return stream.segment(Number(segment));
}

function sendPlaylist(req: http.IncomingMessage, res: http.ServerResponse, text: string, caching = 'no-cache'): void {
  send(req, res, { bytes: Buffer.from(text), type: PLAYLIST_TYPE, caching });
}

function sendMedia(req: http.IncomingMessage, res: http.ServerResponse, bytes: Buffer): void {
  send(req, res, { bytes, type: MEDIA_TYPE, caching: FOR_EVER });
}

function sendJson(req: http.IncomingMessage, res: http.ServerResponse, body: object): void {
  send(req, res, { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json', caching: 'no-store' });
}

async function control(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  path: string,
  options: HttpOptions,
): Promise<void> {
  if (req.method !== 'POST') throw new MediaError('not-found');
  const { broadcasts, archive, outside, videos, tokens, secret, egress, edges } = options;
  const text = await body(req, path === '/control/captions' ? MAX_CAPTIONS_BYTES : MAX_CONTROL_BYTES);
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
    case '/control/end': {
      const { broadcastId } = given(EndRequest);
      outside.end(broadcastId);
      await broadcasts.end(broadcastId);
      break;
    }
    case '/control/watch':
      outside.watch(given(WatchRequest));
      break;
    case '/control/look':
      return sendJson(req, res, await outside.look(given(LookRequest)));
    case '/control/take':
      broadcasts.take(given(TakeRequest));
      break;
    case '/control/dismiss':
      broadcasts.dismiss(given(DismissRequest));
      break;
    case '/control/trim':
      await archive.trim(given(TrimRequest));
      break;
    case '/control/captions':
      await archive.caption(given(CaptionsRequest));
      break;
    case '/control/delete':
      await archive.remove(given(DeleteRequest));
      break;
    case '/control/film':
      return sendJson(req, res, await archive.film(given(FilmRequest)));
    case '/control/deny':
      tokens.deny(given(DenyRequest));
      await options.keepDenials();
      break;
    case '/control/edge':
      return sendJson(req, res, heardFrom(given(EdgeReport), options));
    case '/control/status':
      return sendJson(req, res, {
        broadcasts: [...broadcasts.status(), ...outside.status()],
        egress: edges.withOurs({ used: egress.measured, cap: egress.cap }),
      });
    default: {
      const answer = await videos.control(path.slice('/control/'.length), given);
      if (answer) return sendJson(req, res, answer);
    }
  }
  res.writeHead(204).end();
}

/** Counts an edge's viewers as ours, and tells it whom to refuse. */
function heardFrom(report: EdgeReport, { broadcasts, tokens, edges, clock }: HttpOptions): EdgeOrders {
  edges.hear(report.edge, report.egress);
  for (const { prefix, ...readers } of report.broadcasts)
    broadcasts.byPrefix(prefix)?.readers.hear(report.edge, clock(), readers);
  return { denied: tokens.denials() };
}

async function body(req: http.IncomingMessage, most: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > most) throw new MediaError('too-large');
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
