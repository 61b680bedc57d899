import type { FillableSound } from '../sound.ts';
import { AUDIO, flvTag } from './flv.ts';

/** AAC in FLV, and its silence. */
export class AacSound implements FillableSound {
  readonly heard: boolean;
  readonly frameMs: number;
  readonly silence: ((timestamp: number) => Buffer) | null;
  /** Payload of the FLV audio message with which a run must begin, the publisher's own or that of silence. */
  readonly config: Buffer;

  /**
   * @param config payload of the publisher's AAC configuration message; null when it has no sound. One that ffmpeg does not
   * decode is not heard.
   */
  constructor(config: Buffer | null) {
    const format = config && parseAudioConfig(config.subarray(2));
    this.heard = config !== null && format !== null && decodable(format);
    const { coreType, sampleRate, channels, frameSamples } = (this.heard && format) || SILENCE;
    this.config = (this.heard && config) || SILENCE_CONFIG;
    this.frameMs = (frameSamples * 1_000) / sampleRate;
    const frame = PLAIN_TYPES.has(coreType) ? SILENT_FRAMES[channels] : undefined;
    // The first byte is that of the configuration: ffmpeg takes another one for a change of format.
    const payload = Buffer.concat([this.config.subarray(0, 1), Buffer.from(`01${frame}`, 'hex')]);
    this.silence = frame === undefined ? null : (timestamp) => flvTag(AUDIO, timestamp, payload);
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
