import fs from 'node:fs/promises';
import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { AUDIO, VIDEO, videoKind } from '../rtmp/flv.ts';
import { FilePublication } from './file-publication.ts';
import { type FlvIndex, keyFrameFrom } from './flv-index.ts';
import { FlvReader, type FlvTag } from './flv-reader.ts';

export interface PlayerOptions {
  file: string;
  index: FlvIndex;
  /** Epoch ms at which the video's beginning is, or would have been, on the air. */
  zeroAt: number;
  /** It begins at the first key frame from here that is not past, ms of the video. */
  fromMs: number;
  /** Epoch ms: what was due before is past. */
  now: number;
  /** Stands still from the first picture. */
  held: boolean;
  clock: Clock;
  logger: Logger;
  /** It is standing still, at a key frame, at this position. */
  onHeld: (positionMs: number) => void;
  onEnd: (ending: Ending) => void;
}

/** `finished`: it came to its end by itself. `standby`: somebody else went on air. */
export type Ending = 'finished' | 'stopped' | 'failed' | 'standby';

const TICK_MS = 20;
const READ_BYTES = 256 * 1024;
/** Read ahead of the clock, ms. */
const AHEAD_MS = 2_000;
/** No more is kept for an encoder that takes nothing: far more than is read ahead of the clock. */
const MAX_AHEAD_BYTES = 16 * 1024 * 1024;
/** A picture that stands still is sent again so often: often enough for even parts, and little to decode. */
const HELD_EVERY_MS = 100;

/**
 * Plays a prepared file as a publication, paced by the wall clock: what is at position p is sent at the moment of `at` plus
 * p, however long it takes, so nothing drifts. Held, it goes on to the next key frame and sends that again and again,
 * for which silence is made elsewhere as for any publisher without sound; it goes on from the same frame.
 */
