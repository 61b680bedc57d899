import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Sample, type Stretch, StretchTracker } from '#client/room/stretches.ts';

const START = 1_800_000_000_000;

describe('stretches of played media', () => {
  it('joins samples of steady playing into one stretch', () => {
    expect(run(playing(0, 10_000, 250))).toEqual([{ from: START, to: START + 10_000, hidden: false }]);
  });

  it('counts nothing while the picture stands still', () => {
    const stalled = [0, 250, 500, 500, 500, 500, 750].map((mediaMs, n) => at(mediaMs, n * 250));
    expect(run(stalled)).toEqual([{ from: START, to: START + 750, hidden: false }]);
  });

  it('counts nothing of what a seek jumps over', () => {
    const after = playing(60_000, 62_000, 250).map((sample) => ({
      ...sample,
      monotonicMs: sample.mediaMs - 60_000 + 2_100,
      seeks: 1,
    }));
    expect(run([...playing(0, 2_000, 250), ...after])).toEqual([
      { from: START, to: START + 2_000, hidden: false },
      { from: START + 60_000, to: START + 62_000, hidden: false },
    ]);
  });

  it('credits a frozen page with what played on, and a sleeping one with nothing', () => {
    expect(total(run([at(0, 0), at(120_000, 120_000)]))).toBe(120_000);
    expect(total(run([at(0, 0), at(100, 120_000)]))).toBe(100);
  });

  it('does not credit playing faster than catching up needs', () => {
    const double = Array.from({ length: 100 }, (_, n) => at(n * 500, n * 250));
    expect(total(run(double))).toBeLessThanOrEqual(99 * 250 * 1.15 + 350);
    const wild = Array.from({ length: 20 }, (_, n) => at(n * 10_000, n * 250));
    expect(total(run(wild))).toBe(0);
  });

  it('tells background from foreground', () => {
    const samples = [at(0, 0), at(1_000, 1_000, { hidden: true }), at(2_000, 2_000), at(3_000, 3_000)];
    expect(run(samples)).toEqual([
      { from: START, to: START + 1_000, hidden: false },
      { from: START + 1_000, to: START + 2_000, hidden: true },
      { from: START + 2_000, to: START + 3_000, hidden: false },
    ]);
  });

  it('breaks where the axis jumps under a steady media clock', () => {
    const samples = [at(0, 0), at(1_000, 1_000), at(1_250, 1_250, { pdtMs: START + 31_250 })];
    samples.push(at(2_250, 2_250, { pdtMs: START + 32_250 }));
    expect(run(samples)).toEqual([
      { from: START, to: START + 1_000, hidden: false },
      { from: START + 31_250, to: START + 32_250, hidden: false },
    ]);
  });

  it('gives nothing while the axis is unknown, and everything played since as soon as it is known', () => {
    const unknown = [at(0, 0, { pdtMs: null }), at(1_000, 1_000, { pdtMs: null })];
    expect(run(unknown)).toEqual([]);
    expect(run([...unknown, at(1_500, 1_500)])).toEqual([{ from: START, to: START + 1_500, hidden: false }]);
    expect(run([at(0, 0), at(500, 500, { pdtMs: null }), at(1_000, 1_000)])).toEqual([
      { from: START, to: START + 1_000, hidden: false },
    ]);
  });

  it('takes no jump for playing after the picture stood still without an axis', () => {
    const loading = Array.from({ length: 80 }, (_, n) => at(0, n * 250, { pdtMs: null }));
    expect(run([...loading, at(18_000, 20_000), at(18_250, 20_250)])).toEqual([
      { from: START + 18_000, to: START + 18_250, hidden: false },
    ]);
  });

  it('counts from where a seek arrived, also when the page was too slow to see it arrive', () => {
    const arrived = at(60_000, 1_000, { seeks: 1, seeking: true });
    expect(run([at(0, 0), at(500, 500), arrived, at(61_500, 3_000, { seeks: 1 })])).toEqual([
      { from: START, to: START + 500, hidden: false },
      { from: START + 60_000, to: START + 61_500, hidden: false },
    ]);
  });

  it('counts nothing up to where a seek leads that has not arrived', () => {
    const led = at(900, 1_000, { seeking: true });
    expect(run([at(0, 0), at(500, 500), led, at(1_400, 1_600, { seeks: 1 })])).toEqual([
      { from: START, to: START + 500, hidden: false },
    ]);
  });

  it('goes on over a change of rung, whose times may differ by a little', () => {
    const off = (by: number) => (sample: Sample) => ({ ...sample, pdtMs: START + sample.mediaMs + by });
    const samples = [...playing(0, 5_000, 250), ...playing(5_250, 10_000, 250).map(off(-40))];
    samples.push(...playing(10_250, 15_000, 250).map(off(30)));
    expect(run(samples)).toEqual([{ from: START, to: START + 15_030, hidden: false }]);
  });

  it('counts nothing between two sources, even where the media time of the one goes on from that of the other', () => {
    const second = playing(8_000, 10_000, 250).map((sample) => ({ ...sample, seeks: 1 }));
    expect(run([...playing(0, 5_000, 250), ...second])).toEqual([
      { from: START, to: START + 5_000, hidden: false },
      { from: START + 8_000, to: START + 10_000, hidden: false },
    ]);
  });

  it('counts once what a second source plays again', () => {
    const again = playing(0, 6_000, 250).map(({ mediaMs, ...sample }) => ({
      ...sample,
      mediaMs: mediaMs + 700_000,
      pdtMs: START + 3_000 + mediaMs,
      monotonicMs: 6_000 + mediaMs,
      seeks: 1,
    }));
    expect(run([...playing(0, 5_000, 250), ...again])).toEqual([{ from: START, to: START + 9_000, hidden: false }]);
  });

  it('hands each stretch out once and goes on where it stopped', () => {
    const tracker = new StretchTracker();
    for (const sample of playing(0, 1_000, 250)) tracker.sample(sample);
    expect(tracker.take()).toEqual([{ from: START, to: START + 1_000, hidden: false }]);
    expect(tracker.take()).toEqual([]);
    for (const sample of playing(1_250, 2_000, 250)) tracker.sample(sample);
    expect(tracker.take()).toEqual([{ from: START + 1_000, to: START + 2_000, hidden: false }]);
  });

  const anything = fc.array(
    fc.record({
      wall: fc.integer({ min: 0, max: 20_000 }),
      media: fc.integer({ min: -10_000, max: 40_000 }),
      seek: fc.boolean(),
      hidden: fc.boolean(),
    }),
    { maxLength: 80 },
  );

  it('never overlaps, runs backwards or outruns the wall clock, whatever the player does', () => {
    fc.assert(
      fc.property(anything, (steps) => {
        let [wall, media, seeks] = [0, 50_000, 0];
        const samples = [at(media, wall)];
        for (const step of steps) {
          wall += step.wall;
          media = Math.max(0, media + step.media);
          if (step.seek) seeks += 1;
          samples.push(at(media, wall, { seeks, hidden: step.hidden }));
        }
        const stretches = run(samples);
        expect(stretches.every(({ from, to }) => to > from)).toBe(true);
        const sorted = [...stretches].sort((a, b) => a.from - b.from);
        sorted.slice(1).forEach((each, n) => {
          expect(each.from).toBeGreaterThanOrEqual(sorted[n]?.to ?? 0);
        });
        expect(total(stretches)).toBeLessThanOrEqual(wall * 1.15 + 350);
      }),
    );
  });

  it('comes to the same however often it is sampled, and whichever samples know the axis', () => {
    const rate = fc.double({ min: 0.5, max: 1.1, noNaN: true });
    fc.assert(
      fc.property(
        rate,
        fc.array(fc.integer({ min: 50, max: 3_000 }), { minLength: 1, maxLength: 60 }),
        (speed, gaps) => {
          let wall = 0;
          const fine: Sample[] = [at(0, 0, { pdtMs: null })];
          const coarse: Sample[] = [at(0, 0)];
          for (const gap of gaps) {
            for (let part = 1; part <= 4; part += 1) {
              const now = wall + (gap * part) / 4;
              fine.push(at(now * speed, now, part < 3 ? { pdtMs: null } : {}));
            }
            wall += gap;
            coarse.push(at(wall * speed, wall));
          }
          expect(Math.abs(total(run(fine)) - total(run(coarse)))).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});

function at(mediaMs: number, monotonicMs: number, changes: Partial<Sample> = {}): Sample {
  return { mediaMs, pdtMs: START + mediaMs, monotonicMs, seeks: 0, seeking: false, hidden: false, ...changes };
}

function playing(from: number, to: number, step: number): Sample[] {
  const samples: Sample[] = [];
  for (let now = from; now <= to; now += step) samples.push(at(now, now));
  return samples;
}

function run(samples: Sample[]): Stretch[] {
  const tracker = new StretchTracker();
  for (const sample of samples) tracker.sample(sample);
  return tracker.take();
}

function total(stretches: Stretch[]): number {
  return stretches.reduce((sum, { from, to }) => sum + to - from, 0);
}
