import type { SourceFormat } from '#contract/media.ts';
import type { Clock } from '../clock.ts';
import { type Amf, encodeAmf } from './amf0.ts';
import { AUDIO, audioKind, flvHeader, flvTag, SCRIPT, VIDEO, videoKind } from './flv.ts';

/** What a tag is to whoever feeds an encoder: a restarted one must begin at a key frame. */
export interface Tag {
  /** A whole FLV tag. */
  bytes: Buffer;
  kind: 'config' | 'key' | 'inter' | 'audio';
  /** Milliseconds, as the publisher counts them. */
  timestamp: number;
}

/** The console's bitrate is that of so long. */
const RATE_WINDOW_MS = 10_000;

/** One publisher's stream, from its start to its end. The connection feeds it; a source reads it. */
export class Publication {
  readonly via = 'rtmp';
  readonly remoteAddress: string;
  readonly #clock: Clock;
  readonly #disconnect: (reason: string) => void;
  readonly #setPaused: (paused: boolean) => void;

  #metadata: { [key: string]: Amf } = {};
  #videoConfig: Buffer | null = null;
  #audioConfig: Buffer | null = null;
  #lastKeyAt: number | null = null;
  #keyInterval: number | null = null;
  #received: { at: number; bytes: number }[] = [];
  #tagListener: (tag: Tag) => void = () => undefined;
  #endListener: (reason: string) => void = () => undefined;
  #endedBecause: string | null = null;

  constructor(options: {
    remoteAddress: string;
    clock: Clock;
    disconnect: (reason: string) => void;
    setPaused: (paused: boolean) => void;
  }) {
    this.remoteAddress = options.remoteAddress;
    this.#clock = options.clock;
    this.#disconnect = options.disconnect;
    this.#setPaused = options.setPaused;
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

  /** Stops reading from the publisher while the encoder can't keep up. */
  pause(): void {
    this.#setPaused(true);
  }

  resume(): void {
    this.#setPaused(false);
  }

  /**
   * FLV header, metadata and codec configuration: what an encoder needs before its first key frame. Changes only when they
   * do, and then an encoder must be started anew.
   * @param audioConfig of sound that somebody makes for a publisher without
   */
  headers(audioConfig = this.#audioConfig): Buffer {
    const { width, height, framesPerSecond } = this.source();
    const known = Object.entries({ width, height, framerate: framesPerSecond }).filter(([, value]) => value !== null);
    // Written anew from what is known: a track that was announced and never came would hold up the encoder's probing.
    const metadata = encodeAmf(['onMetaData', Object.fromEntries(known)]);
    return Buffer.concat([
      flvHeader(audioConfig !== null),
      flvTag(SCRIPT, 0, metadata),
      ...(this.#videoConfig ? [flvTag(VIDEO, 0, this.#videoConfig)] : []),
      ...(audioConfig ? [flvTag(AUDIO, 0, audioConfig)] : []),
    ]);
  }

  get ready(): boolean {
    return this.#videoConfig !== null;
  }

  /** Whether the publisher said that sound will come, and none of it is here yet. */
  get awaitsAudio(): boolean {
    return this.#audioConfig === null && this.#metadata.audiocodecid !== undefined && this.#metadata.audiocodecid !== 0;
  }

  /** The message with the sound's configuration; null when there is no sound. */
  get audioConfig(): Buffer | null {
    return this.#audioConfig;
  }

  source(): SourceFormat {
    const number = (key: string) => {
      const value = this.#metadata[key];
      return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
    };
    const whole = (key: string) => {
      const value = number(key);
      return value === null ? null : Math.round(value);
    };
    return {
      videoCodec: this.#videoConfig ? 'h264' : null,
      audioCodec: this.#audioConfig ? 'aac' : null,
      width: whole('width'),
      height: whole('height'),
      framesPerSecond: number('framerate'),
    };
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

  /** For the connection: what `onMetaData` says. */
  takeMetadata(values: { [key: string]: Amf }): void {
    this.#metadata = values;
  }

  /** For the connection: an AVC message. */
  takeVideo(timestamp: number, payload: Buffer): void {
    const kind = videoKind(payload);
    if (kind === 'other' || kind === 'unsupported') return;
    this.#count(payload.length);
    if (kind === 'config') this.#videoConfig = payload;
    if (kind === 'key') {
      if (this.#lastKeyAt !== null && timestamp > this.#lastKeyAt) this.#keyInterval = timestamp - this.#lastKeyAt;
      this.#lastKeyAt = timestamp;
    }
    this.#tagListener({ bytes: flvTag(VIDEO, timestamp, payload), kind, timestamp });
  }

  /** For the connection: an AAC message. */
  takeAudio(timestamp: number, payload: Buffer): void {
    const kind = audioKind(payload);
    if (kind === 'other' || kind === 'unsupported') return;
    this.#count(payload.length);
    if (kind === 'config') this.#audioConfig = payload;
    this.#tagListener({
      bytes: flvTag(AUDIO, timestamp, payload),
      kind: kind === 'config' ? kind : 'audio',
      timestamp,
    });
  }

  /** For the connection: nothing more will come. */
  finish(reason: string): void {
    if (this.#endedBecause !== null) return;
    this.#endedBecause = reason;
    this.#endListener(reason);
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
