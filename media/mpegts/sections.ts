/** The longest section of a PAT or PMT (ISO/IEC 13818-1, 2.4.4.3 and 2.4.4.8), with what comes before its length. */
const MAX_SECTION = 1_024;
const BEFORE_LENGTH = 3;

/** Puts the sections of one PID together; what is damaged is left out. */
export class SectionReader {
  #bytes: Buffer = Buffer.alloc(0);
  #begun = false;

  /** @returns the sections that this payload completes, without their checksum */
  push(payload: Buffer, starts: boolean): Buffer[] {
    const pointer = payload[0] ?? 0;
    if (!starts) return this.#append(payload);
    if (pointer >= payload.length) return this.reset();
    const before = this.#append(payload.subarray(1, 1 + pointer));
    this.#begun = true;
    this.#bytes = Buffer.alloc(0);
    return [...before, ...this.#append(payload.subarray(1 + pointer))];
  }

  /** Something between was lost. */
  reset(): Buffer[] {
    this.#begun = false;
    this.#bytes = Buffer.alloc(0);
    return [];
  }

  #append(bytes: Buffer): Buffer[] {
    if (!this.#begun) return [];
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    const whole: Buffer[] = [];
    while (this.#bytes.length >= BEFORE_LENGTH && this.#bytes[0] !== 0xff) {
      const length = BEFORE_LENGTH + (this.#bytes.readUInt16BE(1) & 0x0fff);
      if (length > MAX_SECTION) return [...whole, ...this.reset()];
      if (this.#bytes.length < length) return whole;
      const section = this.#bytes.subarray(0, length);
      if (length > BEFORE_LENGTH + 4 && crc32(section) === 0) whole.push(section.subarray(0, -4));
      this.#bytes = this.#bytes.subarray(length);
    }
    // The rest is stuffing.
    if (this.#bytes.length >= BEFORE_LENGTH) this.reset();
    return whole;
  }
}

const TABLE = Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value;
});

/** That of ISO/IEC 13818-1, annex A: 0 over a section with its checksum. */
function crc32(bytes: Buffer): number {
  let crc = -1;
  for (const byte of bytes) crc = (crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0);
  return crc;
}
