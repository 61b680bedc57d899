import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fillsParts, LONGEST_PART_MS, partEndsAt, SHORTEST_PART_MS } from '#media/parts.ts';

it('ends parts at a whole number of frames, half a frame before it would be too late', () => {
  expect([24, 25, 30].map(partEndsAt)).toEqual([312_500, 300_000, 316_667]);
});

it('makes parts of the lengths that playlists allow, whatever the rounding of timestamps', () => {
  fc.assert(
    fc.property(fc.double({ min: 10, max: 30, noNaN: true }), fc.integer({ min: 0, max: 10_000 }), (rate, first) => {
      fc.pre(fillsParts(rate));
      const at = (frame: number) => Math.round((frame * 1_000) / rate);
      let frame = first;
      while ((at(frame) - at(first)) * 1_000 < partEndsAt(rate)) frame += 1;
      const length = at(frame) - at(first);
      expect(length).toBeLessThanOrEqual(LONGEST_PART_MS);
      expect(length).toBeGreaterThanOrEqual(SHORTEST_PART_MS - 1);
    }),
  );
});
