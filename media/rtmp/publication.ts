import type { PublishedVia, SourceFormat } from '#contract/media.ts';
import { CopyCheck } from '../h264/copy-check.ts';
import { Publication, type RunInput } from '../publication.ts';
import { SoundFiller } from '../sound.ts';
import { AacSound } from './aac.ts';
import { type Amf, encodeAmf } from './amf0.ts';
import { AUDIO, audioKind, compositionOffset, flvHeader, flvTag, PICTURE_AT, SCRIPT, VIDEO, videoKind } from './flv.ts';

/** What an RTMP publisher sends: H.264 and AAC, handed on as FLV. */
export class RtmpPublication extends Publication {
  readonly via: PublishedVia = 'rtmp';
  readonly container = 'flv';
  override readonly copyCheck: CopyCheck | null = new CopyCheck();

  #metadata: { [key: string]: Amf } = {};
  #videoConfig: Buffer | null = null;
  #audioConfig: Buffer | null = null;

  headers(): Buffer {
    return this.#headers(this.#audioConfig);
  }

  begin(): RunInput {
    const sound = new AacSound(this.#audioConfig);
    return {
      headers: this.#headers(sound.config),
      sound: new SoundFiller(sound),
      soundRefused: this.#audioConfig !== null && !sound.heard,
    };
  }

  /** FLV header, metadata and codec configuration. */
  #headers(audioConfig: Buffer | null): Buffer {
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

  get awaitsAudio(): boolean {
    return this.#audioConfig === null && this.#metadata.audiocodecid !== undefined && this.#metadata.audiocodecid !== 0;
  }

  source(): SourceFormat {
    const whole = (key: string) => {
      const value = this.#announced(key);
      return value === null ? null : Math.round(value);
    };
    return {
      videoCodec: this.#videoConfig ? 'h264' : null,
      audioCodec: this.#audioConfig ? 'aac' : null,
      width: whole('width'),
      height: whole('height'),
      framesPerSecond: this.#announced('framerate'),
    };
  }

  #announced(key: string): number | null {
    const value = this.#metadata[key];
    return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : null;
  }

  /** For the connection: what `onMetaData` says. */
  takeMetadata(values: { [key: string]: Amf }): void {
    this.#metadata = values;
  }

  /** For the connection: an AVC message. */
  takeVideo(timestamp: number, payload: Buffer): void {
    const kind = videoKind(payload);
    if (kind === 'other' || kind === 'unsupported') return;
    if (kind === 'config') this.#configure(payload);
    else this.#check(timestamp, payload, kind === 'key');
    this.give({ bytes: flvTag(VIDEO, timestamp, payload), kind, timestamp }, payload.length);
  }

  #configure(payload: Buffer): void {
    // Some publishers say it again with each key frame.
    if (this.#videoConfig?.equals(payload)) return;
    this.#videoConfig = payload;
    const kilobits = this.#announced('videodatarate');
    const announced = { framesPerSecond: this.#announced('framerate'), bitrate: kilobits && kilobits * 1_000 };
    this.copyCheck?.configure(payload.subarray(PICTURE_AT), announced);
  }

  #check(timestamp: number, payload: Buffer, key: boolean): void {
    const sample = payload.subarray(PICTURE_AT);
    this.copyCheck?.take({ timestamp, key, compositionOffset: compositionOffset(payload), sample });
  }

  /** For the connection: an AAC message. */
  takeAudio(timestamp: number, payload: Buffer): void {
    const kind = audioKind(payload);
    if (kind === 'other' || kind === 'unsupported') return;
    if (kind === 'config') this.#audioConfig = payload;
    const tag = { bytes: flvTag(AUDIO, timestamp, payload), kind: kind === 'config' ? kind : ('audio' as const) };
    this.give({ ...tag, timestamp }, payload.length);
  }
}
