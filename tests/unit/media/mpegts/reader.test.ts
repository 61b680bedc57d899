import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TsReader } from '#media/mpegts/reader.ts';
import {
  AAC,
  AUDIO_PID,
  H264,
  pat,
  pesUnit,
  pmt,
  tsPacket,
  unitPackets,
  VIDEO_PID,
} from '#tests/support/transport-stream.ts';

const PROGRAM = Buffer.concat([pat(), pmt({ video: H264, audio: AAC })]);

/** A unit's header that says anything about its length and its timestamps, cut off anywhere. */
const lyingUnit = fc
  .record({
    length: fc.oneof(fc.constant(0), fc.nat(40), fc.nat(0xffff)),
    flags: fc.constantFrom(0x00, 0x40, 0x80, 0xc0),
    header: fc.oneof(fc.nat(20), fc.nat(255)),
    rest: fc.uint8Array({ maxLength: 30 }),
    cut: fc.integer({ min: 1, max: 39 }),
  })
  .map(({ length, flags, header, rest, cut }) =>
    Buffer.concat([
      Buffer.from([0, 0, 1, 0xe0, length >> 8, length & 0xff, 0x80, flags, header]),
      Buffer.from(rest),
    ]).subarray(0, cut),
  );

describe('a transport stream whose counters are right', () => {
  it('may lie about every length', () => {
    const packet = fc.tuple(lyingUnit, fc.boolean());
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 20 }), (packets) => {
        const reader = new TsReader();
        reader.push(PROGRAM);
        const units = packets.flatMap(([payload, starts], at) =>
          reader.push(tsPacket(VIDEO_PID, at, payload, { starts })),
        );
        for (const unit of units) {
          if (unit.kind !== 'video') continue;
          expect(unit.pts === null || (unit.pts >= 0 && unit.pts < 2 ** 33)).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('has no unit where a header is longer than all there is of it', () => {
    const reader = new TsReader();
    reader.push(PROGRAM);
    const short = Buffer.from([0, 0, 1, 0xe0, 0, 3, 0x80, 0x80, 5]);
    expect(reader.push(tsPacket(VIDEO_PID, 0, short, { starts: true }))).toEqual([]);
    const [unit] = unitPackets(VIDEO_PID, 1, pesUnit(0xe0, 90, Buffer.from('picture'))).flatMap((packet) =>
      reader.push(packet),
    );
    expect(unit).toMatchObject({ kind: 'video', pts: 90, dts: 90, data: Buffer.from('picture') });
  });

  it('is gathered no further when it is all packets and no bytes', () => {
    const reader = new TsReader();
    reader.push(PROGRAM);
    reader.push(tsPacket(VIDEO_PID, 0, pesUnit(0xe0, 90, Buffer.alloc(100), 0), { starts: true }));
    for (let count = 1; count <= 46_000; count += 1) reader.push(tsPacket(VIDEO_PID, count, Buffer.from([1])));
    const next = pesUnit(0xe0, 180, Buffer.from('next'));
    // What was given up is no picture that ends here.
    expect(reader.push(tsPacket(VIDEO_PID, 46_001, next, { starts: true }))).toMatchObject([{ pts: 180 }]);
  });
});

describe('a table of a program', () => {
  function programOf(...tables: Buffer[]): unknown[] {
    const reader = new TsReader();
    return [pat(), ...tables].flatMap((packet) => reader.push(packet)).map((item) => 'program' in item && item.program);
  }

  it('counts when it is of the program that was chosen, and valid already', () => {
    expect(programOf(pmt({ video: H264, number: 2 }))).toEqual([]);
    expect(programOf(pmt({ video: H264, isCurrent: false }))).toEqual([]);
    expect(programOf(pmt({ video: H264, number: 2 }), pmt({ video: H264 }, 1))).toEqual([
      { video: 'h264', audio: null },
    ]);
  });

  it.each([
    ['ac3', [0x6a, 1, 0]],
    ['eac3', [0x0a, 4, 0x65, 0x6e, 0x67, 0, 0x7a, 1, 0]],
    ['opus', [5, 4, ...Buffer.from('Opus'), 0x7f, 2, 0x80, 2]],
    [null, [0x59, 8, 0x65, 0x6e, 0x67, 0x10, 0, 1, 0, 1]],
    [null, [5, 9, 0]],
  ])('names sound that is private by its type: %s', (audio, descriptors) => {
    const table = pmt({ video: H264, audio: 6, descriptors: Buffer.from(descriptors) });
    expect(programOf(table)).toEqual([{ video: 'h264', audio }]);
  });
});

it('says where sound is missing', () => {
  const reader = new TsReader();
  reader.push(PROGRAM);
  const unit = pesUnit(0xc0, 90, Buffer.from('sound'));
  const at = (counter: number) =>
    reader.push(tsPacket(AUDIO_PID, counter, unit, { starts: true })).map(({ kind }) => kind);
  expect([at(0), at(1), at(3)]).toEqual([['audio'], ['audio'], ['lost', 'audio']]);
});
