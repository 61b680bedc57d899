import { AUDIO_TRACK, type AudioFormat, matroskaFrame } from '../matroska/writer.ts';
import type { FillableSound } from '../sound.ts';

const FRAME_MS = 20;
/** RFC 6716 3.1: a CELT frame of 20 ms over the whole band, whose content says silence. */
const SILENT_FRAME = Buffer.from('f8fffe', 'hex');

/** RFC 7845 5.1: stereo at 48 kHz, nothing skipped, no gain. */
const SILENCE_HEAD = Buffer.concat([Buffer.from('OpusHead'), Buffer.from('0102000080bb0000000000', 'hex')]);

/** Of silence that stands for a publisher's sound. */
export const SILENCE: AudioFormat = { codec: 'A_OPUS', codecPrivate: SILENCE_HEAD, sampleRate: 48_000, channels: 2 };

/** Opus in Matroska, and its silence, which is the same in every configuration. */
export class OpusSound implements FillableSound {
  readonly heard: boolean;
  readonly frameMs = FRAME_MS;

  constructor(heard: boolean) {
    this.heard = heard;
  }

  silence(timestamp: number): Buffer {
    return matroskaFrame(AUDIO_TRACK, timestamp, true, SILENT_FRAME);
  }
}

/**
 * Length of an Opus packet, RFC 6716 3.1 and 3.2, ms.
 * @returns null for one that is none
 */
export function opusDuration(packet: Buffer): number | null {
  const toc = packet[0];
  if (toc === undefined) return null;
  const frames = FRAME_COUNTS[toc & 3] ?? (packet[1] === undefined ? 0 : packet[1] & 0x3f);
  const duration = frames * frameLength(toc >> 3);
  return frames === 0 || duration > MAX_PACKET_MS ? null : duration;
}

const MAX_PACKET_MS = 120;
/** Code 3 has its count in the second byte. */
const FRAME_COUNTS = [1, 2, 2];

function frameLength(config: number): number {
  const size = config & 3;
  if (config < 12) return [10, 20, 40, 60][size] ?? 0;
  if (config < 16) return config & 1 ? 20 : 10;
  return [2.5, 5, 10, 20][size] ?? 0;
}
