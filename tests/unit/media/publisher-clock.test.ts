import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PublisherClock } from '#media/publisher-clock.ts';

const T = Date.UTC(2026, 10, 24, 1, 0, 0);
const FRAME = 40;

interface Way {
  /** Delay of what is taken at this moment of the class, ms. */
  delay: (at: number) => number;
  /** For how long the publisher was not read until then, ms. */
  waited?: (at: number) => number;
  /** Publisher's milliseconds in a real one. */
  speed?: number;
}

/** How far the clock says that the last picture was from when it was taken, ms. */
function error(seconds: number, { delay, waited = () => 0, speed = 1 }: Way): number {
  const clock = new PublisherClock();
  let last = 0;
  let arrived = 0;
  for (let at = 0; at <= seconds * 1_000; at += FRAME) {
    last = at;
    // Nothing overtakes on a connection.
    arrived = Math.max(arrived, at + delay(at));
    clock.observe(at * speed, T + arrived, waited(at));
  }
  return (clock.wallTimeOf(last * speed) ?? Number.NaN) - (T + last);
}

describe('a publisher’s clock', () => {
  it('knows nothing before the first picture', () => {
    expect(new PublisherClock().wallTimeOf(0)).toBeNull();
  });

  it('is anchored at the picture that came with the least delay, the first or a later one', () => {
    expect(error(20, { delay: (at) => 30 + ((at / FRAME) % 7) * 5 })).toBeCloseTo(30, 6);
    expect(error(20, { delay: (at) => Math.max(30, 2_000 - at) })).toBeCloseTo(30, 6);
  });

  it('follows one that is slow or fast, for hours', () => {
    for (const speed of [0.9998, 1.0002]) {
      const off = error(2 * 3_600, { delay: (at) => 30 + ((at / FRAME) % 7) * 5, speed });
      expect(Math.abs(off - 30)).toBeLessThan(10);
    }
  });

  it('stays where it is while an encoder that is too slow holds the publisher up, and is right at the end of it', () => {
    // Seven minutes behind by more and more, then as fast as it goes.
    const delay = (at: number) => 30 + Math.max(0, at < 480_000 ? (at - 60_000) / 60 : 7_000 - (at - 480_000) / 2);
    const waited = (at: number) => Math.max(0, at - 60_000) * 0.8;
    for (const seconds of [480, 490, 600]) expect(error(seconds, { delay, waited })).toBeCloseTo(30, 6);
  });

  it('takes a network that stalls for a delay', () => {
    const stall = { from: 60_000, until: 90_000 };
    const delay = (at: number) => 30 + (at >= stall.from && at < stall.until ? 5_000 : 0);
    expect(error(85, { delay }) - 30).toBeLessThanOrEqual(30);
    expect(error(100, { delay })).toBeCloseTo(30, 6);
  });

  it('never says that a picture was taken after it came', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20_000), { minLength: 1, maxLength: 400 }), fc.nat(100), (delays, waitedShare) => {
        const clock = new PublisherClock();
        delays.forEach((delay, index) => {
          const at = index * 500;
          clock.observe(at, T + at + delay, (at * waitedShare) / 100);
          expect(clock.wallTimeOf(at)).toBeLessThanOrEqual(T + at + delay);
        });
      }),
    );
  });
});
