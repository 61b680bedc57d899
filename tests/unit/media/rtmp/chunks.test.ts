import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkError, ChunkReader, COMMAND_LIMIT, MEDIA_LIMIT, type Message, writeChunks } from '#media/rtmp/chunks.ts';

const message = fc.record({
  type: fc.constantFrom(8, 9, 18, 20),
  streamId: fc.nat(0xffffffff),
  timestamp: fc.oneof(fc.nat(0xffffff), fc.integer({ min: 0xfffffe, max: 0xffffffff })),
  payload: fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
});

/** The chunks of one message, apart. */
function chunksOf(id: number, sent: Message, chunkSize = 128): Buffer[] {
  const whole = writeChunks(id, sent, chunkSize);
  const extra = sent.timestamp >= 0xffffff ? 4 : 0;
  const chunks: Buffer[] = [];
  let at = 0;
  for (let left = sent.payload.length; at === 0 || left > 0; left -= chunkSize) {
    const length = (at === 0 ? 12 : 1) + extra + Math.min(left, chunkSize);
    chunks.push(whole.subarray(at, at + length));
    at += length;
  }
  return chunks;
}

function pushInPieces(reader: ChunkReader, bytes: Buffer, sizes: number[]): Message[] {
  const messages: Message[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    messages.push(...reader.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return messages;
}

function header(format: number, id: number, ...rest: number[]): Buffer {
  return Buffer.of((format << 6) | id, ...rest);
}

function setChunkSize(size: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt32BE(size);
  return writeChunks(2, { type: 1, streamId: 0, timestamp: 0, payload }, 128);
}

describe('ChunkReader', () => {
  it('puts messages together however their chunks are interleaved and their bytes split', () => {
    const streams = fc.array(fc.array(message, { maxLength: 4 }), { minLength: 1, maxLength: 5 });
    const order = fc.infiniteStream(fc.nat());
    const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(streams, order, sizes, (perStream, turns, pieces) => {
        const queues = perStream.map((messages, at) => messages.flatMap((each) => chunksOf(at + 3, each)));
        const chunks: Buffer[] = [];
        for (let open = queues; open.length > 0; open = open.filter((queue) => queue.length > 0)) {
          const next = open[turns.next().value % open.length]?.shift();
          if (next) chunks.push(next);
        }
        const read = pushInPieces(new ChunkReader(), Buffer.concat(chunks), pieces);
        const sent = perStream.flat();
        expect(read).toHaveLength(sent.length);
        expect(read).toEqual(expect.arrayContaining(sent));
      }),
    );
  });

  it('adds differences of time, also beyond 24 bits and past the wrap', () => {
    const reader = new ChunkReader();
    const whole = writeChunks(4, { type: 8, streamId: 1, timestamp: 0xfffffff0, payload: Buffer.of(1) }, 128);
    const timestamps = [
      whole,
      Buffer.concat([header(2, 4, 0, 0, 0x10), Buffer.of(2)]),
      Buffer.concat([header(3, 4), Buffer.of(3)]),
      Buffer.concat([header(1, 4, 0xff, 0xff, 0xff, 0, 0, 1, 8, 1, 0, 0, 0), Buffer.of(4)]),
      Buffer.concat([header(3, 4, 1, 0, 0, 0), Buffer.of(5)]),
    ].flatMap((bytes) => reader.push(bytes).map(({ timestamp }) => timestamp));
    expect(timestamps).toEqual([0xfffffff0, 0, 0x10, 0x01000010, 0x02000010]);
  });

  it('takes a chunk stream that begins without a message stream, as librtmp writes it', () => {
    const read = new ChunkReader().push(Buffer.concat([header(1, 4, 0, 0, 7, 0, 0, 1, 8), Buffer.of(9)]));
    expect(read).toEqual([{ type: 8, streamId: 0, timestamp: 7, payload: Buffer.of(9) }]);
  });

  it('reads chunk streams of every numbering', () => {
    const body = [0, 0, 0, 0, 0, 1, 8, 0, 0, 0, 0, 7];
    for (const start of [Buffer.of(2), Buffer.of(0, 255), Buffer.of(1, 255, 255)]) {
      expect(new ChunkReader().push(Buffer.concat([start, Buffer.from(body)]))).toHaveLength(1);
    }
  });

  it('obeys a new chunk size and an abort', () => {
    const reader = new ChunkReader();
    const long = { type: 9, streamId: 1, timestamp: 5, payload: Buffer.alloc(1_000, 7) };
    expect(reader.push(Buffer.concat([setChunkSize(512), writeChunks(6, long, 512)]))).toEqual([long]);
    const begun = writeChunks(6, long, 512).subarray(0, 12 + 512);
    const abort = writeChunks(2, { type: 2, streamId: 0, timestamp: 0, payload: Buffer.of(0, 0, 0, 6) }, 512);
    expect(reader.push(Buffer.concat([begun, abort, writeChunks(6, long, 512)]))).toEqual([long]);
  });

  it('reads a key frame of 4 MiB that arrives in very small pieces', () => {
    const reader = new ChunkReader();
    reader.limit = MEDIA_LIMIT;
    const payload = Buffer.alloc(4 * 1024 * 1024, 7);
    const bytes = writeChunks(6, { type: 9, streamId: 1, timestamp: 0, payload }, 128);
    const [read] = pushInPieces(reader, bytes, [100]);
    expect(read?.payload.equals(payload)).toBe(true);
  });

  it.each([
    ['a message longer than allowed', header(0, 3, 0, 0, 0, 0xff, 0xff, 0xff, 9, 0, 0, 0, 0)],
    ['a stream that goes on without having begun', header(3, 3)],
    [
      'a message inside another',
      Buffer.concat([header(0, 3, 0, 0, 0, 0, 1, 0, 9, 0, 0, 0, 0), Buffer.alloc(128), header(2, 3, 0, 0, 0)]),
    ],
    ['a chunk size of zero', setChunkSize(0)],
    ['a chunk size of a gigabyte', setChunkSize(1 << 30)],
    [
      'more chunk streams than any publisher has',
      Buffer.concat(Array.from({ length: 65 }, (_, at) => Buffer.of(0, at, ...Array<number>(11).fill(0)))),
    ],
  ])('refuses %s', (_, bytes) => {
    expect(() => new ChunkReader().push(bytes)).toThrow(ChunkError);
  });

  it('bounds what is unfinished over all chunk streams', () => {
    const begun = Array.from({ length: 60 }, (_, at) => {
      const long = { type: 9, streamId: 1, timestamp: 0, payload: Buffer.alloc(COMMAND_LIMIT) };
      return writeChunks(3 + at, long, COMMAND_LIMIT).subarray(0, 12 + COMMAND_LIMIT - 1);
    });
    const reader = new ChunkReader();
    reader.push(setChunkSize(COMMAND_LIMIT - 1));
    expect(() => begun.map((bytes) => reader.push(bytes))).toThrow(ChunkError);
  });

  it('never throws anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        try {
          new ChunkReader().push(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkError);
        }
      }),
    );
  });
});
