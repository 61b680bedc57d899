import { AUDIO, SCRIPT, VIDEO } from '../rtmp/flv.ts';

/** Not FLV, or not whole. */
export class FlvError extends Error {
  override readonly name = 'FlvError';
}

/** One tag of a file. */
export interface FlvTag {
  type: number;
  /** ms. */
  timestamp: number;
  payload: Buffer;
  /** Where the tag begins, bytes from the start of what was read. */
  offset: number;
}

const FILE_HEADER = 9;
const BACK_POINTER = 4;
const TAG_HEADER = 11;
/** A key frame of 4K at full quality is far below; a forged size must not make us gather memory. */
const MAX_PAYLOAD = 8 * 1024 * 1024;

/** Takes FLV (Adobe FLV 10.1, annex E) apart as its bytes come, in pieces of any size. */
export class FlvReader {
  #rest: Buffer = Buffer.alloc(0);
  /** Of the first byte of `#rest`. */
  #offset: number;
  #headerRead: boolean;

  /** @param offset where a tag begins, to read on from there; 0 at the start of a file. */
  constructor(offset = 0) {
    this.#offset = offset;
    this.#headerRead = offset > 0;
  }

  /**
   * @returns the tags that these bytes complete.
   * @throws FlvError for what is no FLV; nothing can be read after it
   */
  push(bytes: Buffer): FlvTag[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (!this.#headerRead && !this.#readHeader()) return [];
    const tags: FlvTag[] = [];
    for (;;) {
      const tag = this.#readTag();
      if (!tag) return tags;
      tags.push(tag);
    }
  }

  /** Whether the bytes so far end with a whole tag. */
  get whole(): boolean {
    return this.#headerRead && this.#rest.length === 0;
  }

  #readHeader(): boolean {
    const rest = this.#rest;
    if (rest.subarray(0, 3).compare(Buffer.from('FLV').subarray(0, rest.length)) !== 0) throw new FlvError('not FLV');
    if (rest.length < FILE_HEADER + BACK_POINTER) return false;
    if (rest.readUInt32BE(5) !== FILE_HEADER) throw new FlvError('a header of another length');
    this.#skip(FILE_HEADER + BACK_POINTER);
    this.#headerRead = true;
    return true;
  }

  #readTag(): FlvTag | null {
    const rest = this.#rest;
    if (rest.length < TAG_HEADER) return null;
    // The upper bits are reserved, and say that a tag is encrypted.
    const type = rest.readUInt8(0);
    if (type !== AUDIO && type !== VIDEO && type !== SCRIPT) throw new FlvError(`a tag of type ${type}`);
    const size = rest.readUIntBE(1, 3);
    if (size > MAX_PAYLOAD) throw new FlvError(`a tag of ${size} bytes`);
    const whole = TAG_HEADER + size + BACK_POINTER;
    if (rest.length < whole) return null;
    if (rest.readUInt32BE(TAG_HEADER + size) !== TAG_HEADER + size) throw new FlvError('a tag of another length');
    const timestamp = rest.readUIntBE(4, 3) + rest.readUInt8(7) * 0x1000000;
    const tag = { type, timestamp, payload: rest.subarray(TAG_HEADER, TAG_HEADER + size), offset: this.#offset };
    this.#skip(whole);
    return tag;
  }

  #skip(bytes: number): void {
    this.#rest = this.#rest.subarray(bytes);
    this.#offset += bytes;
  }
}
