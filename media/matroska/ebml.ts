/*
 * EBML (RFC 8794): the elements of which Matroska is made, and those of its ids (RFC 9559) that we read or write.
 */

export const ID = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  contentEncodings: 0x6d80,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  audio: 0xe1,
  samplingFrequency: 0xb5,
  channels: 0x9f,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
  blockGroup: 0xa0,
  block: 0xa1,
  referenceBlock: 0xfb,
} as const;

/** The bytes are no Matroska that we can read; nothing after them can be trusted. */
export class MatroskaError extends Error {}

export interface ElementHead {
  id: number;
  /** Of the content, bytes; null: unknown, as a live stream has it. */
  size: number | null;
  /** Length of id and size, bytes. */
  length: number;
}

/**
 * Id and size of the element that begins here.
 * @returns null when more bytes are needed. @throws MatroskaError for what can't be one
 */
export function elementHead(bytes: Buffer): ElementHead | null {
  const idLength = vintLength(bytes[0], 4);
  if (idLength === null || bytes.length <= idLength) return null;
  const sizeLength = vintLength(bytes[idLength], 8);
  const length = idLength + (sizeLength ?? 0);
  if (sizeLength === null || bytes.length < length) return null;
  const size = vint(bytes.subarray(idLength, length));
  return { id: bytes.readUIntBE(0, idLength), size, length };
}

/** An element with its whole content. */
export interface Element {
  id: number;
  content: Buffer;
}

/** The elements side by side in a whole parent. @throws MatroskaError when they don't fit into it */
export function elementsIn(content: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < content.length; ) {
    const head = elementHead(content.subarray(at));
    const end = head && head.size !== null ? at + head.length + head.size : Number.POSITIVE_INFINITY;
    if (!head || end > content.length) throw new MatroskaError('an element does not fit into its parent');
    found.push({ id: head.id, content: content.subarray(at + head.length, end) });
    at = end;
  }
  return found;
}

/** @throws MatroskaError for one beyond what a number holds exactly */
export function unsigned(content: Buffer): number {
  if (content.length > 8) throw new MatroskaError(`an integer of ${content.length} bytes`);
  const value = content.reduce((sum, byte) => sum * 256 + byte, 0);
  if (!Number.isSafeInteger(value)) throw new MatroskaError('an integer that is too large');
  return value;
}

/** @throws MatroskaError for one that is neither 4 nor 8 bytes long */
export function float(content: Buffer): number {
  if (content.length === 4) return content.readFloatBE();
  if (content.length === 8) return content.readDoubleBE();
  throw new MatroskaError(`a float of ${content.length} bytes`);
}

/** Track number at the beginning of a block, and how long it is. @throws MatroskaError */
export function trackNumber(block: Buffer): { track: number; length: number } {
  const length = vintLength(block[0], 8);
  const track = length !== null && block.length >= length ? vint(block.subarray(0, length)) : null;
  if (length === null || track === null) throw new MatroskaError('a block without its track');
  return { track, length };
}

/** An element to write. */
export function element(id: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([idBytes(id), sizeBytes(content.length), content]);
}

/** The beginning of an element that goes on until the stream ends. */
export function endless(id: number): Buffer {
  return Buffer.concat([idBytes(id), Buffer.from([0x01, ...UNKNOWN_SIZE])]);
}

/** @param value whole, not negative */
export function unsignedElement(id: number, value: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeBigUInt64BE(BigInt(value));
  return element(id, content);
}

export function textElement(id: number, text: string): Buffer {
  return element(id, Buffer.from(text, 'latin1'));
}

export function floatElement(id: number, value: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeDoubleBE(value);
  return element(id, content);
}

const UNKNOWN_SIZE = Array.from({ length: 7 }, () => 0xff);

/** How many bytes a variable-length integer has whose first byte this is; null when that is still to come. */
function vintLength(first: number | undefined, longest: number): number | null {
  if (first === undefined) return null;
  const length = Math.clz32(first) - 23;
  if (length > longest) throw new MatroskaError('no element');
  return length;
}

/** Null for the one of all ones, which stands for an unknown size. */
function vint(bytes: Buffer): number | null {
  const [first = 0, ...rest] = bytes;
  const marker = 0x80 >> (bytes.length - 1);
  if (first === marker * 2 - 1 && rest.every((byte) => byte === 0xff)) return null;
  return unsigned(Buffer.from([first & (marker - 1), ...rest]));
}

function idBytes(id: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes.subarray(Math.clz32(id) >> 3);
}

/** In four bytes, which are enough for a frame. */
function sizeBytes(size: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(0x1000_0000 + size);
  return bytes;
}
