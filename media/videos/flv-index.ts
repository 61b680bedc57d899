import { z } from 'zod';
import { AUDIO, audioKind, VIDEO, videoKind } from '../rtmp/flv.ts';
import type { FlvTag } from './flv-reader.ts';

/** What a player must know of a file before it reads it. */
export const FlvIndex = z.object({
  durationMs: z.int().positive(),
  width: z.int().positive(),
  height: z.int().positive(),
  framesPerSecond: z.number().positive(),
  bytes: z.int().positive(),
  /** Timestamp of the first picture, ms: positions count from it. */
  originMs: z.int().nonnegative(),
  /** Payloads of the messages with the codecs' configuration, base64. */
  videoConfig: z.string(),
  audioConfig: z.string().nullable(),
  /** Of each key frame, ascending: its position in ms, and where its tag begins. */
  keyFrames: z.array(z.tuple([z.int(), z.int()])).min(1),
});
export type FlvIndex = z.infer<typeof FlvIndex>;

/** Makes the index of a file from its tags in order. */
export class FlvIndexer {
  #videoConfig: Buffer | null = null;
  #audioConfig: Buffer | null = null;
  #keyFrames: [number, number][] = [];
  #origin: number | null = null;
  #lastPicture = 0;
  #reached = 0;

  take({ type, timestamp, payload, offset }: FlvTag): void {
    this.#reached = Math.max(this.#reached, timestamp);
    if (type === AUDIO) {
      if (audioKind(payload) === 'config') this.#audioConfig ??= Buffer.from(payload);
      return;
    }
    if (type !== VIDEO) return;
    const kind = videoKind(payload);
    if (kind === 'config') this.#videoConfig ??= Buffer.from(payload);
    if (kind === 'key') {
      this.#origin ??= timestamp;
      this.#keyFrames.push([timestamp - this.#origin, offset]);
    }
    if (kind === 'key' || kind === 'inter') this.#lastPicture = timestamp;
  }

  /** How far picture or sound has come, ms. */
  get reachedMs(): number {
    return this.#reached;
  }

  /** Null when there is no picture that could be played. */
  finish(about: { width: number; height: number; framesPerSecond: number; bytes: number }): FlvIndex | null {
    if (!this.#videoConfig || this.#origin === null) return null;
    return {
      ...about,
      // The last picture is shown for as long as any other.
      durationMs: Math.round(this.#lastPicture - this.#origin + 1_000 / about.framesPerSecond),
      originMs: this.#origin,
      videoConfig: this.#videoConfig.toString('base64'),
      audioConfig: this.#audioConfig?.toString('base64') ?? null,
      keyFrames: this.#keyFrames,
    };
  }
}

/** Position and offset of the first key frame at or after this position; of the last one when there is none. */
export function keyFrameFrom({ keyFrames }: Pick<FlvIndex, 'keyFrames'>, ms: number): [number, number] {
  let low = 0;
  let high = keyFrames.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((keyFrames[middle]?.[0] ?? 0) >= ms) high = middle;
    else low = middle + 1;
  }
  return keyFrames[low] ?? [0, 0];
}

/** Position of the last key frame at or before this position; of the first when there is none. */
export function keyFrameBefore({ keyFrames }: Pick<FlvIndex, 'keyFrames'>, ms: number): number {
  return keyFrames.findLast(([position]) => position <= ms)?.[0] ?? 0;
}
