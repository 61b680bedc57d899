import type { Tag } from './tag.ts';

/** A publisher's sound, as far as silence can be put into it. */
export interface FillableSound {
  /** Whether it is there at all, and the encoder takes it; otherwise silence stands for all of it. */
  readonly heard: boolean;
  /** Length of a frame of silence, ms, and of the publisher's where its tags don't say otherwise. */
  readonly frameMs: number;
  /** A frame of silence in the publisher's own configuration, as the container carries it; null where there is none. */
  readonly silence: ((timestamp: number) => Buffer) | null;
}

/** Sound may come this much later than the picture of its time before silence takes its place. */
export const PATIENCE_MS = 400;
/** A publisher whose sound proves to be always later than that is waited for, up to here. */
export const MAX_PATIENCE_MS = 1_000;
/** No more silence than this at once. A bigger hole is the clock jumping, and left to whoever feeds the encoder. */
export const MAX_SILENCE_MS = 10_000;

/**
 * Puts silence wherever a publisher's sound is missing, for one encoder run: sound is a stream of its own for the viewer,
 * and a player stalls when one of its streams stops growing.
 *
 * The silence is in the publisher's own configuration, so that the decoder sees one stream from end to end. It knows no
 * clock: only the picture's timestamps say that sound is overdue.
 */
export class SoundFiller {
  readonly #sound: FillableSound;

  #patience = PATIENCE_MS;
  /** Whether the publisher's sound is awaited. Once it is overdue, silence keeps up with the picture until it is back. */
  #awaited: boolean;
  #pictureAt = Number.NEGATIVE_INFINITY;
  /** Where the sound so far ends, ms; null before the first tag. */
  #end: number | null = null;
  #silenceFrom = 0;
  #silentFrames = 0;
  #silenceEnd = Number.NEGATIVE_INFINITY;

  constructor(sound: FillableSound) {
    this.#sound = sound;
    this.#awaited = sound.heard;
  }

  /** @returns what the encoder gets instead of the tag, in order. Pictures are always among it, unchanged. */
  take(tag: Tag): Tag[] {
    if (tag.kind === 'config') return [tag];
    // The run begins here; a hole before its first sound is one like any other.
    const end = this.#end ?? tag.timestamp;
    this.#end = end;
    return tag.kind === 'audio' ? this.#takeSound(tag, end) : this.#takePicture(tag, end);
  }

  #takePicture(tag: Tag, end: number): Tag[] {
    this.#pictureAt = tag.timestamp;
    if (tag.timestamp - end <= (this.#awaited ? this.#patience : 0)) return [tag];
    this.#awaited = false;
    return [...this.#fill(end, tag.timestamp, Math.ceil), tag];
  }

  #takeSound(tag: Tag, end: number): Tag[] {
    const { heard, frameMs } = this.#sound;
    if (!heard) return [];
    this.#awaited = true;
    // Half a frame of overlap or hole is what the encoder's resampler puts right.
    if (tag.timestamp < this.#silenceEnd - frameMs / 2) {
      this.#learnLateness(this.#pictureAt - tag.timestamp);
      return [];
    }
    const silence = tag.timestamp - end > this.#patience ? this.#fill(end, tag.timestamp, Math.round) : [];
    // Some publishers stamp sound by its arrival, so that it jumps to and fro: the end never goes back.
    this.#end = Math.max(this.#end ?? end, tag.timestamp + (tag.duration ?? frameMs));
    return [...silence, tag];
  }

  /** Sound that is always late must not be lost for ever; what is later still is the remains of an interruption. */
  #learnLateness(late: number): void {
    if (late > MAX_PATIENCE_MS) return;
    this.#patience = Math.max(this.#patience, Math.min(late + this.#sound.frameMs, MAX_PATIENCE_MS));
  }

  #fill(end: number, until: number, whole: (frames: number) => number): Tag[] {
    const { silence, frameMs } = this.#sound;
    if (!silence) return [];
    const from = Math.max(end, until - MAX_SILENCE_MS);
    // Counted from where the silence began: hours of it must not add up rounding.
    if (from !== this.#silenceEnd) {
      this.#silenceFrom = from;
      this.#silentFrames = 0;
    }
    const tags = Array.from({ length: whole((until - from) / frameMs) }, (): Tag => {
      const timestamp = Math.round(this.#silenceFrom + this.#silentFrames * frameMs);
      this.#silentFrames += 1;
      return { bytes: silence(timestamp), kind: 'audio', timestamp };
    });
    this.#silenceEnd = this.#silenceFrom + this.#silentFrames * frameMs;
    this.#end = this.#silenceEnd;
    return tags;
  }
}
