import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TsClock } from '#media/mpegts/clock.ts';

const TURN = 2 ** 33;
const MINUTE = 60 * 90_000;

it('goes on where the timestamps begin anew, to and fro between picture and sound', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: TURN - 1 }),
      fc.array(fc.integer({ min: -MINUTE, max: 60 * MINUTE }), { maxLength: 100 }),
      (first, steps) => {
        const clock = new TsClock();
        const start = clock.milliseconds(first);
        let ticks = 0;
        let origin = 0;
        for (const step of steps) {
          ticks += step;
          // Before zero there is nothing: it goes on from there.
          if (Math.round((ticks - origin) / 90 + start) < 0) origin = ticks + start * 90;
          const expected = Math.round((ticks - origin) / 90 + start);
          expect(clock.milliseconds((((first + ticks) % TURN) + TURN) % TURN)).toBe(expected >>> 0);
        }
      },
    ),
  );
});
