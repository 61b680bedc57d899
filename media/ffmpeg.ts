import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { promisify } from 'node:util';
import { type Rung, SOUND, SOUND_BITRATE } from './ladder.ts';
import type { Logger } from './logger.ts';
import { BRIGHTEST, LOUDNESS } from './meter.ts';
import { partEndsAt } from './parts.ts';

/*
 * Everything that we say to ffmpeg: where it is, and every list of arguments for what is live. What is uploaded has its own,
 * in videos/conversion.ts.
 */

export interface Ffmpeg {
  path: string;
  version: string;
  /** The old build of the npm package, for want of a better one. */
  fallback: boolean;
  /** Its filters can say at once what they measure. */
  meters: boolean;
  /** Its encoder can have key frames where the publisher has them. */
  follows: boolean;
}

/** @throws Error when there is no ffmpeg anywhere. */
export async function findFfmpeg(configured: string | undefined, logger: Logger): Promise<Ffmpeg> {
  if (configured) {
    const version = await versionOf(configured);
    if (!version) throw new Error(`FFMPEG_PATH is ${configured}, which does not run`);
    return found(configured, version, false);
  }
  const installed = await versionOf('ffmpeg');
  if (installed) return found('ffmpeg', installed, false);
  const bundled = bundledPath();
  const version = bundled && (await versionOf(bundled));
  if (!bundled || !version) throw new Error('no ffmpeg: install it, or set FFMPEG_PATH');
  logger.warn({ version }, 'ffmpeg is not installed; using the npm package’s build of 2018, whose parsers are old');
  return found(bundled, version, true);
}

async function found(path: string, version: string, fallback: boolean): Promise<Ffmpeg> {
  // `-force_key_frames source` is of 2019.
  const follows = !fallback && !isBefore(version, 4, 3);
  return { path, version, fallback, meters: await canMeter(path), follows };
}

/** Builds from a repository, that have no number, are newer. */
function isBefore(version: string, major: number, minor: number): boolean {
  const [, first, second] = /^n?(\d+)\.(\d+)/.exec(version) ?? [];
  if (first === undefined) return false;
  return Number(first) < major || (Number(first) === major && Number(second) < minor);
}

/** Older builds keep what they measure in a buffer for minutes. */
async function canMeter(path: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)(path, ['-hide_banner', '-h', 'filter=metadata'], { timeout: 10_000 });
  return /^ +direct /m.test(stdout);
}

/** Key frames are this far apart, and so segments this long, s. */
export const KEY_FRAME_SECONDS = 2;
/** Sixteen frames of AAC at 48 kHz are more, fifteen less, microseconds. */
const SOUND_PART_ENDS_AT = 333_000;
const MAX_FPS = 30;
/** A rate below is a mistake in the metadata; parts need several frames. */
const MIN_FPS = 10;
/** 4096 x 2304: what a publisher may make us decode. */
const MAX_SOURCE_PIXELS = 9_437_184;

export interface LadderOptions {
  /** Of the input, as ffmpeg calls it. */
  container: 'flv' | 'matroska';
  /** From the top down, at least one. */
  rungs: readonly Rung[];
  /** As the publisher says; null when it does not. */
  framesPerSecond: number | null;
  /** The first rung is the publisher's own picture, and the others have their key frames where that has. */
  copied?: boolean;
  /** What comes before this moment of the input is decoded and not shown, ms. */
  skipMs?: number;
  /** Says on one more pipe, after those of the outputs, how loud and how dark it is. */
  metered: boolean;
}

/** Names of what an encoder with these rungs writes, in the order of its pipes. */
export function outputsOf(rungs: readonly Rung[]): string[] {
  return [...rungs.map(({ name }) => name), SOUND];
}

/** Pipes of the outputs follow those of stdin, stdout and stderr. */
const FIRST_PIPE = 3;

/**
 * A ladder: a picture with sound in, a stream of fragmented MP4 out for each rung and for the sound, one fragment a part. All
 * outputs have one clock, and all pictures their key frames at the same frames, so that a player can change between them.
 *
 * Probing is short, because the codecs are known from their configuration; `-fflags nobuffer` would make separate audio
 * more than a second late. Timestamps begin anew in each run: the packager anchors them to the clock.
 */
export function ladderArguments(options: LadderOptions): string[] {
  const { container, rungs, framesPerSecond, metered, copied = false, skipMs = 0 } = options;
  const rate = outputRate(framesPerSecond);
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning', '-protocol_whitelist', 'pipe'],
    ...['-analyzeduration', '500000', '-probesize', '500000', '-fpsprobesize', '0'],
    // With one reference frame the parser takes intra pictures for key frames that are none to a decoder.
    ...(copied ? ['-fflags', '+noparse+nofillin'] : []),
    ...['-max_pixels', String(MAX_SOURCE_PIXELS), '-f', container, '-i', 'pipe:0'],
    ...laddered(rungs, { rate, copied, skipMs }, '0:a:0', metered),
  ];
}

