import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AUDIO, flvHeader, flvTag, SCRIPT, VIDEO } from '#media/rtmp/flv.ts';
import { FlvError, FlvReader, type FlvTag } from '#media/videos/flv-reader.ts';

const tags = fc.array(
  fc.record({
    type: fc.constantFrom(AUDIO, VIDEO, SCRIPT),
    timestamp: fc.nat({ max: 0xffffffff }),
    payload: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 20 },
);

function fileOf(given: { type: number; timestamp: number; payload: Buffer }[]): Buffer {
  return Buffer.concat([flvHeader(true), ...given.map((tag) => flvTag(tag.type, tag.timestamp, tag.payload))]);
}

function readInPieces(file: Buffer, cuts: number[], offset = 0): { tags: FlvTag[]; whole: boolean } {
  const reader = new FlvReader(offset);
  const read: FlvTag[] = [];
  const ends = [...new Set(cuts.map((cut) => offset + (cut % (file.length - offset + 1))))].sort((a, b) => a - b);
  let from = offset;
  for (const end of [...ends, file.length]) {
    read.push(...reader.push(file.subarray(from, end)));
    from = end;
  }
  return { tags: read, whole: reader.whole };
}

describe('a file', () => {
  it('is read the same however its bytes are cut', () => {
    fc.assert(
      fc.property(tags, fc.array(fc.nat()), (given, cuts) => {
        const { tags: read, whole } = readInPieces(fileOf(given), cuts);
        expect(whole).toBe(true);
        expect(read.map(({ type, timestamp, payload }) => ({ type, timestamp, payload }))).toEqual(given);
      }),
    );
  });

  it('is read on from any of its tags', () => {
    fc.assert(
      fc.property(tags, fc.array(fc.nat()), fc.nat(), (given, cuts, start) => {
        fc.pre(given.length > 0);
        const file = fileOf(given);
        const all = readInPieces(file, []).tags;
        const first = start % all.length;
        expect(readInPieces(file, cuts, all[first]?.offset).tags).toEqual(all.slice(first));
      }),
    );
  });

  it('that breaks off is not whole, and gives what came before', () => {
    const file = fileOf([
      { type: VIDEO, timestamp: 0, payload: Buffer.from('first') },
      { type: VIDEO, timestamp: 40, payload: Buffer.from('second') },
    ]);
    const { tags: read, whole } = readInPieces(file.subarray(0, -1), []);
    expect([read.length, whole]).toEqual([1, false]);
  });
});

describe('what is no FLV', () => {
  const good = fileOf([{ type: VIDEO, timestamp: 0, payload: Buffer.from('picture') }]);
  const changed = (at: number, ...bytes: number[]) => {
    const bad = Buffer.from(good);
    bad.set(bytes, at);
    return bad;
  };

  it.each([
    ['another beginning', changed(0, 0x47)],
    ['a header of another length', changed(8, 13)],
    ['a tag of no known type', changed(13, 7)],
    ['an encrypted tag', changed(13, 0x20 | VIDEO)],
    ['a size beyond all pictures', changed(14, 0xff, 0xff, 0xff)],
    ['a size that its back pointer denies', changed(16, 6)],
  ])('%s is refused', (_, bad) => {
    expect(() => new FlvReader().push(Buffer.concat([bad, Buffer.alloc(64)]))).toThrow(FlvError);
  });

  it('never ends in anything but its own error, and never holds more than one tag', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          new FlvReader().push(Buffer.concat([flvHeader(false), Buffer.from(bytes)]));
        } catch (error) {
          expect(error).toBeInstanceOf(FlvError);
        }
      }),
    );
  });
});
