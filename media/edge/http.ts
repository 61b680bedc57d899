import type http from 'node:http';
import { pipeline } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { directivesOf, viewerAddress } from '../addresses.ts';
import { answeredPreflight, createViewerServer, leftSignal, type Patience, playbackCookie, send } from '../answers.ts';
import type { Clock } from '../clock.ts';
import type { Egress } from '../egress.ts';
import { MediaError } from '../errors.ts';
import { lighter } from '../lighter.ts';
import type { Logger } from '../logger.ts';
import type { Tokens } from '../tokens.ts';
import { Collapse } from './collapse.ts';
import { newestName, progressOf } from './newest.ts';
import type { Origin, OriginAnswer } from './origin.ts';
import { type Playlist, Playlists } from './playlists.ts';
import { Shelf } from './shelf.ts';
import type { Store } from './store.ts';
import { usedBy, type Viewers } from './viewers.ts';

export interface EdgeHttpOptions {
  origin: Origin;
  tokens: Tokens;
  viewers: Viewers;
  egress: Egress;
  store: Store | null;
  /** Bytes of parts and segments to keep. */
  memory: number;
  clock: Clock;
  logger: Logger;
  patience?: Partial<Patience>;
}

const MAX_URL = 2_048;
/** Different addresses that may wait for the origin at once; a class has about a dozen. */
const MAX_OPEN = 1_000;
const PLAYLIST = /\.m3u8$/;
const NUMBERED = /^(?:init-\d{1,9}\.mp4|seg-\d{1,9}\.m4s|part-\d{1,9}\.\d{1,4}\.m4s)$/;

/** For a cache in front of it alone: seconds that an answer may be given again. */
const CACHED_IN_FRONT = 'x-accel-expires';
const CHECK_PATH = '/edge/check';
/** Seconds for which a token that was found good is not asked about again, so that who is sent out is out soon. */
const CHECK_HOLDS = 10;
/** Seconds for which a playlist is given again. */
const PLAYLIST_HOLDS = 1;
/** A playlist does not wait longer than this, ms, for what is new in it to lie where a web server finds it. */
const AHEAD_MS = 150;
const PASSED = new Set([
  ...['content-type', 'content-length', 'content-range', 'accept-ranges', 'cache-control'],
  ...['access-control-allow-origin', 'cross-origin-resource-policy', 'x-content-type-options', 'content-disposition'],
]);

