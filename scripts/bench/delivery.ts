import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Broadcast } from '#contract/media.ts';
import {
  childrenOf,
  makeBroadcast,
  makeDataFolder,
  playbackToken,
  playbackUrl,
  startEdgeProcess,
  startHookEndpoint,
  startMediaProcess,
} from '#tests/support/media-run.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { type EdgeNginx, startEdgeNginx } from '../outside/nginx.ts';
import { median, quantile } from '../outside/quantile.ts';
import { until } from '../outside/until.ts';
import type { Measured } from './benchmark.ts';
import { addressFor, get, Wire } from './generator.ts';
import { follow, type Profile, sharedText, type Watched } from './viewers.ts';
import { type Asked, saturate, type Ticking } from './wrk.ts';

const CONNECTIONS = 64;
/** Each with a token of its own. */
const READERS = 1_000;
/** Requests for which a viewer's token is asked about once: twelve a second, and nginx remembers for 7 to 10 s. */
const PER_CHECK = 12 * 8.5;
/** Tokens that the edge has seen and nginx has not. */
const UNKNOWN = 3_000;
const ROUND_MS = 2_000;
const ROUNDS = 7;
/**
 * Viewers who wait together, and how often something comes for them. All of them each time are 100,000 a second: at 40,000, which a quick
 * nginx exceeds with files, the ratio would be that of its speed to this figure.
 */
const WAITING = 4_000;
const TICK_MS = 40;
const WATCH_MS = 10_000;
const CROWDS = [100, 500, 1_000, 2_000, 5_000];
const BLOCKED = 5_000;
const TARGETS = { ofNginxStatic: 0.9, addedLatencyMs: 100 };

type Say = (step: string) => void;
const readText = sharedText((body) => gunzipSync(body));

/** How nginx serves the same bytes: a file as it is shipped, one with `open_file_cache`, and through the edge. */
const WAYS = ['static', 'staticTuned', 'address', 'cookie'] as const;
type Way = (typeof WAYS)[number];

/**
 * Requests a second, and processor time of nginx and edge for each, µs, which other work on the machine changes less: medians of the
 * rounds. `ratios` are those of each round to the file in the same round.
 */
interface Throughput {
  bytes: number;
  perSecond: Record<Way, number>;
  micros: Record<Way, number>;
  /** What asking the edge about a token takes, µs: once in a hundred requests, which `micros` and `ratios` have in them. */
  checkMicros: number;
  ratios: { address: number; cookie: number; addressToTuned: number; cookieToTuned: number; costToStatic: number };
}

interface Stage {
  broadcast: Broadcast;
  media: { url: string; pid: number };
  counter: Counter;
  edge: { url: string; pid: number };
  nginx: EdgeNginx;
}

/**
 * The edge under load: against nginx with plain files, with more and more viewers, beside the media process itself, and
 * what a waiting request and a thousand viewers cost.
 */
export async function delivery(say: Say): Promise<Measured> {
  const [loadBefore = 0] = os.loadavg();
  const perViewer = await withStage({}, '1280x720', say, (stage) => measurePerViewer(stage, say));
  const throughput = await withStage({ LADDER: '720p' }, '1280x720', say, async (stage, stopPublishing) => {
    await stopPublishing();
    return measureThroughput(stage, say);
  });
  throughput['playlist that is waited for'] = await measureWaiting(say);
  const rest = await withStage({ LADDER: '360p' }, '640x360', say, async (stage) => {
    // First what waiting costs, while the memory of these processes has held no crowd.
    const blocked = await measureBlocked(stage, say);
    const latency = await measureLatency(stage, say);
    return { latency, blocked, crowds: await measureCrowds(stage, say) };
  });
  const { latency, crowds, blocked } = rest;
  const rows: Measured['rows'] = {};
  for (const [name, each] of Object.entries(throughput)) {
    const { bytes, checkMicros, perSecond, micros, ratios } = each;
    rows[`${name}, requests/s`] = { bytes, ...perSecond };
    rows[`${name}, µs of nginx and edge`] = { ...micros, checkMicros };
    rows[`${name}, of a static file`] = ratios;
  }
  rows['latency added by nginx+edge, 100 viewers, ms'] = { ...latency };
  for (const each of crowds) rows[`${each.viewers} viewers, ${each.profile}`] = { ...each };
  rows['a blocked playlist request, KiB'] = { ...blocked };
  for (const [name, each] of Object.entries(perViewer)) rows[`1,000 viewers, ${name}`] = { ...each };
  rows['held to'] = TARGETS;
  const ratios = Object.fromEntries(Object.entries(throughput).map(([name, each]) => [name, each.ratios]));
  const figures = { throughput, ratios, latency, crowds, blocked, perThousandViewers: perViewer };
  return {
    rows,
    figures: { bench: 'delivery', ...figures, target: TARGETS, loadBefore: Number(loadBefore.toFixed(2)) },
  };
}

