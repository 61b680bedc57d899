import type { PublishedVia, SourceFormat } from '#contract/media.ts';
import { type AdtsFrame, AdtsReader } from '../mpegts/adts.ts';
import { TsClock } from '../mpegts/clock.ts';
import { decoderConfiguration, lengthPrefixed, parseAccessUnit } from '../mpegts/h264.ts';
import type { PesUnit } from '../mpegts/pes.ts';
import { type Program, TsReader } from '../mpegts/reader.ts';
import { type PictureFormat, parseSps } from '../mpegts/sps.ts';
import { RtmpPublication } from '../rtmp/publication.ts';

/** First bytes of FLV's messages: AVC in a frame that is a key or not, and AAC. */
const KEY_AVC = 0x17;
const INTER_AVC = 0x27;
const AAC = 0xaf;
const CONFIG = 0;
const FRAME = 1;
/** What metadata calls AAC. */
const AAC_ID = 10;

/** Ticks of the stream's clock. */
const TICKS_PER_SECOND = 90_000;
const TURN = 2 ** 33;
/** A picture that is shown later than that after it is decoded has a wrong timestamp, ms. */
const MAX_DELAY_MS = 10_000;

/** What an SRT publisher sends: H.264 and AAC in an MPEG transport stream, handed on as what RTMP has for them. */
export class SrtPublication extends RtmpPublication {
  override readonly via: PublishedVia = 'srt';

  readonly #reader = new TsReader();
  readonly #clock = new TsClock();
  readonly #adts = new AdtsReader();
  #program: Program = { video: null, audio: null };
  #picture: PictureFormat | null = null;
  #sps: Buffer[] = [];
  #pps: Buffer[] = [];
  #videoConfig: Buffer | null = null;
  #audioConfig: Buffer | null = null;
  /** Where the sound so far ends, in ticks. */
  #soundEnd: number | null = null;

  /** For the connection: the stream's bytes, in order. @returns whether a frame was among them */
  take(bytes: Buffer): boolean {
    let taken = false;
    for (const item of this.#reader.push(bytes)) {
      if (item.kind === 'program') this.#takeProgram(item.program);
      else if (item.kind === 'lost') this.#adts.reset();
      else if (item.kind === 'video') taken = this.#takePicture(item) || taken;
      else taken = this.#takeSound(item) || taken;
    }
    return taken;
  }

  /** A codec that is not taken; null while everything is. Else nothing is handed on: a class would be without its sound. */
  get unsupported(): { track: 'video' | 'audio'; codec: string } | null {
    const { video, audio } = this.#program;
    if (video !== null && video !== 'h264') return { track: 'video', codec: video };
    if (audio !== null && audio !== 'aac') return { track: 'audio', codec: audio };
    return null;
  }

  override get showable(): boolean {
    return this.unsupported === null;
  }

  override source(): SourceFormat {
    const { video, audio } = this.#program;
    const source = super.source();
    return { ...source, videoCodec: source.videoCodec ?? video, audioCodec: source.audioCodec ?? audio };
  }

  #takeProgram(program: Program): void {
    this.#program = program;
    this.#adts.reset();
    this.#describe();
  }

  #takePicture({ pts, dts, data, randomAccess }: PesUnit): boolean {
    if (pts === null || dts === null || !this.showable) return false;
    const timestamp = this.#clock.milliseconds(dts);
    const { nals, sps, pps, key } = parseAccessUnit(data, randomAccess);
    if (sps.length > 0) this.#sps = sps;
    if (pps.length > 0) this.#pps = pps;
    if (key) this.#configure(timestamp);
    if (nals.length === 0 || !this.#videoConfig) return false;
    const delay = Math.round((((pts - dts) % TURN) + TURN) % TURN) / (TICKS_PER_SECOND / 1_000);
    const head = Buffer.from([key ? KEY_AVC : INTER_AVC, FRAME, 0, 0, 0]);
    head.writeUIntBE(delay > MAX_DELAY_MS ? 0 : Math.round(delay), 2, 3);
    this.takeVideo(timestamp, Buffer.concat([head, lengthPrefixed(nals)]));
    return true;
  }

  #configure(timestamp: number): void {
    const config = decoderConfiguration(this.#sps, this.#pps);
    if (!config || this.#videoConfig?.equals(config)) return;
    this.#videoConfig = config;
    this.#picture = this.#sps[0] ? parseSps(this.#sps[0]) : null;
    this.#describe();
    this.takeVideo(timestamp, Buffer.concat([Buffer.from([KEY_AVC, CONFIG, 0, 0, 0]), config]));
  }

  #takeSound({ pts, data }: PesUnit): boolean {
    if (!this.showable) return false;
    const { frames, continued } = this.#adts.push(data);
    // The unit's time is that of the first frame that begins in it; one that began before goes on from there.
    let at = continued ? this.#soundEnd : (pts ?? this.#soundEnd);
    frames.forEach((frame, index) => {
      if (at !== null) this.#giveSound(at, frame);
      const after = at === null ? null : (at + frame.length * TICKS_PER_SECOND) % TURN;
      at = continued && index === 0 ? (pts ?? after) : after;
    });
    if (frames.length > 0) this.#soundEnd = at;
    return frames.length > 0;
  }

  #giveSound(at: number, { config, payload }: AdtsFrame): void {
    const timestamp = this.#clock.milliseconds(at);
    if (!this.#audioConfig?.equals(config)) {
      this.#audioConfig = config;
      this.takeAudio(timestamp, Buffer.concat([Buffer.from([AAC, CONFIG]), config]));
    }
    this.takeAudio(timestamp, Buffer.concat([Buffer.from([AAC, FRAME]), payload]));
  }

  #describe(): void {
    const { width, height, framesPerSecond } = this.#picture ?? {};
    this.takeMetadata({
      ...(width && height && { width, height }),
      ...(framesPerSecond && { framerate: framesPerSecond }),
      ...(this.#program.audio === 'aac' && { audiocodecid: AAC_ID }),
    });
  }
}
