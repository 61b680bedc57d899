import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { element, endless, ID, MatroskaError, textElement, unsignedElement } from '#media/matroska/ebml.ts';
import { type MatroskaItem, MatroskaReader } from '#media/matroska/reader.ts';
import { AUDIO_TRACK, matroskaFrame, matroskaHeaders, VIDEO_TRACK } from '#media/matroska/writer.ts';

const VIDEO = { codec: 'V_VP8', codecPrivate: null, width: 1280, height: 720 };
const AUDIO = { codec: 'A_OPUS', codecPrivate: Buffer.from('head'), sampleRate: 48_000, channels: 2 };
const HEADERS = matroskaHeaders(VIDEO, AUDIO);
const ENDLESS_CLUSTER = endless(ID.cluster);

interface Frame {
  track: number;
  timestamp: number;
  key: boolean;
  bytes: Buffer;
}

const frames: fc.Arbitrary<Frame[]> = fc.array(
  fc.record({
    track: fc.constantFrom(VIDEO_TRACK, AUDIO_TRACK),
    timestamp: fc.integer({ min: 0, max: 100_000_000 }),
    key: fc.boolean(),
    bytes: fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes)),
  }),
  { maxLength: 30 },
);

function written(list: Frame[]): Buffer {
  return Buffer.concat(list.map(({ track, timestamp, key, bytes }) => matroskaFrame(track, timestamp, key, bytes)));
}

function read(bytes: Buffer, sizes: number[] = [bytes.length || 1]): MatroskaItem[] {
  const reader = new MatroskaReader();
  const found: MatroskaItem[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (sizes[turn % sizes.length] ?? 1);
    found.push(...reader.push(bytes.subarray(at, end)));
    at = end;
  }
  return found;
}

function framesOf(items: MatroskaItem[]): Frame[] {
  return items.flatMap((item) => {
    if (item.kind !== 'frame') return [];
    const { track, timestamp, key, bytes } = item;
    return [{ track, timestamp, key, bytes: Buffer.from(bytes) }];
  });
}

function block(id: number, flags: number, ...content: Buffer[]): Buffer {
  return element(id, Buffer.from([0x80 | VIDEO_TRACK, 0, 5, flags]), ...content);
}

/** Headers, and a cluster of unknown size at 1,000 ms, as browsers write it. */
function recording(...blocks: Buffer[]): Buffer {
  return Buffer.concat([HEADERS, ENDLESS_CLUSTER, unsignedElement(ID.timestamp, 1_000), ...blocks]);
}

describe('a recording', () => {
  it('says what its tracks are', () => {
    const none = { codecPrivate: null, encoded: false, width: null, height: null, sampleRate: null, channels: null };
    expect(read(HEADERS)).toEqual([
      {
        kind: 'tracks',
        tracks: [
          { ...none, number: 1, kind: 'video', codec: 'V_VP8', width: 1280, height: 720 },
          {
            ...none,
            number: 2,
            kind: 'audio',
            codec: 'A_OPUS',
            codecPrivate: AUDIO.codecPrivate,
            sampleRate: 48_000,
            channels: 2,
          },
        ],
      },
    ]);
  });

  it('gives the same frames whatever pieces it comes in', () => {
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1 }), (list, sizes) => {
        expect(framesOf(read(Buffer.concat([HEADERS, written(list)]), sizes))).toEqual(list);
      }),
    );
  });

  it('may have clusters without a size, groups with what goes with a frame, and what we don’t know', () => {
    const unknown = element(0x1c53bb6b, Buffer.alloc(70_000));
    const found = read(
      recording(
        block(ID.simpleBlock, 0x80, Buffer.from('first')),
        unknown,
        element(ID.blockGroup, block(ID.block, 0, Buffer.from('key')), element(0x75a1, Buffer.alloc(9))),
        element(ID.blockGroup, block(ID.block, 0, Buffer.from('inter')), unsignedElement(ID.referenceBlock, 40)),
        ENDLESS_CLUSTER,
        unsignedElement(ID.timestamp, 2_000),
        block(ID.simpleBlock, 0, Buffer.from('later')),
      ),
      [7],
    );
    expect(framesOf(found).map(({ timestamp, key, bytes }) => [timestamp, key, bytes.toString()])).toEqual([
      [1_005, true, 'first'],
      [1_005, true, 'key'],
      [1_005, false, 'inter'],
      [2_005, false, 'later'],
    ]);
  });

  it('counts in the units that it says', () => {
    const info = element(ID.info, unsignedElement(ID.timestampScale, 500_000));
    const bytes = Buffer.concat([
      ...[element(ID.ebml, textElement(ID.docType, 'webm')), endless(ID.segment), info],
      ...[element(ID.tracks), ENDLESS_CLUSTER, unsignedElement(ID.timestamp, 2_000), block(ID.simpleBlock, 0)],
    ]);
    expect(framesOf(read(bytes)).map(({ timestamp }) => timestamp)).toEqual([1_003]);
  });

  it('may be followed by another', () => {
    const second = matroskaHeaders({ ...VIDEO, width: 640, height: 360 }, null);
    const one = block(ID.simpleBlock, 0x80);
    const found = read(Buffer.concat([recording(one), second, matroskaFrame(1, 7, true, Buffer.alloc(0))]));
    expect(found.map((item) => (item.kind === 'tracks' ? item.tracks.length : item.timestamp))).toEqual([
      2, 1_005, 1, 7,
    ]);
  });
});

