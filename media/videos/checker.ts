import fs from 'node:fs/promises';
import { MAX_POSTER_LENGTH, type UnusableReason, type VideoFacts } from '#contract/media-videos.ts';
import type { Ffmpeg } from '../ffmpeg.ts';
import type { Logger } from '../logger.ts';
import { decodeAmf } from '../rtmp/amf0.ts';
import { SCRIPT } from '../rtmp/flv.ts';
import {
  conversionArguments,
  frameRateFor,
  gainFor,
  type Look,
  lookArguments,
  loudnessArguments,
  posterArguments,
  readLook,
} from './conversion.ts';
import { type FlvIndex, FlvIndexer } from './flv-index.ts';
import { FlvReader } from './flv-reader.ts';
import { startJob } from './job.ts';
import { ROOM_EVERY_BYTES, type VideoLibrary } from './library.ts';

export interface CheckerOptions {
  library: VideoLibrary;
  ffmpeg: Ffmpeg;
  logger: Logger;
  onReady: (videoId: string, facts: VideoFacts, poster: string | null) => void;
  onUnusable: (videoId: string, reason: UnusableReason) => void;
  /** How long measuring the loudness may take at least, ms. */
  leastLoudnessMs?: number;
}

/** On a machine that has little left for it; what takes longer may be looked at again. */
const LOOK_MS = 10 * 60_000;
/** Measuring takes a fraction of the video's length; however short it is, the machine may be busy. */
const LEAST_LOUDNESS_MS = 10 * 60_000;
/** For want of a picture nothing waits long. */
const POSTER_MS = 120_000;
/** Without a byte for so long the conversion hangs. */
const STALL_MS = 180_000;

/** Parts of what a file says its length is, below which it is not whole: tracks may differ by a little. */
const WHOLE = 0.9;
/** When ffmpeg complained about its end. */
const WHOLE_BEYOND_DOUBT = 0.99;

const POSTER_WIDTHS = [320, 200];

class Unusable extends Error {
  readonly reason: UnusableReason;

  constructor(reason: UnusableReason) {
    super(reason);
    this.reason = reason;
  }
}

/**
 * Checks uploads and makes of each a file that can be played as it is, one after the other and with what the class leaves
 * of the machine. What a restart interrupts begins anew.
 */
export class Checker {
  readonly #options: CheckerOptions;
  #waiting: string[] = [];
  #current: { videoId: string; percent: number | null; abort: AbortController } | null = null;
  #closed = false;

  constructor(options: CheckerOptions) {
    this.#options = options;
  }

