/** Reads the bits of a NAL unit's payload (ITU-T H.264, 7.2 and 9.1). @throws RangeError beyond its end */
export class Bits {
  readonly #bytes: Buffer;
  #at = 0;

  /** @param nal with its header, which is skipped */
  constructor(nal: Buffer) {
    this.#bytes = withoutEmulation(nal.subarray(1));
  }

  /** What was read until now, and nothing behind it. */
  soFar(): Buffer {
    const read = Buffer.from(this.#bytes.subarray(0, Math.ceil(this.#at / 8)));
    const rest = this.#at & 7;
    if (rest > 0) read[read.length - 1] = (read.at(-1) as number) & (0xff << (8 - rest));
    return read;
  }

  bit(): number {
    const byte = this.#bytes[this.#at >> 3];
    if (byte === undefined) throw new RangeError('the NAL unit is too short');
    const bit = (byte >> (7 - (this.#at & 7))) & 1;
    this.#at += 1;
    return bit;
  }

  flag(): boolean {
    return this.bit() === 1;
  }

  /** At most 32. */
  bits(count: number): number {
    let value = 0;
    for (let read = 0; read < count; read += 1) value = value * 2 + this.bit();
    return value;
  }

  /** ue(v) */
  unsigned(): number {
    let zeros = 0;
    while (this.bit() === 0) {
      zeros += 1;
      if (zeros > 31) throw new RangeError('no Exp-Golomb code');
    }
    return 2 ** zeros - 1 + this.bits(zeros);
  }

  /** se(v) */
  signed(): number {
    const code = this.unsigned();
    return code % 2 === 1 ? (code + 1) / 2 : -code / 2;
  }
}

/** A 3 after two zeros keeps start codes out of the payload (7.3.1). */
function withoutEmulation(bytes: Buffer): Buffer {
  return Buffer.from(bytes.filter((byte, at) => !(byte === 3 && at > 1 && bytes[at - 1] === 0 && bytes[at - 2] === 0)));
}
