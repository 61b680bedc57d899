import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AdtsReader } from '#media/mpegts/adts.ts';
import { adtsFrame } from '#tests/support/transport-stream.ts';

/** Frames of sound, each of its own length, in which now and then something looks like the beginning of a frame. */
const frames = fc.array(
  fc.tuple(fc.integer({ min: 20, max: 400 }), fc.integer({ min: 1, max: 0x7fffffff })).map(([length, seed]) => {
    let state = seed;
    const bytes = Array.from({ length }, () => {
      state = (state * 48_271) % 0x7fffffff;
      return state % 5 === 0 ? 0xff : state % 7 === 0 ? 0xf1 : state & 0xff;
    });
    return adtsFrame(Buffer.from(bytes));
  }),
  { minLength: 20, maxLength: 60 },
);

describe('sound in units that begin anywhere', () => {
  it('is all there when nothing is lost', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 8, max: 1_500 }), (all, size) => {
        const reader = new AdtsReader();
        const bytes = Buffer.concat(all);
        const given: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size)
          given.push(...reader.push(bytes.subarray(at, at + size)).frames.map(({ payload }) => payload));
        expect(given).toEqual(all.map((frame) => frame.subarray(7)));
      }),
      { numRuns: 20 },
    );
  });

  it('has no frame but those that were sent, whatever is lost and said to be', () => {
    fc.assert(
      fc.property(frames, fc.integer({ min: 500, max: 1_500 }), fc.integer({ min: 2, max: 5 }), (all, size, each) => {
        const reader = new AdtsReader();
        const bytes = Buffer.concat(all);
        const sent = new Set(all.map((frame) => frame.subarray(7).toString('latin1')));
        let unit = 0;
        let wrong = 0;
        for (let at = 0; at < bytes.length; at += size) {
          unit += 1;
          if (unit % each === 0) reader.reset();
          else
            for (const { payload } of reader.push(bytes.subarray(at, at + size)).frames)
              wrong += sent.has(payload.toString('latin1')) ? 0 : 1;
        }
        expect(wrong).toBe(0);
      }),
      // The same each time: one in many thousands may look like two frames behind each other, and nobody could tell.
      { numRuns: 100, seed: 1 },
    );
  });

  it('is not gone on with after a loss, and may be another then', () => {
    const reader = new AdtsReader();
    const frame = adtsFrame(Buffer.alloc(300, 1));
    const other = Buffer.from(frame);
    // 44.1 kHz.
    other[2] = 0x50;
    expect(reader.push(frame.subarray(0, 100)).frames).toEqual([]);
    reader.reset();
    expect(reader.push(Buffer.concat([frame, frame]))).toMatchObject({ continued: false, frames: [{}, {}] });
    reader.reset();
    expect(reader.push(other).frames.length).toBe(1);
  });
});