interface Pictures {
  rate: number;
  copied: boolean;
  skipMs: number;
}

function laddered(rungs: readonly Rung[], pictures: Pictures, sound: string, metered = false): string[] {
  const { rate, copied, skipMs } = pictures;
  const encoded = copied ? rungs.slice(1) : rungs;
  const output = (at: number) => [
    ...(skipMs > 0 ? ['-ss', (skipMs / 1_000).toFixed(3)] : []),
    ...outputTo(FIRST_PIPE + at, at < rungs.length ? partEndsAt(rate) : SOUND_PART_ENDS_AT),
  ];
  const firstEncoded = rungs.length - encoded.length;
  return [
    ...(encoded.length > 0 ? ['-filter_complex', scaling(encoded)] : []),
    ...(metered ? ['-filter_complex', metering(FIRST_PIPE + rungs.length + 1)] : []),
    ...(copied ? ['-map', '0:v:0', '-c:v', 'copy', ...output(0)] : []),
    ...encoded.flatMap((rung, at) => [
      ...['-map', `[rung${at}]`, ...encodedArguments(rung, rungs.length)],
      ...(copied ? followingArguments(rate) : regularArguments(rate)),
      ...output(firstEncoded + at),
    ]),
    ...['-map', sound, '-af', 'aresample=async=1:first_pts=0', '-c:a', 'aac', '-b:a', `${SOUND_BITRATE}k`],
    ...['-ar', '48000', '-ac', '2', ...output(rungs.length)],
  ];
}

/** Sound enough that its encoder has settled, s. */
const SLATE_SOUND_LENGTH = 3;
/** Said in the slate, in the languages of the pages: true also where a prepared video has just ended. */
const SLATE_WORDS = {
  zh: '请稍候，画面恢复后自动继续',
  en: 'Please wait. The picture comes back by itself.',
};

/**
 * The slate, that is shown while a class waits for its publisher: the same outputs as those of a ladder, from no input.
 * @param font file name of a font for the words, in the folder in which ffmpeg runs; null for a slate without words
 */
export function slateArguments(rungs: readonly Rung[], font: string | null): string[] {
  const words = (text: string, size: number, y: string, colour: string) =>
    `drawtext=fontfile=${font}:expansion=none:text='${text}':fontsize=${size}:fontcolor=${colour}:x=(w-tw)/2:y=${y}`;
  const picture = [
    `color=c=0x0E151B:s=1280x720:r=${MAX_FPS}`,
    'drawbox=x=580:y=270:w=120:h=4:color=0xE8A317:t=fill',
    ...(font ? [words(SLATE_WORDS.zh, 52, '310', '0xFFFFFF'), words(SLATE_WORDS.en, 28, '400', '0xAFC0CC')] : []),
  ];
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'warning'],
    ...['-t', String(KEY_FRAME_SECONDS), '-f', 'lavfi', '-i', picture.join(',')],
    ...['-t', String(SLATE_SOUND_LENGTH), '-f', 'lavfi', '-i', 'anullsrc=r=48000:cl=stereo'],
    ...laddered(rungs, { rate: MAX_FPS, copied: false, skipMs: 0 }, '1:a:0'),
  ];
}

/** Each rung is made of the one above it, which costs less than of the source; no picture is enlarged. */
function scaling(rungs: readonly Rung[]): string {
  const steps = rungs.map(({ height }, at) => {
    const from = at === 0 ? '[0:v:0]' : `[below${at - 1}]`;
    const scaled = `${from}scale=-2:'trunc(min(${height},ih)/2)*2',format=yuv420p`;
    return at === rungs.length - 1 ? `${scaled}[rung${at}]` : `${scaled},split[rung${at}][below${at}]`;
  });
  return steps.join(';');
}

/** A small picture each second and a bare sound each half second, for {@link Meter}. */
function metering(pipe: number): string {
  const to = `file=pipe\\\\:${pipe}:direct=1`;
  return [
    `[0:v:0]fps=1,scale=160:-2,signalstats,metadata=print:key=${BRIGHTEST}:${to},nullsink`,
    `[0:a:0]aresample=8000,asetnsamples=n=4000:p=0,astats=metadata=1:reset=1,ametadata=print:key=${LOUDNESS}:${to},anullsink`,
  ].join(';');
}

