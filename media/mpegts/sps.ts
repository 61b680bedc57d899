import { Bits } from '../h264/bits.ts';
import { readPicture, readTiming } from '../h264/sps.ts';

export interface PictureFormat {
  width: number;
  height: number;
  /** As the stream says; null when it does not. */
  framesPerSecond: number | null;
}

/** With every list spelled out. */
const LONGEST = 1_024;

/** What a sequence parameter set says of the picture. @returns null when it ends too early */
export function parseSps(nal: Buffer): PictureFormat | null {
  try {
    const bits = new Bits(nal.subarray(0, LONGEST));
    const { width, height } = readPicture(bits);
    return { width, height, framesPerSecond: (bits.flag() && readTiming(bits).rate) || null };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
