import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import jwt from 'jsonwebtoken';
import {
  AuthoriseRequest,
  type AuthoriseResponse,
  type Broadcast,
  type BroadcastStatus,
  type MediaEvent,
  StatusResponse,
} from '#contract/media.ts';
import { type AuthoriseFileResponse, type FileEvent, HookEvent } from '#contract/media-videos.ts';
import { SIGNATURE_HEADER, sign, verifySignature } from '#contract/signature.ts';

export const SECRETS = { hooks: 'h'.repeat(64), playback: 'p'.repeat(64) };
const EDGE_PROGRAM = fileURLToPath(new URL('../../media/edge/main.ts', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../../media/main.ts', import.meta.url));

/** The app as the media process sees it: answers the hooks over real, signed HTTP. */
export interface HookEndpoint {
  url: string;
  /** Stream key or ticket → where its publisher goes. Others are refused. */
  keys: Map<string, Broadcast>;
  /** Ticket → by which id its publisher is known again. */
  publisherIds: Map<string, string>;
  /** In the order of arrival. */
  events: MediaEvent[];
  /** Of prepared videos, in the order of arrival. */
  fileEvents: FileEvent[];
  /** Session → whether its prepared video may go on the air. */
  files: Map<string, AuthoriseFileResponse>;
  /** While true every hook is answered with 503. */
  away: boolean;
  /** Answers every event with 503 until the function returned is called. */
  holdEvents(): () => void;
  /** Broadcasts of which it knows nothing: their events are answered with 404. */
  unknown: Set<string>;
  /** Stream keys and tickets that were asked about. */
  asked: string[];
  /** Holds the answers to `authorise` back until the function returned is called. */
  holdAuthorise(): () => void;
  close(): Promise<void>;
}

export async function startHookEndpoint(): Promise<HookEndpoint> {
  let held: Promise<void> | undefined;
  let eventsHeld = false;
  const endpoint: HookEndpoint = {
    url: '',
    keys: new Map(),
    publisherIds: new Map(),
    events: [],
    fileEvents: [],
    files: new Map(),
    away: false,
    asked: [],
    unknown: new Set(),
    holdEvents() {
      eventsHeld = true;
      return () => {
        eventsHeld = false;
      };
    },
    holdAuthorise() {
      let release: () => void = () => undefined;
      held = new Promise<void>((resolve) => {
        release = resolve;
      });
      return () => release();
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  const server = http.createServer(async (req, res) => {
    let body = '';
    for await (const chunk of req) body += chunk;
    const header = req.headers[SIGNATURE_HEADER];
    const signature = typeof header === 'string' ? header : undefined;
    if (endpoint.away) res.writeHead(503).end();
    else if (!verifySignature(SECRETS.hooks, req.url ?? '', body, signature, Date.now())) res.writeHead(401).end();
    else if (req.url === '/internal/media/event') {
      const event = HookEvent.parse(JSON.parse(body));
      if (eventsHeld) {
        res.writeHead(503).end();
      } else if (!('broadcastId' in event)) {
        endpoint.fileEvents.push(event);
        res.writeHead(204).end();
      } else if (endpoint.unknown.has(event.broadcastId)) {
        res.writeHead(404).end();
      } else {
        endpoint.events.push(event);
        res.writeHead(204).end();
      }
    } else if (req.url === '/internal/media/authorise-file') {
      const { sessionId } = JSON.parse(body) as { sessionId: string };
      const answer = endpoint.files.get(sessionId) ?? { allowed: false, reason: 'not-armed' };
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } else {
      const { credential } = AuthoriseRequest.parse(JSON.parse(body));
      const key = 'ticket' in credential ? credential.ticket : credential.streamKey;
      endpoint.asked.push(key);
      await held;
      const broadcast = endpoint.keys.get(key);
      const publisherId = endpoint.publisherIds.get(key);
      const answer: AuthoriseResponse = broadcast
        ? { allowed: true, broadcast, ...(publisherId && { publisherId }) }
        : { allowed: false, reason: 'ticket' in credential ? 'bad-ticket' : 'unknown-key' };
      res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endpoint.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return endpoint;
}

/** A data folder as the app's first start leaves it. */
export function makeDataFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'anke-media-'));
  fs.mkdirSync(path.join(folder, 'secrets'));
  for (const [name, secret] of Object.entries(SECRETS)) fs.writeFileSync(path.join(folder, 'secrets', name), secret);
  return folder;
}

export interface MediaRun {
  child: ChildProcess;
  url: string;
  rtmpUrl(streamKey: string): string;
  rtmpPort: number;
  rtmpsPort: number | null;
  srtPort: number | null;
  control(name: string, body: unknown): Promise<Response>;
  /** Of a broadcast that is open there. */
  status(broadcast: Broadcast): Promise<BroadcastStatus | undefined>;
  /** Everything logged so far. */
  log(): string;
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the media process as a child, as the supervisor does, and waits until it listens. */
export async function startMediaProcess(
  dataDir: string,
  appUrl: string,
  env: NodeJS.ProcessEnv = {},
): Promise<MediaRun> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), PROGRAM], {
    env: {
      ...process.env,
      ANKE_DATA: dataDir,
      APP_URL: appUrl,
      MEDIA_PORT: '0',
      RTMP_PORT: '0',
      RTMP_HOST: '127.0.0.1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ports = await until(() => {
    if (child.exitCode !== null) throw new Error(`media left: ${log}`);
    const line = wholeLines(log).find((each) => each.includes('"media listening"'));
    return line
      ? (JSON.parse(line) as Pick<MediaRun, 'rtmpPort' | 'rtmpsPort' | 'srtPort'> & { port: number })
      : undefined;
  });
  const url = `http://127.0.0.1:${ports.port}`;
  const control = (name: string, body: unknown) => {
    const text = JSON.stringify(body);
    const to = `/control/${name}`;
    return fetch(url + to, {
      method: 'POST',
      headers: { 'content-type': 'application/json', [SIGNATURE_HEADER]: sign(SECRETS.hooks, to, text, Date.now()) },
      body: text,
    });
  };
  return {
    child,
    url,
    rtmpPort: ports.rtmpPort,
    rtmpsPort: ports.rtmpsPort,
    srtPort: ports.srtPort,
    rtmpUrl: (streamKey) => `rtmp://127.0.0.1:${ports.rtmpPort}/live/${streamKey}`,
    control,
    async status({ id }) {
      const { broadcasts } = StatusResponse.parse(await (await control('status', {})).json());
      return broadcasts.find(({ broadcastId }) => broadcastId === id);
    },
    log: () => log,
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    },
  };
}

export interface EdgeRun {
  url: string;
  pid: number;
  stop(): Promise<void>;
}

/** Starts an edge of the media process, or of what stands in front of it, as a child. */
export async function startEdgeProcess(
  dataDir: string,
  originUrl: string,
  env: Record<string, string> = {},
): Promise<EdgeRun> {
  const settings = { ANKE_DATA: dataDir, ORIGIN_URL: originUrl, EDGE_PORT: '0', EDGE_WORKERS: '1', ...env };
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), EDGE_PROGRAM], {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  let log = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const { port } = await until(() => {
    if (child.exitCode !== null) throw new Error(`the edge left: ${log}`);
    const line = wholeLines(log).find((each) => each.includes('"edge listening"'));
    return line ? (JSON.parse(line) as { port: number }) : undefined;
  });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid ?? 0,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await exited;
    },
  };
}