export class FilePlayer {
  readonly publication: FilePublication;
  readonly #options: PlayerOptions;
  readonly #reader: FlvReader;
  #file: fs.FileHandle | null = null;
  #queue: FlvTag[] = [];
  #queuedBytes = 0;
  #reading = false;
  #readTo: number;
  #wholeRead = false;
  /** Epoch ms at which position 0 was due. */
  #zeroAt: number;
  #position: number;
  readonly #from: number;
  /** Publications count from their first picture, however far into the file that is. */
  readonly #beganAt: number;
  #holding: boolean;
  #held: { tag: FlvTag; sentAt: number } | null = null;
  #paused = false;
  #timer: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: PlayerOptions) {
    const { clock, index, zeroAt, fromMs, now, held } = options;
    this.#options = options;
    this.#zeroAt = zeroAt;
    this.#holding = held;
    const [position, offset] = keyFrameFrom(index, Math.max(fromMs, now - zeroAt));
    this.#position = position;
    this.#from = position;
    this.#readTo = offset;
    this.#reader = new FlvReader(offset);
    this.#beganAt = this.#zeroAt + position;
    this.publication = new FilePublication({
      remoteAddress: '',
      clock,
      disconnect: (reason) => this.#end('stopped', reason),
      setPaused: (paused) => {
        this.#paused = paused;
      },
      onStandby: () => this.#end('standby', 'somebody else is on air'),
    });
    this.publication.takeMetadata({
      width: index.width,
      height: index.height,
      framerate: index.framesPerSecond,
    });
    this.publication.takeVideo(0, Buffer.from(index.videoConfig, 'base64'));
    if (index.audioConfig !== null) this.publication.takeAudio(0, Buffer.from(index.audioConfig, 'base64'));
  }

  /** Reads ahead, and sends the first picture when it is due. */
  async start(): Promise<void> {
    try {
      const file = await fs.open(this.#options.file, 'r');
      if (this.#ended) await file.close();
      else {
        this.#file = file;
        await this.#readAhead();
        this.#tick();
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Position of what was sent last, ms. */
  get positionMs(): number {
    return this.#position;
  }

  /** Epoch ms at which position 0 was due: what a restart needs to go on in place. */
  get zeroAt(): number {
    return this.#zeroAt;
  }

  /** Stands still at the next key frame. */
  hold(): void {
    this.#holding = true;
  }

  /** Goes on from where it stands. */
  resume(): void {
    this.#holding = false;
    const held = this.#held;
    if (!held) return;
    this.#held = null;
    this.#zeroAt = this.#options.clock() - this.#positionOf(held.tag);
  }

  /** Ending twice is harmless. */
  stop(reason: string): void {
    this.#end('stopped', reason);
  }

  #tick(): void {
    if (this.#ended) return;
    // The socket of a publisher would not be read now either.
    if (!this.#paused) this.#send();
    if (!this.#ended) {
      void this.#readAhead();
      this.#timer = setTimeout(() => this.#tick(), TICK_MS);
    }
  }

  #send(): void {
    const now = this.#options.clock();
    if (this.#held) this.#repeat(now, this.#held);
    while (!this.#held && !this.#paused && !this.#ended) {
      const tag = this.#queue[0];
      if (!tag) {
        if (this.#wholeRead) this.#end('finished', 'the video has ended');
        return;
      }
      if (this.#zeroAt + this.#positionOf(tag) > now) return;
      this.#take(tag, now);
    }
  }

  #take(tag: FlvTag, now: number): void {
    const isKey = tag.type === VIDEO && videoKind(tag.payload) === 'key';
    if (isKey && this.#holding) {
      // It stays first in the queue, to be gone on with.
      this.#held = { tag, sentAt: Number.NEGATIVE_INFINITY };
      this.#position = this.#positionOf(tag);
      this.#options.onHeld(this.#position);
      this.#repeat(now, this.#held);
      return;
    }
    this.#queue.shift();
    this.#queuedBytes -= tag.payload.length;
    // Sound from before the first picture.
    if (this.#positionOf(tag) < this.#from) return;
    const timestamp = Math.max(0, Math.round(this.#zeroAt + this.#positionOf(tag) - this.#beganAt));
    if (tag.type === AUDIO) this.publication.takeAudio(timestamp, tag.payload);
    if (tag.type !== VIDEO) return;
    this.#position = this.#positionOf(tag);
    this.publication.takeVideo(timestamp, tag.payload);
  }

  #repeat(now: number, held: { tag: FlvTag; sentAt: number }): void {
    if (now - held.sentAt < HELD_EVERY_MS) return;
    held.sentAt = now;
    this.publication.takeVideo(Math.max(0, now - this.#beganAt), held.tag.payload);
  }

  #positionOf(tag: FlvTag): number {
    return tag.timestamp - this.#options.index.originMs;
  }

  /** Enough is read for now. While it stands still nothing is used up, however far the clock goes. */
  get #isAhead(): boolean {
    const last = this.#queue.at(-1);
    if (!last) return false;
    const upTo = this.#held ? this.#positionOf(this.#held.tag) : this.#options.clock() - this.#zeroAt;
    return this.#positionOf(last) > upTo + AHEAD_MS || this.#queuedBytes > MAX_AHEAD_BYTES;
  }

  async #readAhead(): Promise<void> {
    const file = this.#file;
    if (!file || this.#reading || this.#wholeRead || this.#isAhead) return;
    this.#reading = true;
    try {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, this.#readTo);
      this.#readTo += bytesRead;
      for (const tag of this.#reader.push(buffer.subarray(0, bytesRead))) {
        this.#queue.push(tag);
        this.#queuedBytes += tag.payload.length;
      }
      if (bytesRead < READ_BYTES && this.#readTo >= this.#options.index.bytes) this.#wholeRead = true;
      else if (bytesRead === 0) throw new Error('the file is shorter than it was');
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = false;
      if (this.#ended) this.#close();
    }
  }

  #fail(error: unknown): void {
    if (this.#ended) return;
    this.#options.logger.error({ err: error, file: this.#options.file }, 'a prepared video cannot be read');
    this.#end('failed', 'the video cannot be read');
  }

  #end(ending: Ending, reason: string): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    if (!this.#reading) this.#close();
    this.publication.finish(reason);
    this.#options.onEnd(ending);
  }

  #close(): void {
    void this.#file?.close().catch(() => undefined);
    this.#file = null;
  }
}
