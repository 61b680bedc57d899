/*
 * AMF0, the encoding of RTMP's commands and metadata (Action Message Format, Adobe 2006), as far as publishers use it.
 */

export type Amf = number | boolean | string | null | undefined | Amf[] | { [key: string]: Amf };

/** Bytes that are not AMF0, or nested too deep. */
export class AmfError extends Error {}

const NUMBER = 0;
const BOOLEAN = 1;
const STRING = 2;
const OBJECT = 3;
const NULL = 5;
const UNDEFINED = 6;
const ECMA_ARRAY = 8;
const OBJECT_END = 9;
const STRICT_ARRAY = 10;
const DATE = 11;
const LONG_STRING = 12;

const MAX_DEPTH = 8;
const MAX_VALUES = 1_000;

/** @throws AmfError */
export function decodeAmf(bytes: Buffer): Amf[] {
  const reader = new Reader(bytes);
  const values: Amf[] = [];
  while (!reader.done) values.push(reader.value(0));
  return values;
}

export function encodeAmf(values: readonly Amf[]): Buffer {
  return Buffer.concat(values.map(encodeValue));
}

class Reader {
  readonly #bytes: Buffer;
  #offset = 0;
  #values = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  value(depth: number): Amf {
    this.#values += 1;
    if (depth > MAX_DEPTH || this.#values > MAX_VALUES) throw new AmfError('too deep or too long');
    const type = this.#take(1).readUInt8();
    switch (type) {
      case NUMBER:
        return this.#take(8).readDoubleBE();
      case BOOLEAN:
        return this.#take(1).readUInt8() !== 0;
      case STRING:
        return this.#text(this.#take(2).readUInt16BE());
      case LONG_STRING:
        return this.#text(this.#take(4).readUInt32BE());
      case NULL:
        return null;
      case UNDEFINED:
        return undefined;
      case DATE:
        return this.#take(10).readDoubleBE();
      case ECMA_ARRAY:
        this.#take(4);
        return this.#properties(depth);
      case OBJECT:
        return this.#properties(depth);
      case STRICT_ARRAY: {
        const length = this.#take(4).readUInt32BE();
        if (length > MAX_VALUES) throw new AmfError('array too long');
        return Array.from({ length }, () => this.value(depth + 1));
      }
      default:
        throw new AmfError(`unknown type ${type}`);
    }
  }

  #properties(depth: number): { [key: string]: Amf } {
    const found: [string, Amf][] = [];
    for (;;) {
      const key = this.#text(this.#take(2).readUInt16BE());
      if (key === '' && this.#bytes[this.#offset] === OBJECT_END) {
        this.#offset += 1;
        return Object.fromEntries(found);
      }
      found.push([key, this.value(depth + 1)]);
    }
  }

  #text(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #take(length: number): Buffer {
    const end = this.#offset + length;
    if (end > this.#bytes.length) throw new AmfError('cut short');
    const taken = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return taken;
  }
}

function encodeValue(value: Amf): Buffer {
  if (value === undefined) return Buffer.of(UNDEFINED);
  if (value === null) return Buffer.of(NULL);
  if (typeof value === 'boolean') return Buffer.of(BOOLEAN, value ? 1 : 0);
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(9);
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    if (text.length > 0xffff) return Buffer.concat([Buffer.of(LONG_STRING), uint32(text.length), text]);
    return Buffer.concat([Buffer.of(STRING), uint16(text.length), text]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.of(STRICT_ARRAY), uint32(value.length), ...value.map(encodeValue)]);
  }
  const properties = Object.entries(value).map(([key, of]) => {
    const name = Buffer.from(key, 'utf8');
    return Buffer.concat([uint16(name.length), name, encodeValue(of)]);
  });
  return Buffer.concat([Buffer.of(OBJECT), ...properties, Buffer.of(0, 0, OBJECT_END)]);
}

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