/** Serves viewers as the media process does, and asks it once for all of them. */
export function createEdgeHttp(options: EdgeHttpOptions): http.Server {
  const { origin, tokens, viewers, egress, store, clock } = options;
  const collapse = new Collapse<OriginAnswer | Playlist>(MAX_OPEN);
  const playlists = new Playlists(collapse, clock);
  const shelf = new Shelf(options.memory, clock, (key) => void store?.remove(key));

  async function answer(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const { url = '' } = req;
    if (url.length > MAX_URL) throw new MediaError('not-found');
    const [path = '', search = ''] = url.split('?', 2);
    if (answeredPreflight(req, res)) return;
    if (req.method !== 'GET' && req.method !== 'HEAD') throw new MediaError('method-not-allowed');
    if (path === '/media/health')
      return send(req, res, { bytes: Buffer.from('{"live":true}'), type: 'application/json', caching: 'no-store' });
    if (path === CHECK_PATH) return check(req, res);

    const address = viewerAddress(path);
    if (!address) throw new MediaError('not-found');
    const { prefix, rendition, file } = address;
    const given = address.token ?? playbackCookie(req);
    const claims = tokens.check(given, prefix);
    viewers.note(prefix, claims.jti, rendition);
    const below = rendition === undefined ? file : `${rendition}/${file}`;
    // It opens one file, whose name it has: the origin knows which.
    if (claims.film !== undefined) return passThrough(req, res, prefix, below, given);
    if (rendition === undefined && PLAYLIST.test(file)) return overview(req, res, prefix, file, claims.scr === true);
    if (PLAYLIST.test(file)) return playlist(req, res, prefix, below, search);
    if (NUMBERED.test(file)) return numbered(req, res, prefix, below);
    return passThrough(req, res, prefix, search === '' ? below : `${below}?${search}`);
  }

  /** For a cache in front, which must not ask for each part: may this token read below this prefix? */
  function check(req: http.IncomingMessage, res: http.ServerResponse): void {
    const [token, prefix] = [req.headers['x-anke-token'], req.headers['x-anke-prefix']];
    const at = String(prefix ?? '');
    const claims = tokens.check(typeof token === 'string' ? token : undefined, at);
    if (claims.film !== undefined) throw new MediaError('wrong-broadcast');
    viewers.note(at, claims.jti, String(req.headers['x-anke-rendition'] ?? ''));
    const left = claims.exp - Math.ceil(clock() / 1_000);
    const holds = Math.max(0, Math.min(CHECK_HOLDS, left));
    res.writeHead(204, { 'cache-control': 'no-store', [CACHED_IN_FRONT]: holds }).end();
  }

  /** The list of renditions, less what the line does not carry for one more: it is each viewer's own, and kept by nobody. */
  async function overview(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    prefix: string,
    file: string,
    screen: boolean,
  ): Promise<void> {
    const ask = (_: string, stop: AbortSignal) => origin.get(prefix, file, stop);
    const none = { reload: null, skip: false };
    const value = await playlists.get(`${prefix}/${file}`, none, leftSignal(res), ask);
    const { status, type, caching, bytes } = value;
    const offer = egress.cap === null || screen ? 'all' : egress.offer(usedBy(viewers, egress), screen);
    const offered = status === 200 ? Buffer.from(lighter(bytes.toString('utf8'), offer)) : bytes;
    give(req, res, { status, type, caching, bytes: offered }, { [CACHED_IN_FRONT]: '0' });
  }

  async function playlist(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    prefix: string,
    below: string,
    search: string,
  ): Promise<void> {
    const ask = async (query: string, stop: AbortSignal) => {
      const answer = await origin.get(prefix, `${below}${query}`, stop);
      if (store && answer.status === 200) await ahead(prefix, below, answer, stop);
      return answer;
    };
    const value = await playlists.get(`${prefix}/${below}`, directivesOf(search), leftSignal(res), ask);
    give(req, res, value, { [CACHED_IN_FRONT]: value.status === 200 ? PLAYLIST_HOLDS : 0 });
  }

  async function numbered(req: http.IncomingMessage, res: http.ServerResponse, prefix: string, below: string) {
    const key = `${prefix}/${below}`;
    const kept = shelf.get(key);
    // Whoever asks here did not find it in the store.
    if (kept) void store?.put(key, kept.bytes);
    give(req, res, kept ?? (await fetched(prefix, below, leftSignal(res))));
  }

  function fetched(prefix: string, below: string, left: AbortSignal): Promise<OriginAnswer> {
    const key = `${prefix}/${below}`;
    return collapse.join(key, left, async (stop) => {
      const answer = await origin.get(prefix, below, stop);
      if (shelf.put(key, answer)) await store?.put(key, answer.bytes);
      return answer;
    });
  }

  /** Everybody who gets the playlist asks for what is new in it at once: it is to lie there before. */
  async function ahead(prefix: string, below: string, playlist: OriginAnswer, stop: AbortSignal): Promise<void> {
    const name = newestName(progressOf(playlist.bytes.toString('utf8')));
    if (name === null) return;
    const file = below.replace(/[^/]+$/, name);
    if (shelf.get(`${prefix}/${file}`)) return;
    const there = fetched(prefix, file, stop).catch(() => undefined);
    await Promise.race([there, delay(AHEAD_MS, undefined, { ref: false })]);
  }

  function passThrough(
    req: http.IncomingMessage,
    res: http.ServerResponse,
    prefix: string,
    below: string,
    token?: string,
  ): Promise<void> {
    const { range } = req.headers;
    const headers = range === undefined ? {} : { range };
    const upstream = origin.open(prefix, below, req.method ?? 'GET', headers, token);
    // A viewer who has had enough must not keep the origin sending.
    res.on('close', () => upstream.destroy());
    return new Promise((resolve, reject) => {
      upstream.on('error', (error) => reject(new MediaError('origin-unavailable', { cause: error })));
      upstream.on('response', (got) => {
        const passed = Object.entries(got.headers).filter(([name]) => PASSED.has(name));
        res.writeHead(got.statusCode ?? 502, Object.fromEntries(passed));
        pipeline(got, res, () => resolve());
      });
      upstream.end();
    });
  }

  return createViewerServer(answer, options.logger, options.patience, (bytes) => egress.add(bytes));
}

/** An answer of the origin's, as often as it is wanted; a refusal is nobody's to keep. */
function give(
  req: http.IncomingMessage,
  res: http.ServerResponse,
  answer: OriginAnswer | Playlist,
  headers?: http.OutgoingHttpHeaders,
): void {
  const { status, bytes, type } = answer;
  const caching = status === 200 ? answer.caching : 'no-store';
  send(req, res, { status, bytes, type, caching, headers, gzip: 'gzip' in answer ? answer.gzip : undefined });
}
