import type { PublishedVia, SourceFormat } from '#contract/media.ts';
import type { Clock } from './clock.ts';
import type { CopyCheck } from './h264/copy-check.ts';
import type { SoundFiller } from './sound.ts';
import type { Tag } from './tag.ts';

/** How an encoder run is fed: first the headers, then what `sound` makes of each tag. */
export interface RunInput {
  headers: Buffer;
  sound: SoundFiller;
  /** The publisher's sound is one with which ffmpeg does not even start, and silence takes its place. */
  soundRefused: boolean;
}

export interface PublicationOptions {
  remoteAddress: string;
  /** By which it is known again when it comes back; undefined where its stream key alone is known. */
  publisherId?: string | undefined;
  clock: Clock;
  disconnect: (reason: string) => void;
  setPaused: (paused: boolean) => void;
}

/** The console's bitrate is that of so long. */
const RATE_WINDOW_MS = 10_000;

/** One publisher's stream, from its start to its end. A connection feeds it; a source reads it. */
export abstract class Publication {
  readonly remoteAddress: string;
  readonly publisherId: string | undefined;
  readonly #clock: Clock;
  readonly #disconnect: (reason: string) => void;
  readonly #setPaused: (paused: boolean) => void;

  #lastKeyAt: number | null = null;
  #keyInterval: number | null = null;
  #received: { at: number; bytes: number }[] = [];
  #tagListener: (tag: Tag) => void = () => undefined;
  #endListener: (reason: string) => void = () => undefined;
  #endedBecause: string | null = null;

  constructor(options: PublicationOptions) {
    this.remoteAddress = options.remoteAddress;
    this.publisherId = options.publisherId;
    this.#clock = options.clock;
    this.#disconnect = options.disconnect;
    this.#setPaused = options.setPaused;
  }

  abstract readonly via: PublishedVia;

  /** Of headers and tags, as ffmpeg calls it. */
  abstract readonly container: 'flv' | 'matroska';

  /** Whether its picture may go to viewers as it is; null where it never can. */
  readonly copyCheck: CopyCheck | null = null;

  /** Changes only when what an encoder must know before its first key frame does; then it must be started anew. */
  abstract headers(): Buffer;

  /** For an encoder run that begins now. */
  abstract begin(): RunInput;

  /** Whether the picture's headers are here. */
  abstract get ready(): boolean;

  /** Whether the publisher said that sound will come, and none of it is here yet. */
  abstract get awaitsAudio(): boolean;

  abstract source(): SourceFormat;

  /** False for one that is connected only so that people see what is wrong with it. */
  get showable(): boolean {
    return true;
  }

  onTag(listener: (tag: Tag) => void): void {
    this.#tagListener = listener;
  }

  /** Called once, also when the end came before anybody listened. */
  onEnd(listener: (reason: string) => void): void {
    this.#endListener = listener;
    if (this.#endedBecause !== null) listener(this.#endedBecause);
  }

  /** Disconnects the publisher. */
  close(reason: string): void {
    this.#disconnect(reason);
  }

  /** Somebody else is on air. Whoever is live goes on sending, to be ready. */
  standBy(): void {
    // A film has no reason to.
  }

  /** Stops reading from the publisher while the encoder can't keep up. */
  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  /** Distance of the last two key frames in stream time, ms. */
  get keyFrameIntervalMs(): number | null {
    return this.#keyInterval;
  }

  /** Bits per second over the last ten seconds. */
  get bitrate(): number {
    const since = this.#clock() - RATE_WINDOW_MS;
    const recent = this.#received.filter((sample) => sample.at >= since);
    const first = recent[0];
    if (!first) return 0;
    const span = Math.max(1_000, this.#clock() - first.at);
    return (recent.reduce((sum, sample) => sum + sample.bytes, 0) * 8_000) / span;
  }

  /** For the connection: nothing more will come. */
  finish(reason: string): void {
    if (this.#endedBecause !== null) return;
    this.#endedBecause = reason;
    this.#endListener(reason);
  }

  /** Hands a frame on. @param size of what the publisher sent for it, bytes */
  protected give(tag: Tag, size: number): void {
    this.#count(size);
    if (tag.kind === 'key') {
      if (this.#lastKeyAt !== null && tag.timestamp > this.#lastKeyAt)
        this.#keyInterval = tag.timestamp - this.#lastKeyAt;
      this.#lastKeyAt = tag.timestamp;
    }
    this.#tagListener(tag);
  }

  #count(bytes: number): void {
    const at = this.#clock();
    const last = this.#received.at(-1);
    // One sample for each tenth of a second is enough for a bitrate.
    if (last && at - last.at < 100) last.bytes += bytes;
    else this.#received.push({ at, bytes });
    while (this.#received.length > 1 && (this.#received[0]?.at ?? at) < at - RATE_WINDOW_MS) this.#received.shift();
  }
}
