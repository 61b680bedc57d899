import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { WebSocket } from 'ws';
import { PUBLISH_PATH, PublishAnswer } from '#contract/publish.ts';
import { elementHead, ID, unsigned } from '#media/matroska/ebml.ts';

export interface PagePublisher {
  socket: WebSocket;
  /** What media said, in order. */
  answers: PublishAnswer[];
  /** Resolves when the connection is closed. */
  closed: Promise<void>;
  /** Begins another recording, as a page does that lowers its bitrate. */
  record(signal?: RecordedSignal): Promise<void>;
  /** Ends the way a person does. */
  stop(): Promise<void>;
  /** Its network is gone: nothing more is sent or answered, and nobody is told. */
  vanish(): void;
}

export interface RecordedSignal {
  codec?: 'vp8' | 'vp9' | 'h264';
  size?: string;
  audio?: boolean;
}

/** Connects as a page does and says its hello. */
export async function connectPage(url: string, ticket: string): Promise<PagePublisher> {
  const socket = new WebSocket(url.replace(/^http/, 'ws') + PUBLISH_PATH, { perMessageDeflate: false });
  const answers: PublishAnswer[] = [];
  let end: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      end();
      resolve();
    });
  });
  socket.on('message', (bytes: Buffer) => answers.push(PublishAnswer.parse(JSON.parse(bytes.toString()))));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  socket.send(JSON.stringify({ type: 'publish', ticket, framesPerSecond: 30 }));
  return {
    socket,
    answers,
    closed,
    async record(signal = {}) {
      const recording = await recordingOf(signal);
      end();
      end = play(recording, (bytes) => socket.send(bytes));
    },
    async stop() {
      end();
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'stop' }));
      await closed;
    },
    vanish() {
      end();
      socket.pause();
    },
  };
}

/** Publishes a test picture and tone in real time, in a container like that of a browser's MediaRecorder. */
export async function publishFromPage(url: string, ticket: string, signal?: RecordedSignal): Promise<PagePublisher> {
  await recordingOf(signal ?? {});
  const page = await connectPage(url, ticket);
  await new Promise<void>((resolve, reject) => {
    page.socket.on('message', () => (page.answers[0]?.type === 'accepted' ? resolve() : reject(page.answers[0])));
  });
  await page.record(signal);
  return page;
}

const ENCODERS = {
  vp8: '-c:v libvpx -deadline realtime -cpu-used 12 -lag-in-frames 0',
  vp9: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -lag-in-frames 0',
  h264: '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p',
};
const RECORDED_SECONDS = 6;
const CLUSTER_MS = 100;
const recordings = new Map<string, Promise<Recording>>();

/** What a recorder gives, piece by piece, and when. */
interface Recording {
  pieces: { atMs: number; bytes: Buffer }[];
}

/** Made once and beforehand: an encoder that must keep up with everything else that a test runs would fall silent. */
function recordingOf({ codec = 'vp8', size = '320x180', audio = true }: RecordedSignal): Promise<Recording> {
  const key = `${codec} ${size} ${audio}`;
  const known = recordings.get(key);
  if (known) return known;
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30`],
    ...(audio ? ['-f', 'lavfi', '-i', 'sine=f=440:r=48000', '-c:a', 'libopus', '-b:a', '48k'] : []),
    ...[...ENCODERS[codec].split(' '), '-b:v', '600k', '-g', '60', '-keyint_min', '60', '-t', String(RECORDED_SECONDS)],
    // WebM does not allow H.264. A cluster is what a browser gives at a time.
    ...['-f', codec === 'h264' ? 'matroska' : 'webm', '-live', '1', '-write_crc32', '0'],
    ...['-cluster_time_limit', String(CLUSTER_MS)],
    'pipe:1',
  ];
  const made = promisify(execFile)(process.env.FFMPEG_PATH ?? 'ffmpeg', args, {
    encoding: 'buffer',
    maxBuffer: 16 * 1024 * 1024,
  }).then(({ stdout }) => cutAtClusters(stdout));
  recordings.set(key, made);
  return made;
}

function cutAtClusters(bytes: Buffer): Recording {
  const marker = Buffer.from('1f43b675', 'hex');
  const starts: number[] = [];
  for (let at = bytes.indexOf(marker); at >= 0; at = bytes.indexOf(marker, at + 1)) starts.push(at);
  const clusters = starts.map((start, at) => bytes.subarray(start, starts[at + 1] ?? bytes.length));
  const pieces = clusters.map((cluster) => ({ atMs: clusterTime(cluster), bytes: cluster }));
  return { pieces: [{ atMs: 0, bytes: bytes.subarray(0, starts[0]) }, ...pieces] };
}

function clusterTime(cluster: Buffer): number {
  const content = cluster.subarray(elementHead(cluster)?.length ?? 0);
  const head = elementHead(content);
  if (head?.id !== ID.timestamp) throw new Error('a cluster without its time');
  return unsigned(content.subarray(head.length, head.length + (head.size ?? 0)));
}

/** Gives a recording in real time, and then the same again. @returns what ends it */
function play({ pieces }: Recording, send: (bytes: Buffer) => void): () => void {
  let began = Date.now();
  let next = 0;
  const timer = setInterval(() => {
    if (next === pieces.length && Date.now() - began >= RECORDED_SECONDS * 1_000) {
      began += RECORDED_SECONDS * 1_000;
      next = 0;
    }
    for (; next < pieces.length && (pieces[next]?.atMs ?? 0) <= Date.now() - began; next += 1) {
      send(pieces[next]?.bytes ?? Buffer.alloc(0));
    }
  }, CLUSTER_MS / 2);
  return () => clearInterval(timer);
}
