export interface PictureFormat {
  width: number;
  height: number;
  /** As the stream says; null when it does not. */
  framesPerSecond: number | null;
}

/** Those that say how colour is sampled (ISO/IEC 14496-10, 7.3.2.1.1). */
const PROFILES_WITH_CHROMA = new Set([100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135]);
const SPELLED_OUT = 255;
/** With every list spelled out. */
const LONGEST = 1_024;

/** What a sequence parameter set says of the picture (ISO/IEC 14496-10, 7.3.2.1.1 and E.1.1). @returns null when it ends too early */
export function parseSps(nal: Buffer): PictureFormat | null {
  try {
    return read(new BitReader(unescaped(nal.subarray(1, LONGEST))));
  } catch (error) {
    if (error instanceof EndOfBits) return null;
    throw error;
  }
}

function read(bits: BitReader): PictureFormat {
  const profile = bits.read(8);
  bits.read(16);
  bits.unsigned();
  let chroma = 1;
  if (PROFILES_WITH_CHROMA.has(profile)) {
    chroma = bits.unsigned();
    if (chroma === 3) bits.read(1);
    bits.unsigned();
    bits.unsigned();
    bits.read(1);
    if (bits.read(1)) for (let list = 0; list < (chroma === 3 ? 12 : 8); list += 1) skipScalingList(bits, list);
  }
  bits.unsigned();
  skipPictureOrder(bits);
  bits.unsigned();
  bits.read(1);
  const macroblocks = bits.unsigned() + 1;
  const mapUnits = bits.unsigned() + 1;
  const framesOnly = bits.read(1);
  if (!framesOnly) bits.read(1);
  bits.read(1);
  const crop = bits.read(1) ? [bits.unsigned(), bits.unsigned(), bits.unsigned(), bits.unsigned()] : [];
  const [left = 0, right = 0, top = 0, bottom = 0] = crop;
  const across = chroma === 1 || chroma === 2 ? 2 : 1;
  const down = (chroma === 1 ? 2 : 1) * (2 - framesOnly);
  return {
    width: macroblocks * 16 - (left + right) * across,
    height: mapUnits * 16 * (2 - framesOnly) - (top + bottom) * down,
    framesPerSecond: bits.read(1) ? frameRate(bits) : null,
  };
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.unsigned();
  if (type === 0) bits.unsigned();
  if (type !== 1) return;
  bits.read(1);
  bits.unsigned();
  bits.unsigned();
  for (let left = Math.min(bits.unsigned(), 255); left > 0; left -= 1) bits.unsigned();
}

function skipScalingList(bits: BitReader, list: number): void {
  if (!bits.read(1)) return;
  let last = 8;
  let next = 8;
  for (let left = list < 6 ? 16 : 64; left > 0; left -= 1) {
    if (next !== 0) next = (last + bits.signed() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function frameRate(bits: BitReader): number | null {
  if (bits.read(1) && bits.read(8) === SPELLED_OUT) bits.read(32);
  if (bits.read(1)) bits.read(1);
  if (bits.read(1)) {
    bits.read(4);
    if (bits.read(1)) bits.read(24);
  }
  if (bits.read(1)) {
    bits.unsigned();
    bits.unsigned();
  }
  if (!bits.read(1)) return null;
  const ticks = bits.read(32);
  const scale = bits.read(32);
  // A tick is a field, of which a frame has two.
  const rate = scale / (2 * ticks);
  return Number.isFinite(rate) && rate > 0 ? rate : null;
}

/** Zeros that were broken up, so as not to look like a start code, are put together again. */
function unescaped(bytes: Buffer): Buffer {
  const out: number[] = [];
  let zeros = 0;
  for (const byte of bytes) {
    if (zeros >= 2 && byte === 3) {
      zeros = 0;
      continue;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
    out.push(byte);
  }
  return Buffer.from(out);
}

class EndOfBits extends Error {}

class BitReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** @param count at most 32 */
  read(count: number): number {
    let value = 0;
    for (let left = count; left > 0; left -= 1) {
      const byte = this.#bytes[this.#at >> 3];
      if (byte === undefined) throw new EndOfBits();
      value = value * 2 + ((byte >> (7 - (this.#at & 7))) & 1);
      this.#at += 1;
    }
    return value;
  }

  /** Exp-Golomb. */
  unsigned(): number {
    let zeros = 0;
    while (this.read(1) === 0) {
      zeros += 1;
      if (zeros > 31) throw new EndOfBits();
    }
    return 2 ** zeros - 1 + this.read(zeros);
  }

  signed(): number {
    const code = this.unsigned();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}
