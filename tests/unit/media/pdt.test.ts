import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DRIFT_MS, PdtClock } from '#media/pdt.ts';

const SEGMENT = 2_000_000;
const PART = 333_333;

/** PDTs of segments whose parts arrive after `lag(segment)` ms on a clock that runs `speed` times as fast as the encoder's. */
function run(segments: number, lag: (segment: number) => number, speed = 1): number[] {
  const arrival = (end: number, segment: number) => 1_000_000 + (end / 1000) * speed + lag(segment);
  const clock = new PdtClock(1_000_000, 0, PART, arrival(PART, 0));
  return Array.from({ length: segments }, (_, segment) => {
    const pdt = clock.segmentAt(segment * SEGMENT);
    for (let part = 1; part <= 6; part += 1) {
      const end = segment * SEGMENT + part * PART;
      clock.observe(end, arrival(end, segment));
    }
    return pdt;
  });
}

describe('PROGRAM-DATE-TIME', () => {
  it('is anchored where the publisher began, not where probing let the first part through', () => {
    expect(run(3, (segment) => (segment === 0 ? 1_800 : 120))).toEqual([1_000_000, 1_002_000, 1_004_000]);
  });

  it('is anchored at the arrival when that is earlier', () => {
    const clock = new PdtClock(1_000_000, 0, PART, 1_000_100);
    expect(clock.segmentAt(0)).toBeCloseTo(1_000_100 - 333.333, 3);
  });

  it('stays on a steady publisher whatever the network adds now and then', () => {
    const pdts = run(60, (segment) => 100 + (segment % 3) * 300);
    expect(pdts.at(-1)).toBe(1_000_000 + 59 * 2_000);
  });

  it('follows a publisher whose clock is slow', () => {
    const pdts = run(300, () => 100, 1.001);
    const truth = 1_000_000 + 299 * 2_000 * 1.001;
    expect(Math.abs((pdts.at(-1) ?? 0) - truth)).toBeLessThan(50);
  });

  it('comes back from a start that was too late, behind which frames of before were still on their way', () => {
    const pdts = run(200, () => -600);
    const first = 1_000_000 + 199 * 2_000;
    expect((pdts.at(-1) ?? 0) - first).toBe(-600);
  });

  it('goes on by the length of a segment, give or take the drift allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 2, maxLength: 60 }), (lags) => {
        const pdts = run(lags.length, (segment) => lags[segment] ?? 0);
        for (let at = 1; at < pdts.length; at += 1) {
          const step = (pdts[at] ?? 0) - (pdts[at - 1] ?? 0);
          expect(Math.abs(step - 2_000)).toBeLessThanOrEqual(MAX_DRIFT_MS + 0.001);
        }
      }),
    );
  });
});
