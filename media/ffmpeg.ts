import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import type { Logger } from './logger.ts';

/*
 * Everything that we say to ffmpeg: where it is, and every list of arguments.
 */

export interface Ffmpeg {
  path: string;
  version: string;
  /** The old build of the npm package, for want of a better one. */
  fallback: boolean;
}

/** @throws Error when there is no ffmpeg anywhere. */
export async function findFfmpeg(configured: string | undefined, logger: Logger): Promise<Ffmpeg> {
  if (configured) {
    const version = await versionOf(configured);
    if (!version) throw new Error(`FFMPEG_PATH is ${configured}, which does not run`);
    return { path: configured, version, fallback: false };
  }
  const installed = await versionOf('ffmpeg');
  if (installed) return { path: 'ffmpeg', version: installed, fallback: false };
  const bundled = bundledPath();
  const version = bundled && (await versionOf(bundled));
  if (!bundled || !version) throw new Error('no ffmpeg: install it, or set FFMPEG_PATH');
  logger.warn({ version }, 'ffmpeg is not installed; using the npm package’s build of 2018, whose parsers are old');
  return { path: bundled, version, fallback: true };
}

/** Key frames are this far apart, and so segments this long, s. */
export const KEY_FRAME_SECONDS = 2;
const PART_MICROSECONDS = 333_000;
const MAX_HEIGHT = 720;
const MAX_FPS = 30;

export interface RungOptions {
  hasAudio: boolean;
  /** As the publisher says; null when it does not. */
  framesPerSecond: number | null;
}

/**
 * One rung: FLV in, fragmented MP4 out, one fragment a part. The picture is at most 720p and 30 frames a second.
 *
 * Probing is short, because the codecs are known from their configuration; `-fflags nobuffer` would make separate audio
 * more than a second late. It runs with `-copyts`-free timestamps: the packager anchors them to the clock.
 */
export function rungArguments({ hasAudio, framesPerSecond }: RungOptions): string[] {
  const fps = framesPerSecond !== null && framesPerSecond > MAX_FPS + 1 ? [`fps=${MAX_FPS}`] : [];
  const scale = `scale=-2:'min(${MAX_HEIGHT},trunc(ih/2)*2)'`;
  return [
    ...['-hide_banner', '-loglevel', 'warning'],
    ...['-analyzeduration', '500000', '-probesize', '500000', '-f', 'flv', '-i', 'pipe:0'],
    ...['-map', '0:v:0', ...(hasAudio ? ['-map', '0:a:0'] : ['-an'])],
    ...['-vf', [...fps, scale].join(','), '-pix_fmt', 'yuv420p'],
    ...['-c:v', 'libx264', '-preset', 'veryfast', '-tune', 'zerolatency', '-profile:v', 'main'],
    ...['-b:v', '1500k', '-maxrate', '1800k', '-bufsize', '1800k', '-sc_threshold', '0'],
    // By time, not by count, so that a publisher's uneven frame rate does not stretch segments.
    ...['-g', '300', '-force_key_frames', `expr:gte(t,n_forced*${KEY_FRAME_SECONDS})`],
    ...(hasAudio ? ['-c:a', 'aac', '-b:a', '128k', '-ar', '48000', '-ac', '2'] : []),
    // The encoder's delay puts the first sound before zero; a start at one second keeps it, and all parts of one length.
    ...['-output_ts_offset', '1', '-avoid_negative_ts', 'disabled'],
    ...['-f', 'mp4', '-movflags', '+frag_keyframe+empty_moov+default_base_moof+frag_discont'],
    ...['-frag_duration', String(PART_MICROSECONDS), '-flush_packets', '1', 'pipe:1'],
  ];
}

export interface Encoder {
  stdin: Writable;
  stdout: Readable;
  pid: number | undefined;
  exited: Promise<{ code: number | null; signal: string | null }>;
  /** Ends it, gently first. Resolves when it is gone. */
  stop(): Promise<void>;
}

/** After stdin was closed ffmpeg has this long to write what it holds. */
const DRAIN_MS = 2_000;

export function startEncoder(path: string, args: string[], logger: Logger): Encoder {
  const child: ChildProcess = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error('ffmpeg was started without pipes');
  // A write to an ffmpeg that has just died is no news: its exit is.
  stdin.on('error', () => undefined);
  stderr.setEncoding('utf8').on('data', (text: string) => {
    logger.debug({ ffmpeg: child.pid, text: text.trim().slice(0, 500) }, 'ffmpeg says');
  });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('error', (error) => {
      logger.error({ err: error }, 'ffmpeg did not start');
      resolve({ code: null, signal: null });
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  return {
    stdin,
    stdout,
    pid: child.pid,
    exited,
    async stop() {
      stdin.end();
      const kill = setTimeout(() => child.kill('SIGKILL'), DRAIN_MS);
      await exited;
      clearTimeout(kill);
    },
  };
}

async function versionOf(path: string): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-version'], { timeout: 10_000 });
    return /^ffmpeg version (\S+)/.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

function bundledPath(): string | null {
  try {
    return (createRequire(import.meta.url)('@ffmpeg-installer/ffmpeg') as { path: string }).path;
  } catch {
    return null;
  }
}
