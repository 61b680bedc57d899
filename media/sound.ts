import { AUDIO, flvTag } from './rtmp/flv.ts';
import type { Tag } from './rtmp/publication.ts';

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
 * The silence is AAC in the publisher's own configuration, so that the decoder sees one stream from end to end. It knows no
 * clock: only the picture's timestamps say that sound is overdue.
 */
export class SoundFiller {
  /** Payload of the FLV audio message with which the run must begin, the publisher's own or that of silence. */
  readonly config: Buffer;
  /** The publisher's sound is left out, because its configuration is one with which ffmpeg does not even start. */
  readonly refused: boolean;

  readonly #heard: boolean;
  readonly #silence: Buffer | null;
  readonly #frameMs: number;

  #patience = PATIENCE_MS;
  /** Whether the publisher's sound is awaited. Once it is overdue, silence keeps up with the picture until it is back. */
  #awaited: boolean;
  #pictureAt = Number.NEGATIVE_INFINITY;
  /** Where the sound so far ends, ms; null before the first tag. */
  #end: number | null = null;
  #silenceFrom = 0;
  #silentFrames = 0;
  #silenceEnd = Number.NEGATIVE_INFINITY;

  /** @param config payload of the publisher's AAC configuration message; null when it has no sound. */
  constructor(config: Buffer | null) {
    const format = config && parseAudioConfig(config.subarray(2));
    this.#heard = config !== null && format !== null && decodable(format);
    this.refused = config !== null && !this.#heard;
    this.#awaited = this.#heard;
    const { coreType, sampleRate, channels, frameSamples } = (this.#heard && format) || SILENCE;
    this.config = (this.#heard && config) || SILENCE_CONFIG;
    this.#frameMs = (frameSamples * 1_000) / sampleRate;
    const frame = PLAIN_TYPES.has(coreType) ? SILENT_FRAMES[channels] : undefined;
    // The first byte is that of the configuration: ffmpeg takes another one for a change of format.
    this.#silence = frame ? Buffer.concat([this.config.subarray(0, 1), Buffer.from(`01${frame}`, 'hex')]) : null;
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
    if (!this.#heard) return [];
    this.#awaited = true;
    // Half a frame of overlap or hole is what the encoder's resampler puts right.
    if (tag.timestamp < this.#silenceEnd - this.#frameMs / 2) {
      this.#learnLateness(this.#pictureAt - tag.timestamp);
      return [];
    }
    const silence = tag.timestamp - end > this.#patience ? this.#fill(end, tag.timestamp, Math.round) : [];
    // Some publishers stamp sound by its arrival, so that it jumps to and fro: the end never goes back.
    this.#end = Math.max(this.#end ?? end, tag.timestamp + this.#frameMs);
    return [...silence, tag];
  }

  /** Sound that is always late must not be lost for ever; what is later still is the remains of an interruption. */
  #learnLateness(late: number): void {
    if (late > MAX_PATIENCE_MS) return;
    this.#patience = Math.max(this.#patience, Math.min(late + this.#frameMs, MAX_PATIENCE_MS));
  }

  #fill(end: number, until: number, whole: (frames: number) => number): Tag[] {
    const silence = this.#silence;
    if (!silence) return [];
    const from = Math.max(end, until - MAX_SILENCE_MS);
    // Counted from where the silence began: hours of it must not add up rounding.
    if (from !== this.#silenceEnd) {
      this.#silenceFrom = from;
      this.#silentFrames = 0;
    }
    const tags = Array.from({ length: whole((until - from) / this.#frameMs) }, (): Tag => {
      const timestamp = Math.round(this.#silenceFrom + this.#silentFrames * this.#frameMs);
      this.#silentFrames += 1;
      return { bytes: flvTag(AUDIO, timestamp, silence), kind: 'audio', timestamp };
    });
    this.#silenceEnd = this.#silenceFrom + this.#silentFrames * this.#frameMs;
    this.#end = this.#silenceEnd;
    return tags;
  }
}

export interface AudioFormat {
  /** Audio object type of the frames: that beneath SBR and PS, where these are signalled. */
  coreType: number;
  /** Hz of the core; SBR's is twice that. A frame lasts `frameSamples / sampleRate` with SBR and without. */
  sampleRate: number;
  /** The channel configuration, which is no count: 6 is 5.1, 0 a layout that is spelled out. */
  channels: number;
  frameSamples: 1024 | 960;
}

/**
 * The beginning of an AudioSpecificConfig, ISO/IEC 14496-3 1.6.2.1, and the first flag of the GASpecificConfig (4.4.1) that
 * follows. SBR that is signalled behind that changes nothing here.
 *
 * @returns null when it ends too early, or its sampling frequency is reserved or, which ffmpeg refuses, spelled out.
 */
export function parseAudioConfig(bytes: Buffer): AudioFormat | null {
  const all = Array.from(bytes.subarray(0, 32), (byte) => byte.toString(2).padStart(8, '0')).join('');
  let at = 0;
  const read = (bits: number) => {
    at += bits;
    return Number.parseInt(all.slice(at - bits, at), 2);
  };
  const objectType = () => {
    const type = read(5);
    return type === 31 ? 32 + read(6) : type;
  };
  let coreType = objectType();
  const sampleRate = SAMPLE_RATES[read(4)];
  const channels = read(4);
  if (coreType === SBR || coreType === PS) {
    if (read(4) === SPELLED_OUT) read(24);
    coreType = objectType();
  }
  const frameSamples = read(1) === 1 ? 960 : 1024;
  return at > all.length || !sampleRate ? null : { coreType, sampleRate, channels, frameSamples };
}

const SBR = 5;
const PS = 29;
const SPELLED_OUT = 15;
const SAMPLE_RATES = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

/** Main, LC and LTP, of one bitstream syntax (raw_data_block), which is that of the silent frames. */
const PLAIN_TYPES = new Set([1, 2, 4]);
/** ER LC, LD and ELD: ffmpeg decodes them, but their frames are written otherwise. They pass as they are, unfilled. */
const ERROR_RESILIENT_TYPES = new Set([17, 23, 39]);
/** Beyond these ffmpeg's decoder does not open; of them, 0, 11 and 12 pass unfilled. */
const LAYOUTS = new Set([0, 1, 2, 3, 4, 5, 6, 7, 11, 12]);

/** Whether ffmpeg's decoder opens with it. Where it does not, the whole run ends before its first picture. */
function decodable({ coreType, channels }: AudioFormat): boolean {
  return (PLAIN_TYPES.has(coreType) || ERROR_RESILIENT_TYPES.has(coreType)) && LAYOUTS.has(channels);
}

const SILENCE: AudioFormat = { coreType: 2, sampleRate: 48_000, channels: 2, frameSamples: 1024 };
const SILENCE_CONFIG = Buffer.from('af001190', 'hex');

/**
 * Silence in each layout, by channel configuration: the raw_data_block to which ffmpeg's encoder settles when it is fed
 * zeros. No scale factor band is sent (max_sfb 0), and so it is the same at every sampling frequency and frame length.
 */
const SILENT_FRAMES: { [channels: number]: string } = {
  1: '01182007',
  2: '211004608c1c',
  3: '011820010880230460e0',
  4: '01182001088023046003182007',
  5: '011820010880230460231004608c1c',
  6: '011820010880230460231004608c0c230000e0',
  7: '011820010880230460231004608c04a2008c11818460001c',
};
