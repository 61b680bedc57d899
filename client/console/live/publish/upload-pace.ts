/** What to do about an upload: nothing, say that it is slow, record with less, or begin anew without what is waiting. */
export type Advice = 'fine' | 'slow' | 'lower' | 'drop';

/** This much of the stream on its way is what a network with its ups and downs holds. */
const NORMAL_MS = 2_000;
/** Beyond this viewers wait too long, and the browser's memory grows. */
const MOST_MS = 8_000;
/** Behind for so long, and less is recorded. */
const PATIENCE_MS = 3_000;
/** A recording with less needs so long to clear what waited before it. */
const REST_MS = 8_000;

/** Bits per second; a picture with less is of no use. */
export const LEAST_BITRATE = 250_000;
const STEP = 0.6;

export function lowered(bitrate: number): number {
  return Math.max(LEAST_BITRATE, Math.round(bitrate * STEP));
}

/** Judges an upload by how much of it is still on its way. */
export class UploadPace {
  #behindSince: number | null = null;
  #restUntil = 0;

  /** @param now ms. @param backlog bytes on their way. @param bitrate of what is recorded, bits per second */
  judge(now: number, backlog: number, bitrate: number): Advice {
    const behindMs = (backlog * 8_000) / bitrate;
    if (behindMs > MOST_MS) return this.#advise(now, 'drop');
    if (behindMs <= NORMAL_MS) {
      this.#behindSince = null;
      return 'fine';
    }
    this.#behindSince ??= now;
    const lasting = now - this.#behindSince > PATIENCE_MS;
    if (!lasting || now < this.#restUntil || bitrate <= LEAST_BITRATE) return 'slow';
    return this.#advise(now, 'lower');
  }

  #advise(now: number, advice: Advice): Advice {
    this.#behindSince = null;
    this.#restUntil = now + REST_MS;
    return advice;
  }
}
