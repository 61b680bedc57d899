import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { offsetFor } from '#media/outside/clock.ts';

const NOW = 1_800_000_000_000;

describe('the dates of an outside playlist', () => {
  it('are taken as they are while they can be true', () => {
    for (const age of [-2_000, 0, 6_000, 45_000]) expect(offsetFor(NOW - age, NOW, null), String(age)).toBe(0);
  });

  it('are put right where they can’t', () => {
    expect(offsetFor(NOW - 240_000, NOW, null)).toBe(240_000);
    expect(offsetFor(NOW + 90_000, NOW, null)).toBe(-90_000);
    expect(offsetFor(0, NOW, null)).toBe(NOW);
    expect(offsetFor(null, NOW, 0)).toBeNull();
  });

  it('once put right stay so while the stream only comes a little later or earlier', () => {
    expect(offsetFor(NOW - 246_000, NOW, 240_000)).toBe(240_000);
    expect(offsetFor(NOW - 239_000, NOW, 240_000)).toBe(240_000);
    expect(offsetFor(NOW - 260_000, NOW, 240_000)).toBe(260_000);
    // The service was given the right time.
    expect(offsetFor(NOW - 5_000, NOW, 240_000)).toBe(0);
    expect(offsetFor(NOW - 30_000, NOW, 0)).toBe(0);
  });

  it('never put the end of a stream more than two seconds ahead of us, nor more than 45 behind', () => {
    const ms = fc.integer({ min: -1e12, max: 1e12 });
    const before = fc.option(fc.oneof(fc.constant(0), ms));
    fc.assert(
      fc.property(ms, before, (age, last) => {
        const corrected = NOW - age + (offsetFor(NOW - age, NOW, last) ?? Number.NaN);
        expect(corrected - NOW).toBeLessThanOrEqual(2_000);
        expect(corrected - NOW).toBeGreaterThanOrEqual(-45_000);
      }),
    );
  });
});
