/*
 * WebSocket frames (RFC 6455, 5.2) as a client writes and reads them, without a library: the `ws` client costs a load
 * generator more than the server that it is to load.
 */

export const TEXT = 1;
export const CLOSE = 8;
export const PING = 9;

const MASKED = 0x80;
const FINAL = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MAX_16 = 0xffff;

/** A message in one frame, masked with a key of zeros: masked as the server demands, and the same bytes. */
export function frame(text: string, opcode = TEXT): Buffer {
  const length = Buffer.byteLength(text);
  if (length > MAX_16) throw new RangeError(`a message of ${length} bytes is none of ours`);
  const head = length < LENGTH_16 ? 2 : 4;
  const bytes = Buffer.alloc(head + 4 + length);
  bytes[0] = FINAL | opcode;
  if (length < LENGTH_16) bytes[1] = MASKED | length;
  else {
    bytes[1] = MASKED | LENGTH_16;
    bytes.writeUInt16BE(length, 2);
  }
  bytes.write(text, head + 4);
  return bytes;
}

/** Cuts what a server sends into frames. Servers of ours send each message in one frame. */
export class FrameReader {
  #rest: Buffer | null = null;

  /** The payload is only good until `take` returns. @throws Error for what such a server does not send */
  push(chunk: Buffer, take: (opcode: number, payload: Buffer) => void): void {
    const bytes = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const head = headOf(bytes, at);
      if (!head || at + head.size + head.length > bytes.length) break;
      const from = at + head.size;
      at = from + head.length;
      take(head.opcode, bytes.subarray(from, at));
    }
    // The chunk is the socket's own, which it fills anew.
    this.#rest = at < bytes.length ? Buffer.from(bytes.subarray(at)) : null;
  }
}

function headOf(bytes: Buffer, at: number): { opcode: number; size: number; length: number } | null {
  if (bytes.length < at + 2) return null;
  const first = bytes[at] as number;
  const second = bytes[at + 1] as number;
  if (!(first & FINAL) || second & MASKED) throw new Error('a fragmented or masked frame');
  const opcode = first & 0x0f;
  if (second < LENGTH_16) return { opcode, size: 2, length: second };
  if (second === LENGTH_64) {
    if (bytes.length < at + 10) return null;
    return { opcode, size: 10, length: Number(bytes.readBigUInt64BE(at + 2)) };
  }
  if (bytes.length < at + 4) return null;
  return { opcode, size: 4, length: bytes.readUInt16BE(at + 2) };
}
