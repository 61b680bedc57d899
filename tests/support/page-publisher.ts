import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { PUBLISH_PATH, PublishAnswer } from '#contract/publish.ts';

export interface PagePublisher {
  socket: WebSocket;
  /** What media said, in order. */
  answers: PublishAnswer[];
  /** Resolves when the connection is closed. */
  closed: Promise<void>;
  /** Begins another recording, as a page does that lowers its bitrate. */
  record(signal?: RecordedSignal): void;
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
  let recorder: ChildProcess | undefined;
  const closed = new Promise<void>((resolve) => {
    socket.on('close', () => {
      recorder?.kill('SIGKILL');
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
    record(signal) {
      const before = recorder;
      const next = startRecorder(signal);
      recorder = next;
      // A browser's is there at once; this one takes over when it is.
      next.stdout?.once('data', () => before?.stdout?.removeAllListeners('data').resume());
      next.stdout?.on('data', (bytes: Buffer) => socket.send(bytes));
      next.stdout?.once('data', () => before?.kill('SIGKILL'));
    },
    async stop() {
      recorder?.kill('SIGKILL');
      if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type: 'stop' }));
      await closed;
    },
    vanish() {
      recorder?.kill('SIGKILL');
      socket.pause();
    },
  };
}

/** Publishes a test picture and tone in real time, in a container like that of a browser's MediaRecorder. */
export async function publishFromPage(url: string, ticket: string, signal?: RecordedSignal): Promise<PagePublisher> {
  const page = await connectPage(url, ticket);
  await new Promise<void>((resolve, reject) => {
    page.socket.on('message', () => (page.answers[0]?.type === 'accepted' ? resolve() : reject(page.answers[0])));
  });
  page.record(signal);
  return page;
}

const ENCODERS = {
  vp8: '-c:v libvpx -deadline realtime -cpu-used 12 -lag-in-frames 0',
  vp9: '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -lag-in-frames 0',
  h264: '-c:v libx264 -preset ultrafast -tune zerolatency -pix_fmt yuv420p',
};

function startRecorder({ codec = 'vp8', size = '320x180', audio = true }: RecordedSignal = {}): ChildProcess {
  const args = [
    ...['-hide_banner', '-loglevel', 'error', '-nostdin', '-re', '-f', 'lavfi', '-i', `testsrc2=s=${size}:r=30`],
    ...(audio ? ['-re', '-f', 'lavfi', '-i', 'sine=f=440:r=48000', '-c:a', 'libopus', '-b:a', '48k'] : []),
    ...[...ENCODERS[codec].split(' '), '-b:v', '600k', '-g', '60', '-keyint_min', '60'],
    // WebM does not allow H.264. A cluster is written when it ends, and a browser writes all that it has ten times a second.
    ...[
      '-f',
      codec === 'h264' ? 'matroska' : 'webm',
      '-live',
      '1',
      '-cluster_time_limit',
      '5000',
      '-flush_packets',
      '1',
    ],
    'pipe:1',
  ];
  return spawn(process.env.FFMPEG_PATH ?? 'ffmpeg', args, { stdio: ['ignore', 'pipe', 'inherit'] });
}