  /** Its turn comes. */
  add(videoId: string): void {
    if (this.#closed || this.#current?.videoId === videoId || this.#waiting.includes(videoId)) return;
    this.#waiting.push(videoId);
    if (!this.#current) void this.#next();
  }

  /** It is about to be removed. */
  drop(videoId: string): void {
    this.#waiting = this.#waiting.filter((id) => id !== videoId);
    if (this.#current?.videoId === videoId) this.#current.abort.abort();
  }

  /** Null while it waits, or when its length is not known. */
  percentOf(videoId: string): number | null {
    return this.#current?.videoId === videoId ? this.#current.percent : null;
  }

  /** Ends what runs; it is done again after the next start. */
  close(): void {
    this.#closed = true;
    this.#waiting = [];
    this.#current?.abort.abort();
  }

  async #next(): Promise<void> {
    const videoId = this.#waiting.shift();
    if (videoId === undefined) return;
    const abort = new AbortController();
    this.#current = { videoId, percent: null, abort };
    const { library, logger, onReady, onUnusable } = this.#options;
    try {
      const { index, hasSound, poster } = await this.#check(videoId, abort.signal);
      await library.markReady(videoId, index);
      const { durationMs, width, height, framesPerSecond, bytes } = index;
      logger.info({ videoId, durationMs, width, height, framesPerSecond, bytes }, 'a video is ready');
      onReady(videoId, { durationMs, width, height, framesPerSecond, hasSound, bytes }, poster);
    } catch (error) {
      if (!abort.signal.aborted) {
        const reason = reasonOf(error);
        logger.warn({ err: error, videoId, reason }, 'a video cannot be used');
        await library.markUnusable(videoId, reason).catch((cause: unknown) => logger.error({ err: cause, videoId }));
        onUnusable(videoId, reason);
      }
    }
    this.#current = null;
    if (!this.#closed) await this.#next();
  }

  /** @throws Unusable, or an error of the file system */
  async #check(
    videoId: string,
    signal: AbortSignal,
  ): Promise<{ index: FlvIndex; hasSound: boolean; poster: string | null }> {
    const { library } = this.#options;
    const file = library.uploadPath(videoId);
    const looked = await this.#run(lookArguments(file), within(LOOK_MS, signal));
    signal.throwIfAborted();
    // It was killed, or did not start: that says nothing about the file.
    if (looked.code === null) throw new Unusable('failed');
    const look = readLook(looked.stderr, looked.code);
    if (typeof look === 'string') throw new Unusable(look);
    const gain = look.hasSound ? await this.#gain(file, look.durationMs, signal) : null;
    signal.throwIfAborted();
    const index = await this.#convert(videoId, { ...look, gain }, signal);
    const atMs = Math.min(10_000, index.durationMs / 10);
    return { index, hasSound: look.hasSound, poster: await this.#poster(library.partPath(videoId), atMs, signal) };
  }

  /** Sound that cannot be measured, or not in time, is left as it is: it may still be heard. */
  async #gain(file: string, durationMs: number | null, signal: AbortSignal): Promise<number> {
    const limit = Math.max(this.#options.leastLoudnessMs ?? LEAST_LOUDNESS_MS, durationMs ?? 0);
    const { code, stderr } = await this.#run(loudnessArguments(file), within(limit, signal));
    return code === null ? 0 : gainFor(stderr);
  }

  async #convert(videoId: string, look: Look & { gain: number | null }, signal: AbortSignal): Promise<FlvIndex> {
    const { library, ffmpeg, logger } = this.#options;
    const rate = frameRateFor(look.framesPerSecond);
    const args = conversionArguments(library.uploadPath(videoId), { rate, gain: look.gain });
    const reader = new FlvReader();
    const indexer = new FlvIndexer();
    const out = await fs.open(library.partPath(videoId), 'w');
    // After the file is open: of a process that ends before it is listened to, the output is lost.
    const job = startJob(ffmpeg.path, args, signal, logger);
    const stalled = setTimeout(() => job.kill(), STALL_MS);
    let size = { width: 0, height: 0 };
    let bytes = 0;
    let roomAt = 0;
    let ended: Awaited<typeof job.ended>;
    try {
      for await (const chunk of job.stdout as AsyncIterable<Buffer>) {
        stalled.refresh();
        for (const tag of reader.push(chunk)) {
          if (tag.type === SCRIPT && size.width === 0) size = sizeOf(tag.payload);
          indexer.take(tag);
        }
        if (bytes >= roomAt) {
          if (!(await library.hasRoomFor(0))) throw new Unusable('disk-full');
          roomAt = bytes + ROOM_EVERY_BYTES;
        }
        await out.appendFile(chunk);
        bytes += chunk.length;
        this.#note(videoId, indexer.reachedMs, look.durationMs);
      }
      await out.datasync();
      // It closes its output a moment before it is gone.
      ended = await job.ended;
    } finally {
      clearTimeout(stalled);
      job.kill();
      await out.close();
    }
    const { code, stderr } = ended;
    signal.throwIfAborted();
    const index = reader.whole ? indexer.finish({ ...size, framesPerSecond: rate, bytes }) : null;
    if (!index || code !== 0) {
      logger.warn({ videoId, code, stderr: stderr.slice(-2_000) }, 'ffmpeg could not convert a video');
      throw new Unusable(indexer.reachedMs === 0 && code !== null ? 'undecodable' : 'failed');
    }
    const whole = /partial file|truncat|end of file/i.test(stderr) ? WHOLE_BEYOND_DOUBT : WHOLE;
    if (look.durationMs !== null && indexer.reachedMs < look.durationMs * whole - 1_000)
      throw new Unusable('truncated');
    return index;
  }

  #note(videoId: string, reachedMs: number, durationMs: number | null): void {
    if (this.#current?.videoId !== videoId || !durationMs) return;
    this.#current.percent = Math.min(99, Math.floor((reachedMs / durationMs) * 100));
  }

  /** Base64; null when there is none that is small enough. */
  async #poster(file: string, atMs: number, signal: AbortSignal): Promise<string | null> {
    const { ffmpeg, logger } = this.#options;
    for (const width of POSTER_WIDTHS) {
      const job = startJob(ffmpeg.path, posterArguments(file, atMs, width), within(POSTER_MS, signal), logger);
      const chunks: Buffer[] = [];
      for await (const chunk of job.stdout as AsyncIterable<Buffer>) chunks.push(chunk);
      const { code } = await job.ended;
      signal.throwIfAborted();
      if (code === null) return null;
      const text = Buffer.concat(chunks).toString('base64');
      if (text.length > 0 && text.length <= MAX_POSTER_LENGTH) return text;
    }
    return null;
  }

  async #run(args: string[], signal: AbortSignal): Promise<{ code: number | null; stderr: string }> {
    const job = startJob(this.#options.ffmpeg.path, args, signal, this.#options.logger);
    job.stdout.resume();
    return job.ended;
  }
}

function within(ms: number, signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(ms)]);
}

function reasonOf(error: unknown): UnusableReason {
  if (error instanceof Unusable) return error.reason;
  return (error as NodeJS.ErrnoException).code === 'ENOSPC' ? 'disk-full' : 'failed';
}

function sizeOf(script: Buffer): { width: number; height: number } {
  const [name, values] = decodeAmf(script);
  if (name !== 'onMetaData' || values === null || typeof values !== 'object' || Array.isArray(values)) {
    return { width: 0, height: 0 };
  }
  return { width: Number(values.width) || 0, height: Number(values.height) || 0 };
}