async function withStage<T>(
  env: Record<string, string>,
  size: string,
  say: Say,
  work: (stage: Stage, stopPublishing: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const broadcast = makeBroadcast();
  const dataDir = makeDataFolder();
  const app = await startHookEndpoint();
  app.keys.set('bench', broadcast);
  const media = await startMediaProcess(dataDir, app.url, env);
  const counter = await startCounter(media.url);
  const store = path.join(dataDir, 'store');
  const edge = await startEdgeProcess(dataDir, counter.url, { LOG_LEVEL: 'info', EDGE_STORE: store });
  const nginx = await startNginx(edge.url, store);
  const publisher = publishTestSignal(media.rtmpUrl('bench'), { size, fps: 25 });
  let publishing = true;
  const stopPublishing = async () => {
    if (publishing) await publisher.stop();
    publishing = false;
  };
  try {
    const last = playbackUrl(media, broadcast, 'sound/seg-6.m4s');
    await until('the class has begun', async () => (await fetch(last)).ok);
    say('a class is live');
    const stage = { broadcast, media: { url: media.url, pid: media.child.pid ?? 0 }, counter, edge, nginx };
    return await work(stage, stopPublishing);
  } finally {
    await stopPublishing();
    await nginx.remove();
    await edge.stop();
    await counter.stop();
    await media.stop();
    await app.close();
    await rm(dataDir, { recursive: true });
  }
}

/** Requests and megabits a second of a thousand viewers, from one viewer of each rendition over real connections. */
async function measurePerViewer(stage: Stage, say: Say) {
  const result: Record<string, { requestsPerSecond: number; mbits: number }> = {};
  for (const profile of ['interactive', 'crowd'] as Profile[]) {
    say(`one viewer of each quality, ${profile}`);
    const names = ['720p', '480p', '360p', 'sound'];
    const watched = await watchFor(
      stage,
      stage.nginx.url,
      WATCH_MS * 2,
      names.map((name) => ({ name, profile })),
    );
    const per = (each: Watched | undefined) => {
      const { requests = 0, bytes = 0 } = each ?? {};
      return { requests: requests / (WATCH_MS * 2), mbits: (bytes * 8) / (WATCH_MS * 2) / 1_000 };
    };
    const sound = per(watched[3]);
    for (const [at, name] of names.entries()) {
      const own = per(watched[at]);
      const both =
        name === 'sound' ? sound : { requests: own.requests + sound.requests, mbits: own.mbits + sound.mbits };
      result[`${profile}, ${name}`] = {
        requestsPerSecond: Math.round(both.requests * 1_000_000),
        mbits: Math.round(both.mbits * 1_000),
      };
    }
  }
  return result;
}

/** How much later a part comes to viewers of the edge than to one of the media process itself. */
async function measureLatency(stage: Stage, say: Say) {
  say('100 viewers of nginx and edge, one of the media process');
  const through = Array.from({ length: 100 }, () => ({ name: '360p', profile: 'interactive' as const }));
  const [direct, ...rest] = await Promise.all([
    watchFor(stage, stage.media.url, WATCH_MS * 2, [{ name: '360p', profile: 'interactive' }]),
    watchFor(stage, stage.nginx.url, WATCH_MS * 2, through),
  ]);
  const added: number[] = [];
  for (const { arrivals } of rest.flat()) {
    for (const [part, at] of arrivals) {
      const first = direct?.[0]?.arrivals.get(part);
      if (first !== undefined) added.push(at - first);
    }
  }
  return { medianMs: Math.round(median(added)), p95Ms: Math.round(quantile(added, 0.95)), parts: added.length };
}

async function measureCrowds(stage: Stage, say: Say) {
  const crowds = [];
  for (const profile of ['interactive', 'crowd'] as const) {
    for (const viewers of CROWDS) {
      say(`${viewers} viewers, ${profile}`);
      await stage.counter.count();
      const before = cpuOf(stage);
      const who = Array.from({ length: viewers }, () => ({ name: '360p', profile }));
      const watched = await watchFor(stage, stage.nginx.url, WATCH_MS, who);
      const after = cpuOf(stage);
      const seconds = WATCH_MS / 1_000;
      const sum = (of: (each: Watched) => number) => watched.reduce((all, each) => all + of(each), 0);
      const share = (name: keyof typeof before) => Math.round(((after[name] - before[name]) / seconds) * 100);
      // What a viewer that keeps up gets: three parts a second, or a segment in two seconds.
      const due = (profile === 'interactive' ? 3 : 0.5) * seconds * viewers;
      crowds.push({
        viewers,
        profile,
        requestsPerSecond: Math.round(sum((each) => each.requests) / seconds),
        originPerSecond: Math.round((await stage.counter.count()) / seconds),
        keptUp: Number(Math.min(1, sum((each) => each.arrivals.size) / due).toFixed(2)),
        errors: sum((each) => each.errors),
        cpuNginx: share('nginx'),
        cpuEdge: share('edge'),
        cpuGenerator: share('generator'),
        idle: Math.round(share('idle') / os.availableParallelism()),
      });
    }
  }
  return crowds;
}

const FILES = {
  part: '720p/part-MSN.1.m4s',
  'sound-segment': 'sound/seg-MSN.m4s',
  segment: '720p/seg-MSN.m4s',
  playlist: '720p/live.m3u8',
  'crowd-playlist': '720p/crowd.m3u8',
};

/** Requests a second for the same bytes, as files and through the edge. */
async function measureThroughput(stage: Stage, say: Say): Promise<Record<string, Throughput>> {
  const { broadcast, edge } = stage;
  const newest = await (await fetch(playbackUrl(edge, broadcast, '720p/live.m3u8'))).text();
  const msn = [...newest.matchAll(/^seg-(\d+)\.m4s$/gm)].at(-1)?.[1] ?? '0';
  const result: Record<string, Throughput> = {};
  for (const [name, template] of Object.entries(FILES)) {
    say(`${name}, ${ROUNDS} rounds`);
    result[name] = await compare(stage, template.replace('MSN', msn), { connections: CONNECTIONS });
  }
  return result;
}

/** The same for a playlist that everybody waits for: an origin of its own, whose parts come faster. */
async function measureWaiting(say: Say): Promise<Throughput> {
  say(`a playlist that ${WAITING} wait for, ${ROUNDS} rounds`);
  const ticking: Ticking = { epoch: Date.now() - 60_000, everyMs: TICK_MS };
  const origin = await startProgram('./ticking-origin.ts', [String(ticking.epoch), String(TICK_MS)]);
  const dataDir = makeDataFolder();
  const store = path.join(dataDir, 'store');
  const edge = await startEdgeProcess(dataDir, origin.url, { EDGE_STORE: store });
  const nginx = await startNginx(edge.url, store);
  try {
    const broadcast = makeBroadcast();
    return await compare({ broadcast, edge, nginx }, '720p/live.m3u8', { connections: WAITING, ticking });
  } finally {
    await nginx.remove();
    await edge.stop();
    await origin.stop();
    await rm(dataDir, { recursive: true });
  }
}

async function compare(
  stage: Pick<Stage, 'broadcast' | 'edge' | 'nginx'>,
  file: string,
  load: { connections: number; ticking?: Ticking },
): Promise<Throughput> {
  const { broadcast, nginx, edge } = stage;
  const tokens = Array.from({ length: READERS }, () => playbackToken(broadcast));
  const bytes = await bodyOf(nginx.url, `/media/t/${tokens[0]}/${broadcast.prefix}/${file}`);
  await mkdir(path.join(nginx.folder, 'static'), { recursive: true });
  // A name of its own: nginx remembers how long a file was.
  const name = file.replaceAll('/', '-');
  await writeFile(path.join(nginx.folder, 'static', name), bytes);
  const asked: Record<Way, Asked[]> = {
    static: [{ path: `/static/${name}` }],
    staticTuned: [{ path: `/static-tuned/${name}` }],
    address: tokens.map((token) => ({ path: `/media/t/${token}/${broadcast.prefix}/${file}` })),
    cookie: tokens.map((token) => ({ path: `/media/${broadcast.prefix}/${file}`, cookie: `anke_play=${token}` })),
  };
  const { connections, ticking } = load;
  const measure = async (way: Way, paths: Asked[]) => {
    const waits = ticking && (way === 'address' || way === 'cookie') ? { ticking } : {};
    const before = serverSeconds(stage);
    const { perSecond, replies } = await saturate(nginx.url, paths, { ms: ROUND_MS, connections, ...waits });
    return { perSecond, micros: ((serverSeconds(stage) - before) / replies) * 1e6 };
  };
  /** Tokens that nginx knows, as it knows those of viewers who are there. */
  const known = (way: Way) => seen(asked[way], nginx.url);
  const costOf = async (paths: Asked[]) => {
    const before = serverSeconds(stage);
    const { replies } = await saturate(nginx.url, paths, { ms: 1_000, connections: CONNECTIONS });
    return { replies, micros: (serverSeconds(stage) - before) * 1e6 };
  };
  const unknown = Array.from({ length: UNKNOWN }, () => playbackToken(broadcast)).map((token) => ({
    path: `/media/t/${token}/${broadcast.prefix}/${file}`,
  }));
  await known('address');
  const usual = await costOf(asked.address);
  await seen(unknown, edge.url);
  const once = await costOf(unknown);
  const beyond = once.micros - (once.replies * usual.micros) / usual.replies;
  const checkMicros = Math.max(0, beyond / Math.min(UNKNOWN, once.replies));
  const rounds: Record<Way, { perSecond: number; micros: number }>[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const got: Partial<Record<Way, { perSecond: number; micros: number }>> = {};
    for (const way of WAYS) {
      await known(way);
      const { perSecond, micros } = await measure(way, asked[way]);
      const checked = way === 'address' || way === 'cookie' ? checkMicros / PER_CHECK : 0;
      got[way] = { perSecond: (perSecond * micros) / (micros + checked), micros: micros + checked };
    }
    rounds.push(got as Required<typeof got>);
  }
  const middle = (of: (round: (typeof rounds)[number]) => number, digits = 0) =>
    Number(median(rounds.map(of)).toFixed(digits));
  const each = (of: 'perSecond' | 'micros', digits: number) =>
    Object.fromEntries(WAYS.map((way) => [way, middle((round) => round[way][of], digits)])) as Record<Way, number>;
  const rate = (way: Way, to: Way) => middle((round) => round[way].perSecond / round[to].perSecond, 2);
  return {
    bytes: bytes.length,
    checkMicros: Math.round(checkMicros),
    perSecond: each('perSecond', 0),
    micros: each('micros', 1),
    ratios: {
      address: rate('address', 'static'),
      cookie: rate('cookie', 'static'),
      addressToTuned: rate('address', 'staticTuned'),
      cookieToTuned: rate('cookie', 'staticTuned'),
      costToStatic: middle((round) => round.static.micros / round.cookie.micros, 2),
    },
  };
}

/** Memory of a request that waits for a playlist, in each process that holds it. */
async function measureBlocked(stage: Stage, say: Say) {
  say(`${BLOCKED} requests that wait`);
  const { broadcast, nginx, edge, media } = stage;
  const text = await (await fetch(playbackUrl(edge, broadcast, '360p/live.m3u8'))).text();
  // The segment after the one that is open: two seconds away at least.
  const next = Number([...text.matchAll(/seg-(\d+)\.m4s/g)].at(-1)?.[1] ?? 0) + 2;
  const wait = async (address: string) => {
    const url = new URL(address);
    const wires = Array.from({ length: BLOCKED }, (_, n) => new Wire(url, addressFor(n)));
    const base = `/media/t/${playbackToken(broadcast)}/${broadcast.prefix}/360p`;
    // First a round that is answered, so that only the waiting is counted.
    await Promise.all(wires.map((wire) => wire.ask(get(url, `${base}/live.m3u8`))));
    return {
      waiting: Promise.all(wires.map((wire) => wire.ask(get(url, `${base}/live.m3u8?_HLS_msn=${next}`)))),
      close: () => {
        for (const wire of wires) wire.close();
      },
    };
  };
  const kib = async (address: string, pids: () => number[]) => {
    const rss = () => pids().reduce((sum, pid) => sum + rssOf(pid), 0);
    const before = rss();
    const { waiting, close } = await wait(address);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const during = rss();
    await waiting;
    close();
    return Number(((during - before) / BLOCKED).toFixed(1));
  };
  return {
    edge: await kib(edge.url, () => [edge.pid]),
    nginx: await kib(nginx.url, () => childrenOf(nginx.pid, 'nginx')),
    media: await kib(media.url, () => [media.pid]),
  };
}

function watchFor(
  stage: Stage,
  url: string,
  ms: number,
  who: { name: string; profile: Profile }[],
): Promise<Watched[]> {
  const endAt = performance.now() + ms;
  const ended = () => performance.now() > endAt;
  return Promise.all(
    who.map(async ({ name, profile }, n) => {
      // A crowd comes within a second, not within a millisecond.
      await new Promise((resolve) => setTimeout(resolve, (n / who.length) * 1_000));
      const base = `/media/t/${playbackToken(stage.broadcast)}/${stage.broadcast.prefix}/${name}`;
      return follow(url, base, profile, ended, n, readText);
    }),
  );
}

async function bodyOf(address: string, file: string): Promise<Buffer> {
  const url = new URL(address);
  const wire = new Wire(url, addressFor(0));
  const { body } = await wire.ask(get(url, file));
  wire.close();
  return body;
}

interface Counter {
  url: string;
  /** Requests since the last time it was asked. */
  count(): Promise<number>;
  stop(): Promise<void>;
}

async function startCounter(originUrl: string): Promise<Counter> {
  const { url, ask, stop } = await startProgram('./origin-counter.ts', [originUrl]);
  return { url, count: async () => Number(await ask('')), stop };
}

/** A program that prints its address, answers a line with a line, and leaves when its input ends. */
async function startProgram(name: string, args: string[]) {
  const program = fileURLToPath(new URL(name, import.meta.url));
  const child: ChildProcess = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error(`${name} has no output`);
  const lines = createInterface({ input: child.stdout });
  const line = async () => String((await once(lines, 'line'))[0]);
  return {
    url: await line(),
    async ask(question: string) {
      const answer = line();
      child.stdin?.write(`${question}\n`);
      return answer;
    },
    async stop() {
      child.stdin?.end();
      await once(child, 'close');
    },
  };
}

/** Beside what is ours, files with the headers that parts have. */
async function startNginx(edgeUrl: string, store: string): Promise<EdgeNginx> {
  const nginx = await startEdgeNginx({
    edgeUrl,
    store,
    server: (folder) => {
      const file = `
        default_type video/mp4;
        add_header Cache-Control 'public, max-age=31536000, immutable';
        add_header X-Content-Type-Options nosniff;
        add_header Access-Control-Allow-Origin *;
        add_header Cross-Origin-Resource-Policy cross-origin;`;
      return `
        location /static/ { alias ${folder}/static/; ${file} }
        location /static-tuned/ { alias ${folder}/static/; open_file_cache max=4000 inactive=20s; ${file} }`;
    },
  });
  if (!nginx) throw new Error('nginx is not installed: apt-get install nginx libnginx-mod-http-lua');
  return nginx;
}

function serverSeconds({ nginx, edge }: Pick<Stage, 'nginx' | 'edge'>): number {
  return [...childrenOf(nginx.pid, 'nginx'), edge.pid].reduce((sum, pid) => sum + onCpu(pid), 0);
}

/** Seconds of processor time that each has had. */
function cpuOf({ nginx, edge }: Stage) {
  const { user, system } = process.cpuUsage();
  const seconds = (pids: number[]) => pids.reduce((sum, pid) => sum + onCpu(pid), 0);
  return {
    nginx: seconds(childrenOf(nginx.pid, 'nginx')),
    edge: seconds([edge.pid]),
    generator: (user + system) / 1e6,
    // Of the whole machine: other work on it shows here.
    idle: os.cpus().reduce((sum, { times }) => sum + times.idle / 1_000, 0),
  };
}

/** Seconds of all its threads. */
function onCpu(pid: number): number {
  const seconds = readdirSync(`/proc/${pid}/task`).map((task) => {
    const [nanos = '0'] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ');
    return Number(nanos) / 1e9;
  });
  return seconds.reduce((sum, each) => sum + each, 0);
}

/** KiB. */
function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

/** Asks for each at least once. */
async function seen(asked: Asked[], url: string): Promise<void> {
  for (let replies = 0; replies < asked.length; )
    replies += (await saturate(url, asked, { ms: 1_000, connections: CONNECTIONS })).replies;
}
