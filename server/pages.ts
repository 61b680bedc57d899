import { createHash, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Metrics } from './metrics/metrics.ts';
import { countRequest } from './metrics/requests.ts';
import type { Headers } from './security-headers.ts';

const DIST = fileURLToPath(new URL('../dist/client', import.meta.url));
/** Looked at so often whether the pages were built anew, ms. */
const LOOK_EVERY_MS = 1_000;

const NO_PAGES = /^\/(api|internal|health|media|uploads|assets|socket\.io)(\/|$)/;
/** What browsers and robots look for unasked. */
const ROOT_FILE = /^\/[^/]+\.[a-z\d]+$/i;
/** As the build names them: nothing that leads out of the folder. */
const ASSET = /^\/assets\/([\w-]+(?:\.[\w-]+)+)$/;
const YEAR = 'public, max-age=31536000, immutable';
const TYPES: Record<string, string> = {
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  json: 'application/json; charset=utf-8',
  png: 'image/png',
  svg: 'image/svg+xml',
  webp: 'image/webp',
  woff2: 'font/woff2',
};

const ENCODINGS = ['br', 'gzip'] as const;
type Encoding = (typeof ENCODINGS)[number];

/** A body as it goes out, and what it is known by. */
interface Variant {
  body: Buffer;
  tag: string;
}

interface File extends Variant {
  type: string;
  encoded: Partial<Record<Encoding, Variant>>;
}

interface Shell extends File {
  builtAt: number;
  /** By which a browser fetches the room's program beside the shell's, instead of after it. */
  roomLink: string;
}

export interface PagesOptions {
  metrics: Metrics;
  /** By the places from which a page may have to read. */
  headers: (outsideOrigins: string[]) => Headers;
  outsideOrigins: () => Promise<string[]>;
}

/**
 * The built pages, from memory and without a framework: a crowd opens them all at once. Assets carry a hash in their name and live for a
 * year, compressed at build; the shell is asked for each time, and not sent again while neither it nor its policy has changed.
 * @returns a handler; `otherwise` is called for everything that is no page, or no file of the build
 */
export function createPages({ metrics, headers, outsideOrigins }: PagesOptions) {
  let shell: Promise<Shell | null> = Promise.resolve(null);
  let lookedAt = Number.NEGATIVE_INFINITY;
  let assets = new Map<string, Promise<File | null>>();

  /** Builds replace the shell last. */
  async function look(before: Promise<Shell | null>): Promise<Shell | null> {
    const known = await before;
    const file = path.join(DIST, 'index.html');
    const builtAt = (await stat(file).catch(() => null))?.mtimeMs ?? null;
    if (builtAt === null) return null;
    if (known?.builtAt === builtAt) return known;
    assets = new Map();
    return readShell(file, builtAt).catch(() => known);
  }

  function currentShell(): Promise<Shell | null> {
    const now = performance.now();
    if (now - lookedAt < LOOK_EVERY_MS) return shell;
    lookedAt = now;
    const before = shell;
    const looking = look(before);
    // Whoever comes meanwhile is given the one before, if there is one.
    shell = before.then((known) => known ?? looking);
    void looking.then((found) => {
      shell = Promise.resolve(found);
    });
    return shell;
  }

  function asset(name: string): Promise<File | null> {
    const known = assets.get(name);
    if (known) return known;
    const into = assets;
    const reading = readAsset(name);
    into.set(name, reading);
    // Names that the build does not have are endless.
    void reading.then((file) => file ?? into.delete(name));
    return reading;
  }

  return (req: IncomingMessage, res: ServerResponse, otherwise: () => void): void => {
    const [pathname = ''] = (req.url ?? '').split('?', 1);
    const isRead = req.method === 'GET' || req.method === 'HEAD';
    const name = ASSET.exec(pathname)?.[1];
    const isPage = !NO_PAGES.test(pathname) && !ROOT_FILE.test(pathname);
    if (!isRead || !(isPage || name !== undefined)) {
      otherwise();
      return;
    }
    const answer = async () => {
      if (name !== undefined) {
        const file = await asset(name);
        if (!file) return false;
        countRequest(metrics, req, res, '/assets');
        send(req, res, file, [...headers([]), ['Cache-Control', YEAR]]);
        return true;
      }
      const [page, origins] = await Promise.all([currentShell(), outsideOrigins()]);
      if (!page) return false;
      countRequest(metrics, req, res, '/');
      const more: [string, string][] = [['Cache-Control', 'no-cache']];
      if (page.roomLink !== '' && ROOM_PATH.test(pathname)) more.push(['Link', page.roomLink]);
      // A browser that is told that nothing has changed keeps the policy it has, too.
      send(req, res, page, [...headers(origins), ...more], origins.length > 0 ? `.${hashOf(origins.join(' '))}` : '');
      return true;
    };
    answer().then((answered) => answered || otherwise(), otherwise);
  };
}

