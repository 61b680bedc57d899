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

/** Before somebody may publish there are only commands to read; afterwards a key frame may be large. */
export const COMMAND_LIMIT = 64 * 1024;
export const MEDIA_LIMIT = 8 * 1024 * 1024;

/** Nothing is buffered by the chunk, so this bounds no memory; larger ones (5.4.1 allows 16 MiB) are a sign of garbage. */
const MAX_CHUNK = 1024 * 1024;
/** Publishers use half a dozen. */
const MAX_STREAMS = 64;
/** Unfinished messages of all chunk streams together, in multiples of the longest message allowed. */
const MAX_UNFINISHED = 2;
const EXTENDED = 0xffffff;
/** Basic header of 3 bytes, message header of 11, extended timestamp of 4. */
const LONGEST_HEADER = 18;
const MESSAGE_HEADER_BYTES = [11, 7, 3, 0];
/** Memory for a message is taken as it arrives, not as it is announced. */
const FIRST_ALLOCATION = 4096;

interface ChunkStream {
  timestamp: number;
  /** What the last header gave: a time (type 0) or a difference. */
  timeField: number;
  extended: boolean;
  length: number;
  type: number;
  streamId: number;
  payload: Buffer;
  received: number;
}

interface ChunkHeader {
  id: number;
  format: number;
  /** Where the message header begins. */
  at: number;
  /** Of the whole header, as far as can be told from the bytes that are here. */
  length: number;
}

/** Puts messages together from bytes as they arrive, however they are split. Obeys chunk size and abort by itself. */
export class ChunkReader {
  /** Longest message that is taken, bytes. */
  limit = COMMAND_LIMIT;
  #chunkSize = 128;
  #streams = new Map<number, ChunkStream>();
  #header = Buffer.alloc(LONGEST_HEADER);
  #headerBytes = 0;
  /** The chunk that is being read, and how much of it is still to come. */
  #open: ChunkStream | null = null;
  #missing = 0;
  #unfinished = 0;

  /** @throws ChunkError, after which the reader must not be used again. */
  push(bytes: Buffer): Message[] {
    const messages: Message[] = [];
    let at = 0;
    while (at < bytes.length) {
      at += this.#open ? this.#takePayload(this.#open, bytes, at) : this.#takeHeader(bytes, at);
      if (this.#open && this.#missing === 0) this.#chunkRead(this.#open, messages);
    }
    return messages;
  }

  #takeHeader(bytes: Buffer, at: number): number {
    const needed = this.#headerSoFar().length;
    const taken = bytes.copy(this.#header, this.#headerBytes, at, at + needed - this.#headerBytes);
    this.#headerBytes += taken;
    // What was just read may tell that the header is longer.
    const header = this.#headerSoFar();
    if (this.#headerBytes === header.length) this.#begin(header);
    return taken;
  }

  #takePayload(stream: ChunkStream, bytes: Buffer, at: number): number {
    const taken = Math.min(this.#missing, bytes.length - at);
    const end = stream.received + taken;
    if (end > stream.payload.length) {
      const larger = Buffer.allocUnsafe(Math.min(stream.length, Math.max(end, 2 * stream.payload.length)));
      stream.payload.copy(larger, 0, 0, stream.received);
      stream.payload = larger;
    }
    bytes.copy(stream.payload, stream.received, at, at + taken);
    stream.received = end;
    this.#missing -= taken;
    this.#unfinished += taken;
    if (this.#unfinished > MAX_UNFINISHED * this.limit) throw new ChunkError('too many unfinished messages');
    return taken;
  }

  #headerSoFar(): ChunkHeader {
    if (this.#headerBytes === 0) return { id: 0, format: 0, at: 1, length: 1 };
    const first = this.#header.readUInt8();
    const format = first >> 6;
    const short = first & 0x3f;
    const at = short > 1 ? 1 : 2 + short;
    if (this.#headerBytes < at) return { id: 0, format, at, length: at };
    const id = short > 1 ? short : 64 + this.#header.readUIntLE(1, 1 + short);
    const length = at + (MESSAGE_HEADER_BYTES[format] ?? 0);
    if (this.#headerBytes < length) return { id, format, at, length };
    const extended = format === 3 ? this.#streams.get(id)?.extended : this.#header.readUIntBE(at, 3) === EXTENDED;
    return { id, format, at, length: extended ? length + 4 : length };
  }

  #begin({ id, format, at, length: headerLength }: ChunkHeader): void {
    const stream = this.#streamOf(id, format);
    const begins = stream.received === 0;
    if (!begins && format !== 3) throw new ChunkError('a message began inside another');
    const header = this.#header;
    if (format < 3) {
      const field = header.readUIntBE(at, 3);
      stream.extended = field === EXTENDED;
      stream.timeField = stream.extended ? header.readUInt32BE(headerLength - 4) : field;
    }
    if (format < 2) {
      stream.length = header.readUIntBE(at + 3, 3);
      stream.type = header.readUInt8(at + 6);
    }
    if (format === 0) stream.streamId = header.readUInt32LE(at + 7);
    if (stream.length > this.limit) throw new ChunkError('message too long');
    if (begins) {
      // Type 3 adds the last difference once more; after a type 0, the time that one gave (5.3.1.2.4).
      stream.timestamp = format === 0 ? stream.timeField : (stream.timestamp + stream.timeField) >>> 0;
      stream.payload = Buffer.allocUnsafe(Math.min(stream.length, FIRST_ALLOCATION));
    }
    this.#headerBytes = 0;
    this.#open = stream;
    this.#missing = Math.min(this.#chunkSize, stream.length - stream.received);
  }

  #streamOf(id: number, format: number): ChunkStream {
    const known = this.#streams.get(id);
    if (known) return known;
    // Type 1 is taken as well: librtmp begins a chunk stream with it when the message stream is 0.
    if (format > 1) throw new ChunkError('a chunk stream must begin with a whole header');
    if (this.#streams.size >= MAX_STREAMS) throw new ChunkError('too many chunk streams');
    const stream: ChunkStream = {
      timestamp: 0,
      timeField: 0,
      extended: false,
      length: 0,
      type: 0,
      streamId: 0,
      payload: Buffer.alloc(0),
      received: 0,
    };
    this.#streams.set(id, stream);
    return stream;
  }

  #chunkRead(stream: ChunkStream, messages: Message[]): void {
    this.#open = null;
    if (stream.received < stream.length) return;
    const { type, streamId, timestamp, payload } = stream;
    this.#forget(stream);
    if (type === SET_CHUNK_SIZE) this.#setChunkSize(payload);
    else if (type === ABORT) this.#abort(payload);
    else messages.push({ type, streamId, timestamp, payload });
  }

  #setChunkSize(payload: Buffer): void {
    const size = payload.length === 4 ? payload.readUInt32BE() : 0;
    if (size < 1 || size > MAX_CHUNK) throw new ChunkError('impossible chunk size');
    this.#chunkSize = size;
  }

  #abort(payload: Buffer): void {
    const stream = payload.length === 4 ? this.#streams.get(payload.readUInt32BE()) : undefined;
    if (stream) this.#forget(stream);
  }

  #forget(stream: ChunkStream): void {
    this.#unfinished -= stream.received;
    stream.received = 0;
    stream.payload = Buffer.alloc(0);
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
