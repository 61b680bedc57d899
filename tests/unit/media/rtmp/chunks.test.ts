import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChunkError, ChunkReader, type Message, SET_CHUNK_SIZE, writeChunks } from '#media/rtmp/chunks.ts';

const CHUNK = 128;
const message = fc.record({
  type: fc.constantFrom(8, 9, 18, 20),
  streamId: fc.constantFrom(0, 1),
  timestamp: fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0xfffff0, max: 0xffffffff })),
  payload: fc.uint8Array({ minLength: 1, maxLength: 700 }).map((bytes) => Buffer.from(bytes)),
});
const sent = fc.array(fc.tuple(fc.integer({ min: 3, max: 8 }), message), { maxLength: 12 });

function readIn(bytes: Buffer, cuts: number[]): Message[] {
  const reader = new ChunkReader();
  const edges = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return edges.slice(1).flatMap((edge, i) => reader.push(Buffer.from(bytes.subarray(edges[i], edge))));
}

describe('the chunk stream', () => {
  it('gives back the messages however the bytes are split, extended timestamps included', () => {
    fc.assert(
      fc.property(sent, fc.array(fc.nat(), { maxLength: 20 }), (messages, cuts) => {
        const bytes = Buffer.concat(messages.map(([id, one]) => writeChunks(id, one, CHUNK)));
        expect(readIn(bytes, cuts)).toEqual(messages.map(([, one]) => one));
      }),
    );
  });

  it('puts messages together whose chunks are interleaved', () => {
    const a: Message = { type: 9, streamId: 1, timestamp: 40, payload: Buffer.alloc(300, 1) };
    const b: Message = { type: 8, streamId: 1, timestamp: 41, payload: Buffer.alloc(200, 2) };
    const first = writeChunks(4, a, CHUNK);
    const second = writeChunks(5, b, CHUNK);
    const header = 12 + CHUNK;
    const woven = Buffer.concat([
      first.subarray(0, header),
      second.subarray(0, header),
      first.subarray(header, header + 1 + CHUNK),
      second.subarray(header),
      first.subarray(header + 1 + CHUNK),
    ]);
    expect(new ChunkReader().push(woven)).toEqual([b, a]);
  });

  it('follows a change of the chunk size', () => {
    const size = Buffer.alloc(4);
    size.writeUInt32BE(4_096);
    const change = writeChunks(2, { type: SET_CHUNK_SIZE, streamId: 0, timestamp: 0, payload: size }, CHUNK);
    const long: Message = { type: 9, streamId: 1, timestamp: 7, payload: Buffer.alloc(3_000, 5) };
    expect(new ChunkReader().push(Buffer.concat([change, writeChunks(6, long, 4_096)]))).toEqual([long]);
  });

  it('answers garbage with its own error alone', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 5 }), (pieces) => {
        const reader = new ChunkReader();
        try {
          for (const piece of pieces) reader.push(Buffer.from(piece));
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkError);
        }
      }),
    );
  });

  it('refuses a message longer than any picture', () => {
    const header = writeChunks(4, { type: 9, streamId: 1, timestamp: 0, payload: Buffer.alloc(1) }, CHUNK);
    header.writeUIntBE(0xffffff, 4, 3);
    expect(() => new ChunkReader().push(header)).toThrow(ChunkError);
  });
});
