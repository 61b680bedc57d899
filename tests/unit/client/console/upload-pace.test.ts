import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEAST_BITRATE, lowered, UploadPace } from '#client/console/live/publish/upload-pace.ts';

const BITRATE = 1_000_000;
/** Bytes of so much of the stream. */
const backlog = (ms: number) => (ms * BITRATE) / 8_000;

describe('an upload', () => {
  it('is fine while little of it is on its way', () => {
    const pace = new UploadPace();
    for (let now = 0; now < 60_000; now += 500) expect(pace.judge(now, backlog(1_900), BITRATE)).toBe('fine');
  });

  it('is slow at first, and then is to be lowered, once in a while', () => {
    const pace = new UploadPace();
    const advice = Array.from({ length: 40 }, (_, turn) => pace.judge(turn * 500, backlog(4_000), BITRATE));
    expect(advice.slice(0, 7)).toEqual(Array(7).fill('slow'));
    expect(advice[7]).toBe('lower');
    const times = advice.flatMap((each, turn) => (each === 'lower' ? [turn * 500] : []));
    expect(times).toEqual([3_500, 11_500, 19_500]);
  });

  it('that recovers in time is not lowered', () => {
    const pace = new UploadPace();
    for (let now = 0; now < 60_000; now += 500) {
      expect(pace.judge(now, backlog(now % 3_000 === 0 ? 0 : 4_000), BITRATE)).not.toBe('lower');
    }
  });

  it('that is hopelessly behind is begun anew', () => {
    expect(new UploadPace().judge(0, backlog(8_100), BITRATE)).toBe('drop');
  });

  it('is not lowered below what is of use', () => {
    const pace = new UploadPace();
    const little = (4_000 * LEAST_BITRATE) / 8_000;
    for (let now = 0; now < 60_000; now += 500) expect(pace.judge(now, little, LEAST_BITRATE)).toBe('slow');
  });
});

it('each step down is one, and ends at the least', () => {
  fc.assert(
    fc.property(fc.integer({ min: LEAST_BITRATE, max: 8_000_000 }), (bitrate) => {
      expect(lowered(bitrate)).toBeLessThanOrEqual(bitrate);
      expect(lowered(bitrate)).toBeGreaterThanOrEqual(LEAST_BITRATE);
    }),
  );
});