/** A media process with a data folder and hooks of its own. */
export async function startOwnMedia(env: NodeJS.ProcessEnv = {}) {
  const dataDir = makeDataFolder();
  const app = await startHookEndpoint();
  const media = await startMediaProcess(dataDir, app.url, env);
  return { dataDir, app, media };
}

/** Ends what `startOwnMedia` began, or what has taken its place. */
export async function endOwnMedia(own: { dataDir: string; app: HookEndpoint; media: MediaRun }): Promise<void> {
  await own.media.stop();
  await own.app.close();
  fs.rmSync(own.dataDir, { recursive: true });
}

export function makeBroadcast(changes: Partial<Broadcast> = {}): Broadcast {
  const id = randomUUID();
  return { id, sessionId: randomUUID(), prefix: id.replaceAll('-', ''), kind: 'live', ...changes };
}

/** A playback token for the broadcast; `changes` make a wrong one. */
export function playbackToken(
  broadcast: Broadcast,
  changes: Record<string, unknown> = {},
  secret = SECRETS.playback,
): string {
  const now = Math.floor(Date.now() / 1_000);
  const { sessionId: ses, prefix: pfx } = broadcast;
  const claims = { sub: randomUUID(), ses, pfx, jti: randomUUID(), iat: now, exp: now + 600, ...changes };
  return jwt.sign(claims, secret, { algorithm: 'HS256' });
}

/** Address of a file of the broadcast for a player without cookies. */
export function playbackUrl(
  media: { url: string },
  broadcast: Broadcast,
  file: string,
  token = playbackToken(broadcast),
): string {
  return `${media.url}/media/t/${token}/${broadcast.prefix}/${file}`;
}

/** Asks until the answer is neither undefined nor false. @throws after `limitMs`. */
export async function until<T>(ask: () => T | Promise<T>, limitMs = 90_000): Promise<Exclude<T, undefined | false>> {
  const deadline = Date.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer as Exclude<T, undefined | false>;
    if (Date.now() > deadline) throw new Error(`did not come true within ${limitMs} ms: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Of a log that is still being written: the last line may be half there. */
function wholeLines(log: string): string[] {
  return log.split('\n').slice(0, -1);
}

/** Kills the newest child of a process that runs `program`, as soon as there is one: older ones may still be making the slate. */
export async function killChild(pid: number | undefined, program: string): Promise<void> {
  const newest = await until(() =>
    childrenOf(pid ?? 0, program)
      .sort((a, b) => a - b)
      .at(-1),
  );
  process.kill(newest, 'SIGKILL');
}

/** Process ids of a process's children that run `program` (Linux). */
export function childrenOf(pid: number, program: string): number[] {
  return fs
    .readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const [, command, parent] = /\((.*)\) \S (\d+)/.exec(fs.readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
        return command === program && Number(parent) === pid;
      } catch {
        // It ended while the list was read.
        return false;
      }
    })
    .map(Number);
}

const SLICE_MS = 200;

/** Gives the processes that are there only this share of the time, until it is stopped. */
export function throttle(pids: () => number[], share: number): { stop(): void } {
  const signal = (name: 'SIGSTOP' | 'SIGCONT') => {
    for (const pid of pids()) {
      try {
        process.kill(pid, name);
      } catch {
        // It has just ended.
      }
    }
  };
  const stopping = setInterval(() => {
    signal('SIGCONT');
    setTimeout(() => !stopped && signal('SIGSTOP'), SLICE_MS * share);
  }, SLICE_MS);
  let stopped = false;
  return {
    stop() {
      stopped = true;
      clearInterval(stopping);
      signal('SIGCONT');
    },
  };
}
