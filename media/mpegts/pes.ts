/** A unit of one stream, as a rule a picture or a few frames of sound. */
export interface PesUnit {
  /** Ticks of 90 kHz, of 33 bits; null where it has none. */
  pts: number | null;
  /** Of decoding; the same as `pts` where it has none. */
  dts: number | null;
  data: Buffer;
  /** A decoder may begin here, says the multiplexer. */
  randomAccess: boolean;
}

/** A key frame of 4K at full quality is far below; a stream without an end must not make us gather memory. */
const MAX_UNIT = 8 * 1024 * 1024;
/** A picture of that size in packets that are full. Packets of next to nothing cost memory of which their bytes say nothing. */
const MAX_PIECES = MAX_UNIT / 184;
const FIXED = 9;
const TIMESTAMP = 5;

/** Puts the units of one PID together (ISO/IEC 13818-1, 2.4.3.6); what is damaged is left out. */
export class PesReader {
  #pieces: Buffer[] = [];
  #size = 0;
  /** Of the whole unit with its header; null while unknown, and for a picture that ends where the next begins. */
  #whole: number | null = null;
  #begun = false;
  #randomAccess = false;

  /** @returns the unit that this payload completes; two where the one before had no length and this one is short */
  push(payload: Buffer, starts: boolean, randomAccess: boolean): PesUnit[] {
    const units: PesUnit[] = [];
    if (starts) {
      units.push(...this.#finish());
      this.#begun = true;
      this.#randomAccess = randomAccess;
    }
    if (!this.#begun) return units;
    this.#pieces.push(payload);
    this.#size += payload.length;
    this.#whole ??= this.#lengthOf();
    if (this.#size > MAX_UNIT || this.#pieces.length > MAX_PIECES) this.reset();
    else if (this.#whole !== null && this.#size >= this.#whole) units.push(...this.#finish());
    return units;
  }

  /** Something between was lost: the unit is of no use. */
  reset(): void {
    this.#pieces = [];
    this.#size = 0;
    this.#whole = null;
    this.#begun = false;
  }

  #lengthOf(): number | null {
    const head = this.#pieces[0];
    if (!head || head.length < 6) return null;
    const length = head.readUInt16BE(4);
    return length === 0 ? null : 6 + length;
  }

  #finish(): PesUnit[] {
    const bytes = Buffer.concat(this.#pieces);
    const whole = this.#whole;
    this.reset();
    if (bytes.length < FIXED || (whole !== null && bytes.length < whole)) return [];
    if (bytes.readUIntBE(0, 3) !== 1 || ((bytes[6] ?? 0) & 0xc0) !== 0x80) return [];
    const flags = (bytes[7] ?? 0) >> 6;
    const begin = FIXED + (bytes[8] ?? 0);
    const end = whole ?? bytes.length;
    // A header may say that it is longer than all there is.
    if (begin > end) return [];
    const data = bytes.subarray(begin, end);
    const pts = flags & 2 && begin >= FIXED + TIMESTAMP ? timestampAt(bytes, FIXED) : null;
    const dts = flags === 3 && begin >= FIXED + 2 * TIMESTAMP ? timestampAt(bytes, FIXED + TIMESTAMP) : pts;
    return [{ pts, dts, data, randomAccess: this.#randomAccess }];
  }
}

/** 33 bits in five bytes, with marks between. */
function timestampAt(bytes: Buffer, at: number): number {
  const high = ((bytes[at] ?? 0) >> 1) & 7;
  const middle = bytes.readUInt16BE(at + 1) >> 1;
  const low = bytes.readUInt16BE(at + 3) >> 1;
  return high * 2 ** 30 + middle * 2 ** 15 + low;
}