function encodedArguments({ bitrate, peak }: Rung, rungs: number): string[] {
  return [
    ...['-c:v', 'libx264', '-preset', rungs > 1 ? 'superfast' : 'veryfast', '-tune', 'zerolatency'],
    ...['-profile:v', 'main', '-b:v', `${bitrate}k`, '-maxrate', `${peak}k`, '-bufsize', `${peak}k`],
    ...['-sc_threshold', '0'],
  ];
}

function regularArguments(rate: number): string[] {
  const keyFrameInterval = String(Math.round(rate * KEY_FRAME_SECONDS));
  return [
    // A constant rate, so that the count of frames keeps key frames and parts exact whatever the publisher's rhythm.
    ...['-r', rate.toFixed(3), '-vsync', 'cfr'],
    ...['-g', keyFrameInterval, '-keyint_min', keyFrameInterval],
  ];
}

/** Longer than any distance of key frames of a picture that is copied, frames. */
const NEVER = 10_000;

/** The publisher's frames, each at its own time, and no key frame but where it has one. */
function followingArguments(rate: number): string[] {
  return [
    ...['-vsync', 'passthrough', '-enc_time_base', '1/1000', '-force_key_frames', 'source', '-g', String(NEVER)],
    // Of frames that come as they come the encoder would not know how many bits each may have.
    ...['-x264-params', `fps=${rate.toFixed(3)}`],
  ];
}

function outputTo(pipe: number, partEnds: number): string[] {
  return [
    // The encoder's delay puts the first sound before zero; a start at one second keeps it, and all parts of one length.
    ...['-output_ts_offset', '1', '-avoid_negative_ts', 'disabled'],
    ...['-f', 'mp4', '-movflags', '+frag_keyframe+empty_moov+default_base_moof+frag_discont'],
    ...['-frag_duration', String(partEnds), '-flush_packets', '1', `pipe:${pipe}`],
  ];
}

/** Halves what is too fast, so that every second frame is shown and motion stays even. */
function outputRate(source: number | null): number {
  if (source === null || source < MIN_FPS) return MAX_FPS;
  if (source <= MAX_FPS + 0.01) return source;
  return source / 2 <= MAX_FPS + 0.01 ? source / 2 : MAX_FPS;
}

export interface Encoder {
  stdin: Writable;
  /** In the order of the arguments' pipes. */
  outputs: Readable[];
  pid: number | undefined;
  exited: Promise<{ code: number | null; signal: string | null }>;
  /** Ends it, gently first. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): void;
}

/** After stdin was closed ffmpeg goes on writing what it holds; one that writes nothing for so long is ended, and any after the longer time. */
const DRAIN_MS = 2_000;
const MAX_DRAIN_MS = 8_000;

/** @param cwd folder in which it runs, where that matters */
export function startEncoder(path: string, args: string[], outputs: number, logger: Logger, cwd?: string): Encoder {
  const pipes = Array.from({ length: outputs }, () => 'pipe' as const);
  const child: ChildProcess = spawn(path, args, { cwd, stdio: ['pipe', 'ignore', 'pipe', ...pipes] });
  const exited = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.on('error', (error) => {
      logger.error({ err: error }, 'ffmpeg did not start');
      resolve({ code: null, signal: null });
    });
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const { stdin, stderr } = child;
  // Without a free file handle there is a child without pipes: one that has died, for whoever wanted it.
  if (!stdin || !stderr) return noEncoder(exited);
  // A write to an ffmpeg that has just died is no news: its exit is.
  stdin.on('error', () => undefined);
  stderr.setEncoding('utf8').on('data', (text: string) => {
    logger.debug({ ffmpeg: child.pid, text: text.trim().slice(0, 500) }, 'ffmpeg says');
  });
  const readable = child.stdio.slice(FIRST_PIPE) as Readable[];
  return {
    stdin,
    outputs: readable,
    pid: child.pid,
    exited,
    kill: () => child.kill('SIGKILL'),
    async stop() {
      stdin.end();
      const kill = () => child.kill('SIGKILL');
      const idle = setTimeout(kill, DRAIN_MS);
      const limit = setTimeout(kill, MAX_DRAIN_MS);
      // On a machine that is short of time it may owe seconds, which belong to the recording.
      for (const output of readable) output.on('data', () => idle.refresh());
      await exited;
      clearTimeout(idle);
      clearTimeout(limit);
    },
  };
}

function noEncoder(exited: Encoder['exited']): Encoder {
  const stdin = new PassThrough().resume();
  return { stdin, outputs: [], pid: undefined, exited, stop: async () => void (await exited), kill: () => undefined };
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
