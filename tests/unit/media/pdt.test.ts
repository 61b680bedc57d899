import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_DRIFT_MS, PdtClock } from '#media/pdt.ts';

const T = 1_000_000;
const SEGMENT = 2_000_000;

/** PDTs of segments, of which the first began at `startedAt(segment)` as is known when each begins. */
function run(segments: number, startedAt: (segment: number) => number, firstStart = 0): number[] {
  let segment = 0;
  const clock = new PdtClock(() => startedAt(segment), firstStart);
  return Array.from({ length: segments }, () => {
    const pdt = clock.segmentAt(firstStart + segment * SEGMENT);
    segment += 1;
    return pdt;
  });
}

describe('PROGRAM-DATE-TIME', () => {
  it('begins when the run’s first frame was taken, wherever the encoder’s clock begins', () => {
    expect(run(3, () => T)).toEqual([T, T + 2_000, T + 4_000]);
    expect(run(3, () => T, 1_400_000)).toEqual([T, T + 2_000, T + 4_000]);
  });

  it('comes back from a start that was thought too late', () => {
    const pdts = run(200, (segment) => (segment === 0 ? T : T - 600));
    expect(pdts.at(-1)).toBe(T - 600 + 199 * 2_000);
  });

  it('goes on by the length of a segment, give or take the drift allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 2, maxLength: 60 }), (offs) => {
        const pdts = run(offs.length, (segment) => T + (offs[segment] ?? 0));
        for (let at = 1; at < pdts.length; at += 1) {
          const step = (pdts[at] ?? 0) - (pdts[at - 1] ?? 0);
          expect(Math.abs(step - 2_000)).toBeLessThanOrEqual(MAX_DRIFT_MS + 0.001);
        }
      }),
    );
  });
});
