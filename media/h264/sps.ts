import { Bits } from './bits.ts';

/** What of a sequence parameter set says whether a browser plays the stream as it is (ITU-T H.264, 7.3.2.1.1 and E.1.1). */
export interface SequenceParameters {
  profile: number;
  /** The constraint_set flags, the first in the highest bit. */
  constraints: number;
  level: number;
  /** 1: 4:2:0. */
  chromaFormat: number;
  bitDepth: number;
  progressive: boolean;
  /** Of what is shown. */
  width: number;
  height: number;
  squarePixels: boolean;
  /** Pictures that may be decoded before one that is shown earlier; null where nothing says. */
  reordered: number | null;
  /** Null where nothing says. */
  framesPerSecond: number | null;
}

/** Profiles with chroma_format_idc and what follows it. */
const HIGH_PROFILES = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const BASELINE = 66;
const SPELLED_OUT = 255;
/** num_ref_frames_in_pic_order_cnt_cycle, at most. */
const MOST_IN_CYCLE = 255;
/** No publisher's frames a second, but ticks. */
const CLOCK = 200;

/** @throws RangeError when it ends too early */
export function readSequenceParameters(nal: Buffer): SequenceParameters {
  const bits = new Bits(nal);
  const { orderType, ...picture } = readPicture(bits);
  const usability = bits.flag() ? readUsability(bits) : null;
  const inOrder = picture.profile === BASELINE || orderType === 2;
  return {
    ...picture,
    squarePixels: usability?.squarePixels ?? true,
    reordered: inOrder ? 0 : (usability?.reordered ?? null),
    framesPerSecond: usability?.framesPerSecond ?? null,
  };
}

/**
 * What the slices of a picture are read by: all but the usability information, which says how to show them.
 * @throws RangeError when it ends too early
 */
export function decodingParameters(nal: Buffer): Buffer {
  const bits = new Bits(nal);
  readPicture(bits);
  return bits.soFar();
}

/** All before the flag that says whether there is usability information. */
export function readPicture(bits: Bits) {
  const profile = bits.bits(8);
  const constraints = bits.bits(8);
  const level = bits.bits(8);
  bits.unsigned();
  const samples = HIGH_PROFILES.has(profile) ? readSamples(bits) : { chromaFormat: 1, bitDepth: 8 };
  bits.unsigned();
  const orderType = readOrderType(bits);
  bits.unsigned();
  bits.bit();
  return { profile, constraints, level, ...samples, orderType, ...readSize(bits, samples.chromaFormat) };
}

function readSamples(bits: Bits): { chromaFormat: number; bitDepth: number } {
  const chromaFormat = bits.unsigned();
  if (chromaFormat === 3) bits.bit();
  const bitDepth = 8 + Math.max(bits.unsigned(), bits.unsigned());
  bits.bit();
  if (bits.flag()) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let list = 0; list < lists; list += 1) if (bits.flag()) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return { chromaFormat, bitDepth };
}

function skipScalingList(bits: Bits, size: number): void {
  let last = 8;
  for (let at = 0; at < size; at += 1) {
    last = (last + bits.signed() + 256) % 256;
    // The rest of the list is as the last of it.
    if (last === 0) return;
  }
}

function readOrderType(bits: Bits): number {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned();
  else if (type === 1) {
    bits.bit();
    bits.signed();
    bits.signed();
    for (let left = Math.min(bits.unsigned(), MOST_IN_CYCLE); left > 0; left -= 1) bits.signed();
  }
  return type;
}

function readSize(bits: Bits, chromaFormat: number): { progressive: boolean; width: number; height: number } {
  const columns = bits.unsigned() + 1;
  const rows = bits.unsigned() + 1;
  const progressive = bits.flag();
  if (!progressive) bits.bit();
  bits.bit();
  const [left = 0, right = 0, top = 0, bottom = 0] = bits.flag()
    ? Array.from({ length: 4 }, () => bits.unsigned())
    : [];
  const fields = progressive ? 1 : 2;
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * fields;
  return {
    progressive,
    width: columns * 16 - cropX * (left + right),
    height: rows * 16 * fields - cropY * (top + bottom),
  };
}

function readUsability(bits: Bits): Pick<SequenceParameters, 'squarePixels' | 'reordered' | 'framesPerSecond'> {
  const { squarePixels, rate } = readTiming(bits);
  // Where it is not fixed this may be the clock of an encoder that takes frames as they come.
  const isRate = rate !== null && (bits.flag() || rate < CLOCK) && rate > 0;
  const hasNalRates = bits.flag();
  if (hasNalRates) skipRates(bits);
  const hasVclRates = bits.flag();
  if (hasVclRates) skipRates(bits);
  if (hasNalRates || hasVclRates) bits.bit();
  bits.bit();
  return {
    squarePixels,
    reordered: bits.flag() ? readReordered(bits) : null,
    framesPerSecond: isRate ? rate : null,
  };
}

/**
 * Usability information up to the frame rate, without the flag behind it that says whether that is fixed.
 * @returns the rate as it is said, 0 for a senseless one; null where there is none, and no flag
 */
export function readTiming(bits: Bits): { squarePixels: boolean; rate: number | null } {
  const squarePixels = readsSquare(bits);
  if (bits.flag()) bits.bit();
  if (bits.flag()) {
    bits.bits(4);
    if (bits.flag()) bits.bits(24);
  }
  if (bits.flag()) {
    bits.unsigned();
    bits.unsigned();
  }
  if (!bits.flag()) return { squarePixels, rate: null };
  const [tick, scale] = [bits.bits(32), bits.bits(32)];
  // A tick is a field, of which a frame has two.
  return { squarePixels, rate: tick > 0 ? scale / tick / 2 : 0 };
}

/** Unspecified, 1:1, or what scaling to whole pixels has made of that. */
function readsSquare(bits: Bits): boolean {
  if (!bits.flag()) return true;
  const ratio = bits.bits(8);
  if (ratio !== SPELLED_OUT) return ratio <= 1;
  const [width, height] = [bits.bits(16), bits.bits(16)];
  return Math.abs(width - height) <= height / 50;
}

function readReordered(bits: Bits): number {
  bits.bit();
  for (let skipped = 0; skipped < 4; skipped += 1) bits.unsigned();
  return bits.unsigned();
}

/** hrd_parameters, E.1.2. */
function skipRates(bits: Bits): void {
  const count = bits.unsigned() + 1;
  bits.bits(8);
  for (let at = 0; at < count; at += 1) {
    bits.unsigned();
    bits.unsigned();
    bits.bit();
  }
  bits.bits(20);
}
