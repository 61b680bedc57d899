import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PublisherTimes } from '#media/publisher-times.ts';

const T = Date.UTC(2026, 10, 24, 1, 0, 0);
const FRAME = 40;
/** The publisher's own count, which begins anywhere. */
const ZERO = 77_000;

/** What was taken at `takenAt` arrives `lateMs` later. @returns what the source is told */
function picture(times: PublisherTimes, takenAt: number, lateMs: number) {
  const anew = times.picture(takenAt + ZERO, T + takenAt + lateMs, 0);
  return { anew, settling: times.settling, offMs: (times.clock.wallTimeOf(takenAt + ZERO) ?? 0) - (T + takenAt) };
}

/** Steady pictures. @returns the time of the next */
function steadily(times: PublisherTimes, from: number, forMs: number, lateMs = 0): number {
  let at = from;
  for (; at < from + forMs; at += FRAME) picture(times, at, lateMs);
  return at;
}

describe('a publisher that has been silent', () => {
  it('and whose pictures are taken now goes on at once, by the clock of before', () => {
    const times = new PublisherTimes();
    const lost = steadily(times, 0, 10_000);
    times.fallSilent();
    expect(picture(times, lost + 30_000, 120)).toEqual({ anew: false, settling: false, offMs: 0 });
  });

  it('is not shown before all that waited on its line has come, and has the right dates then', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1_000, max: 60_000 }),
        fc.integer({ min: 12, max: 400 }).map((tenths) => tenths / 10),
        (outageMs, speed) => {
          const times = new PublisherTimes();
          const lost = steadily(times, 0, 10_000);
          times.fallSilent();
          // What was taken meanwhile comes so much faster than it was taken, one after the other.
          let at = lost;
          let first = true;
          for (; ; at += FRAME) {
            const lateMs = outageMs - (at - lost) * (1 - 1 / speed);
            if (lateMs <= 0) break;
            const now = picture(times, at, lateMs);
            expect(now.anew).toBe(first && lateMs > 500);
            // Only the very last of it may be taken for steady.
            if (lateMs > 500) expect(now.settling).toBe(true);
            first = false;
          }
          at = steadily(times, at, 2_200);
          const now = picture(times, at, 0);
          expect(now.settling).toBe(false);
          expect(Math.abs(now.offMs)).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('and has not counted on meanwhile is shown once that is certain', () => {
    const times = new PublisherTimes();
    const lost = steadily(times, 0, 10_000);
    times.fallSilent();
    expect(picture(times, lost, 20_000)).toMatchObject({ anew: true, settling: true });
    const at = steadily(times, lost + FRAME, 1_100, 20_000);
    expect(picture(times, at, 20_000)).toEqual({ anew: false, settling: false, offMs: 20_000 });
  });

  it('and falls silent once more before its line is steady waits on', () => {
    const times = new PublisherTimes();
    const lost = steadily(times, 0, 10_000);
    times.fallSilent();
    let at = steadily(times, lost, 200, 8_000);
    // For two seconds nothing, then what was taken up to now at once.
    const until = at + 10_000;
    for (; at < until; at += FRAME) expect(picture(times, at, until - at).settling).toBe(true);
    at = steadily(times, at, 2_200);
    expect(picture(times, at, 0)).toMatchObject({ settling: false, offMs: 0 });
  });
});

it('a picture that leaps ahead of its time, or back, does not go on from the last', () => {
  const times = new PublisherTimes();
  const at = steadily(times, 0, 5_000);
  expect(picture(times, at + 3_000, -3_000)).toMatchObject({ anew: true, settling: false });
  expect(picture(times, at - 5_000, 5_000)).toMatchObject({ anew: true, settling: false });
  expect(picture(times, at - 5_000 + FRAME, 5_000)).toMatchObject({ anew: false, settling: false });
});