function send(req: IncomingMessage, res: ServerResponse, file: File, headers: Headers, tagSuffix = ''): void {
  const encoding = ENCODINGS.find((each) => file.encoded[each] && accepts(req, each));
  const { body, tag } = (encoding && file.encoded[encoding]) || file;
  const etag = `"${tag}${tagSuffix}"`;
  for (const [name, value] of headers) res.setHeader(name, value);
  res.setHeader('X-Request-Id', randomUUID());
  res.setHeader('ETag', etag);
  res.setHeader('Vary', 'Accept-Encoding');
  if (knows(req, etag)) {
    res.statusCode = 304;
    res.end();
    return;
  }
  res.setHeader('Content-Type', file.type);
  res.setHeader('Content-Length', body.length);
  if (encoding) res.setHeader('Content-Encoding', encoding);
  res.end(req.method === 'HEAD' ? undefined : body);
}

function accepts(req: IncomingMessage, encoding: Encoding): boolean {
  const accepted = String(req.headers['accept-encoding'] ?? '').split(',');
  return accepted.some((one) => {
    const [name, ...options] = one.split(';').map((part) => part.trim().toLowerCase());
    return name === encoding && !options.some((option) => /^q=0(\.0*)?$/.test(option));
  });
}

function knows(req: IncomingMessage, etag: string): boolean {
  const asked = req.headers['if-none-match'];
  if (asked === undefined) return false;
  return asked.split(',').some((one) => one.trim().replace(/^W\//, '') === etag || one.trim() === '*');
}

async function readAsset(name: string): Promise<File | null> {
  const file = path.join(DIST, 'assets', name);
  const body = await readFile(file).catch(() => null);
  const type = TYPES[path.extname(name).slice(1)];
  if (!body || !type) return null;
  const encoded: File['encoded'] = {};
  const tag = hashOf(body);
  for (const [encoding, extension] of [
    ['br', 'br'],
    ['gzip', 'gz'],
  ] as const) {
    const compressed = await readFile(`${file}.${extension}`).catch(() => null);
    if (compressed) encoded[encoding] = { body: compressed, tag: `${tag}-${encoding}` };
  }
  return { body, tag, type, encoded };
}

async function readShell(file: string, builtAt: number): Promise<Shell> {
  const body = await readFile(file);
  const tag = hashOf(body);
  const [br, gzip] = await Promise.all([promisify(zlib.brotliCompress)(body), promisify(zlib.gzip)(body)]);
  return {
    body,
    tag,
    type: 'text/html; charset=utf-8',
    encoded: { br: { body: br, tag: `${tag}-br` }, gzip: { body: gzip, tag: `${tag}-gzip` } },
    builtAt,
    roomLink: await roomPreloads(),
  };
}

function hashOf(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('base64url').slice(0, 16);
}

type Manifest = Record<string, { file: string; imports?: string[] }>;

const ROOM_PATH = /^\/learn\/[^/]+$/;
/** What the room's page imports only once it runs, as Vite's manifest names it. */
const ROOM_ENTRIES = ['room/room.tsx', 'room/player.ts'];

async function roomPreloads(): Promise<string> {
  // It only makes the room quicker; being copied without its dot folders is no reason to refuse the page.
  const text = await readFile(path.join(DIST, '.vite/manifest.json'), 'utf8').catch(() => '{}');
  const manifest = JSON.parse(text) as Manifest;
  const found = new Set<string>();
  const add = (name: string) => {
    const chunk = manifest[name];
    if (!chunk || found.has(chunk.file)) return;
    found.add(chunk.file);
    chunk.imports?.forEach(add);
  };
  ROOM_ENTRIES.forEach(add);
  return [...found].map((file) => `</${file}>; rel=modulepreload; crossorigin`).join(', ');
}