describe('refused is', () => {
  it.each([
    ['what is no EBML', Buffer.from('GET / HTTP/1.1')],
    ['FLV', Buffer.from('464c560105000000090000000012', 'hex')],
    ['an EBML document of another kind', element(ID.ebml, textElement(ID.docType, 'other'))],
    ['a frame before the header', matroskaFrame(1, 0, true, Buffer.from('x'))],
    ['a frame before the tracks', Buffer.concat([HEADERS.subarray(0, 20), matroskaFrame(1, 0, true, Buffer.alloc(1))])],
    ['a frame outside of a cluster', Buffer.concat([HEADERS, block(ID.simpleBlock, 0x80)])],
    ['a frame that is too short', recording(element(ID.simpleBlock, Buffer.from([0x81, 0])))],
    ['a clock that stands still', Buffer.concat([HEADERS, element(ID.info, unsignedElement(ID.timestampScale, 0))])],
    ['a time beyond all reason', Buffer.concat([HEADERS, matroskaFrame(1, 2 ** 50, true, Buffer.alloc(1))])],
    ['Xiph lacing', recording(block(ID.simpleBlock, 0x82, Buffer.alloc(9)))],
    ['EBML lacing', recording(block(ID.simpleBlock, 0x86, Buffer.alloc(9)))],
    ['lacing in a group', recording(element(ID.blockGroup, block(ID.block, 0x04, Buffer.alloc(9))))],
    ['a group without its block', recording(element(ID.blockGroup))],
    ['a frame of unknown size', recording(Buffer.from('a3ff', 'hex'))],
    ['a frame of 100 MB', recording(Buffer.from('a316400000', 'hex'))],
    ['a frame of 2^56 bytes', recording(Buffer.from('a301fffffffffffffe', 'hex'))],
    ['headers of 1 MB', Buffer.concat([HEADERS.subarray(0, 32), Buffer.from('1654ae6b10100000', 'hex')])],
    ['tracks that don’t fit into their parent', Buffer.concat([HEADERS.subarray(0, 32), tracksOf('ae8aff')])],
  ])('%s', (_, bytes) => {
    expect(() => read(bytes)).toThrow(MatroskaError);
    expect(() => read(bytes, [1])).toThrow(MatroskaError);
  });

  it('whatever is wrong, by its own error and no other', () => {
    const valid = recording(
      block(ID.simpleBlock, 0x80, Buffer.from('first')),
      element(ID.blockGroup, block(ID.block, 0, Buffer.from('key')), element(0x75a1, Buffer.alloc(9))),
      matroskaFrame(2, 1_100, true, Buffer.from('sound')),
    );
    const wrong = fc.array(fc.tuple(fc.nat(valid.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(wrong, fc.integer({ min: 1, max: 60 }), (changes, size) => {
        const bytes = Buffer.from(valid);
        for (const [at, value] of changes) bytes[at] = value;
        try {
          read(bytes, [size]);
        } catch (error) {
          expect(error).toBeInstanceOf(MatroskaError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('nothing that is passed over, and none of it is kept', () => {
    const reader = new MatroskaReader();
    reader.push(HEADERS);
    // Of an element of 1 GB, whose id is that of a void.
    reader.push(Buffer.from('ec0840000000', 'hex'));
    const before = process.memoryUsage().arrayBuffers;
    const piece = Buffer.alloc(1024 * 1024);
    for (let sent = 0; sent < 256; sent += 1) expect(reader.push(piece)).toEqual([]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * 1024 * 1024);
  });
});

function tracksOf(hex: string): Buffer {
  return element(ID.tracks, Buffer.from(hex, 'hex'));
}
