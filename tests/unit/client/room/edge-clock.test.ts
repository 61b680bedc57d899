import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeClock } from '#client/room/edge-clock.ts';

const START = 1_800_000_000_000;
const STEP_MS = 250;

describe('the axis of a stream without dates', () => {
  it('is unknown until something was added before our eyes', () => {
    const clock = new EdgeClock();
    expect(clock.axisAt(0)).toBeNull();
    clock.observe(12_000, START);
    clock.observe(12_000, START + 2_000);
    expect(clock.axisAt(0)).toBeNull();
    clock.observe(14_000, START + 3_000);
    expect(clock.axisAt(14_000)).toBe(START + 3_000);
    expect(clock.axisAt(8_000)).toBe(START - 3_000);
  });

  it('stays where it is while the stream goes on as it did', () => {
    const clock = new EdgeClock();
    for (let n = 0; n <= 20; n += 1) clock.observe(n * 2_000, START + n * 2_000);
    expect(clock.axisAt(30_000)).toBe(START + 30_000);
    for (let n = 21; n <= 40; n += 1) clock.observe(n * 2_000, START + n * 2_000);
    expect(clock.axisAt(70_000)).toBe(START + 70_000);
  });

  it('is found anew after the stream stood still', () => {
    const clock = new EdgeClock();
    for (const n of [0, 1, 2]) clock.observe(n * 2_000, START + n * 2_000);
    expect(clock.axisAt(4_000)).toBe(START + 4_000);
    clock.observe(6_000, START + 66_000);
    expect(clock.axisAt(6_000)).toBe(START + 66_000);
  });

  it('never runs back, runs as the media does, and is off by no more than a reload and what the network adds', () => {
    const stream = fc.record({
      segmentMs: fc.integer({ min: 1_000, max: 8_000 }),
      reloadMs: fc.integer({ min: 500, max: 8_000 }),
      jitters: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 40, maxLength: 40 }),
      phase: fc.integer({ min: 0, max: 8_000 }),
    });
    fc.assert(
      fc.property(stream, ({ segmentMs, reloadMs, jitters, phase }) => {
        const clock = new EdgeClock();
        // The n-th segment ends at media time n × length, and is published then plus its jitter, never out of order.
        const published = jitters.map((jitter, n) => n * segmentMs + jitter);
        const endAt = (time: number) => published.filter((at) => at <= time).length - 1;
        let nextReload = phase;
        let before: number | null = null;
        for (let time = 0; time < jitters.length * segmentMs; time += STEP_MS) {
          if (time >= nextReload) {
            if (endAt(time) >= 0) clock.observe(endAt(time) * segmentMs, START + time);
            nextReload += reloadMs;
          }
          const axis = clock.axisAt(time);
          if (axis === null) continue;
          const off = axis - (START + time);
          const step = before === null ? STEP_MS : axis - before;
          const isRight = off >= -1e-3 && off <= reloadMs + 1_500 + STEP_MS;
          const isSteady = step > STEP_MS * 0.99 && step < STEP_MS * 1.01;
          if (!isRight || !isSteady) expect({ time, off, step }).toBeNull();
          before = axis;
        }
      }),
      { numRuns: 100 },
    );
  });
});
