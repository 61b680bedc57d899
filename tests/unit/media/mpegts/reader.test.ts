import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TsReader } from '#media/mpegts/reader.ts';
import { AAC, H264, pat, pesUnit, pmt, tsPacket, unitPackets, VIDEO_PID } from '#tests/support/transport-stream.ts';

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
