/*
 * RTMP's chunk stream (Adobe RTMP 1.0, section 5.3): messages of several chunk streams, interleaved in pieces.
 */

export interface Message {
  type: number;
  streamId: number;
  /** Milliseconds, as the publisher counts them; wraps at 2^32. */
  timestamp: number;
  payload: Buffer;
}

/** Bytes that are not a chunk stream, or one beyond our bounds. */
export class ChunkError extends Error {}

export const SET_CHUNK_SIZE = 1;
const ABORT = 2;

/** A key frame of a very good picture is about 1 MiB. */
const MAX_MESSAGE = 8 * 1024 * 1024;
const MAX_CHUNK = 1024 * 1024;
/** Publishers use half a dozen. */
const MAX_STREAMS = 64;
const EXTENDED = 0xffffff;

interface ChunkStream {
  timestamp: number;
  delta: number;
  extended: boolean;
  length: number;
  type: number;
  streamId: number;
  pieces: Buffer[];
  received: number;
}

/** Puts messages together from bytes as they arrive, however they are split. Obeys chunk size and abort by itself. */
export class ChunkReader {
  private chunkSize = 128;
  private waiting: Buffer = Buffer.alloc(0);
  private readonly streams = new Map<number, ChunkStream>();

  /** @throws ChunkError, after which the reader must not be used again. */
  push(bytes: Buffer): Message[] {
    this.waiting = this.waiting.length === 0 ? bytes : Buffer.concat([this.waiting, bytes]);
    const messages: Message[] = [];
    let offset = 0;
    for (;;) {
      const used = this.chunk(offset, messages);
      if (used === 0) break;
      offset += used;
    }
    // A copy, so that a few bytes do not keep a large buffer alive.
    this.waiting = Buffer.from(this.waiting.subarray(offset));
    return messages;
  }

  /** Reads one chunk at `offset`; the number of bytes it took, 0 when it is not here whole. */
  private chunk(offset: number, messages: Message[]): number {
    const bytes = this.waiting;
    let at = offset;
    const available = (count: number) => at + count <= bytes.length;

    if (!available(1)) return 0;
    const format = (bytes[at] as number) >> 6;
    let id = (bytes[at] as number) & 0x3f;
    at += 1;
    if (id < 2) {
      const extra = id + 1;
      if (!available(extra)) return 0;
      id = 64 + bytes.readUIntLE(at, extra);
      at += extra;
    }

    const known = this.streams.get(id);
    if (!known && format !== 0) throw new ChunkError('a chunk stream must begin with a whole header');
    if (!known && this.streams.size >= MAX_STREAMS) throw new ChunkError('too many chunk streams');
    const before = known ?? emptyStream();
    const headerLength = [11, 7, 3, 0][format] as number;
    if (!available(headerLength)) return 0;
    if (format !== 3 && before.received > 0) throw new ChunkError('a message began inside another');

    const field = format === 3 ? 0 : bytes.readUIntBE(at, 3);
    const extended = format === 3 ? before.extended : field === EXTENDED;
    const length = format <= 1 ? bytes.readUIntBE(at + 3, 3) : before.length;
    const type = format <= 1 ? (bytes[at + 6] as number) : before.type;
    const streamId = format === 0 ? bytes.readUInt32LE(at + 7) : before.streamId;
    at += headerLength;
    let time = field;
    if (extended) {
      if (!available(4)) return 0;
      time = bytes.readUInt32BE(at);
      at += 4;
    }
    if (length > MAX_MESSAGE) throw new ChunkError('message too long');

    const size = Math.min(this.chunkSize, length - before.received);
    if (!available(size)) return 0;
    const piece = bytes.subarray(at, at + size);
    at += size;

    const stream: ChunkStream = { ...before, extended, length, type, streamId };
    if (before.received === 0) advance(stream, format, time);
    // Into the one list: a copy of it for each chunk would cost the square of a message's chunks.
    stream.pieces.push(Buffer.from(piece));
    stream.received = before.received + size;
    if (stream.received >= length) {
      const payload = stream.pieces.length === 1 ? (stream.pieces[0] as Buffer) : Buffer.concat(stream.pieces);
      this.complete({ type, streamId, timestamp: stream.timestamp, payload }, messages);
      stream.pieces = [];
      stream.received = 0;
    }
    this.streams.set(id, stream);
    return at - offset;
  }

  private complete(message: Message, messages: Message[]): void {
    if (message.type === SET_CHUNK_SIZE && message.payload.length >= 4) {
      const size = message.payload.readUInt32BE() & 0x7fffffff;
      if (size < 1 || size > MAX_CHUNK) throw new ChunkError('impossible chunk size');
      this.chunkSize = size;
    } else if (message.type === ABORT && message.payload.length >= 4) {
      const aborted = this.streams.get(message.payload.readUInt32BE());
      if (aborted) {
        aborted.pieces = [];
        aborted.received = 0;
      }
    } else {
      messages.push(message);
    }
  }
}

/** A message of ours as chunks: a whole header, then continuations. `chunkSize` must have been announced. */
export function writeChunks(chunkStreamId: number, message: Message, chunkSize: number): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt8(chunkStreamId);
  header.writeUIntBE(Math.min(message.timestamp, EXTENDED), 1, 3);
  header.writeUIntBE(message.payload.length, 4, 3);
  header.writeUInt8(message.type, 7);
  header.writeUInt32LE(message.streamId, 8);
  const extra = message.timestamp >= EXTENDED ? Buffer.alloc(4) : Buffer.alloc(0);
  if (extra.length > 0) extra.writeUInt32BE(message.timestamp);
  const parts: Buffer[] = [header, extra];
  for (let at = 0; at < message.payload.length || at === 0; at += chunkSize) {
    if (at > 0) parts.push(Buffer.of(0xc0 | chunkStreamId), extra);
    parts.push(message.payload.subarray(at, at + chunkSize));
  }
  return Buffer.concat(parts);
}

/** Type 0 sets the time, 1 and 2 add to it, 3 adds the same once more; after a type 0, what that one set (5.3.1.2.4). */
function advance(stream: ChunkStream, format: number, time: number): void {
  if (format !== 3) stream.delta = time;
  stream.timestamp = format === 0 ? time : (stream.timestamp + stream.delta) >>> 0;
}

function emptyStream(): ChunkStream {
  return { timestamp: 0, delta: 0, extended: false, length: 0, type: 0, streamId: 0, pieces: [], received: 0 };
}
