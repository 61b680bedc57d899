/*
 * SRT packets (draft-sharabayko-srt-01, clause 3), as far as somebody who only receives needs them.
 */

export const HEADER = 16;
/** What of a payload fits into a packet of Ethernet, and what peers agree on at most. */
export const MAX_PAYLOAD = 1_456;

export const HANDSHAKE = 0;
export const KEEPALIVE = 1;
export const ACK = 2;
export const NAK = 3;
export const SHUTDOWN = 5;
export const ACKACK = 6;
export const DROP_REQUEST = 7;
export const USER_DEFINED = 0x7fff;

export interface DataPacket {
  kind: 'data';
  sequence: number;
  /** Which key it is encrypted with; null when it is not encrypted. */
  key: 'even' | 'odd' | null;
  payload: Buffer;
}

export interface ControlPacket {
  kind: 'control';
  type: number;
  subtype: number;
  /** What the second word says: of an acknowledgement its number. */
  number: number;
  content: Buffer;
}

/** Zero: a handshake of somebody who has no socket here yet. */
export function destinationOf(bytes: Buffer): number {
  return bytes.readUInt32BE(12);
}

/** @returns null for what is no packet */
export function parsePacket(bytes: Buffer): DataPacket | ControlPacket | null {
  if (bytes.length < HEADER) return null;
  const first = bytes.readUInt32BE(0);
  const second = bytes.readUInt32BE(4);
  if (first & 0x80000000) {
    const [type, subtype] = [(first >>> 16) & 0x7fff, first & 0xffff];
    return { kind: 'control', type, subtype, number: second, content: bytes.subarray(HEADER) };
  }
  const flags = (second >>> 27) & 3;
  // Both flags are for key material, never for data.
  if (flags === 3) return null;
  const key = flags === 0 ? null : flags === 1 ? 'even' : 'odd';
  return { kind: 'data', sequence: first, key, payload: bytes.subarray(HEADER) };
}

/** @param time µs since the connection began */
export function controlPacket(
  { type, subtype = 0, number = 0, content }: { type: number; subtype?: number; number?: number; content?: Buffer },
  time: number,
  destination: number,
): Buffer {
  // Some peers expect a word after every header.
  const body = content ?? Buffer.alloc(4);
  const bytes = Buffer.alloc(HEADER + body.length);
  bytes.writeUInt32BE((0x80000000 | (type << 16) | subtype) >>> 0, 0);
  bytes.writeUInt32BE(number >>> 0, 4);
  bytes.writeUInt32BE(time >>> 0, 8);
  bytes.writeUInt32BE(destination >>> 0, 12);
  body.copy(bytes, HEADER);
  return bytes;
}

/** Sequence numbers have 31 bits and begin anew behind the last. */
export function nextSequence(sequence: number, by = 1): number {
  return (sequence + by) & 0x7fffffff;
}

/** How far `a` is behind `b`, in packets; negative when it is before it. */
export function sequenceDistance(a: number, b: number): number {
  return ((a - b) << 1) >> 1;
}

/** The list of a NAK: single packets, and ranges from the first to the last that is missing. */
export function lossList(ranges: readonly (readonly [number, number])[]): Buffer {
  const words = ranges.flatMap(([first, last]) => (first === last ? [first] : [(first | 0x80000000) >>> 0, last]));
  const bytes = Buffer.alloc(words.length * 4);
  words.forEach((word, at) => void bytes.writeUInt32BE(word, at * 4));
  return bytes;
}
