import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TargetLatency } from '#client/room/target-latency.ts';

const HOLD_BACK = 0.95;

it('is what the playlist asks for while nothing stalls', () => {
  const target = new TargetLatency();
  expect(target.next(0, HOLD_BACK, 1.4)).toBe(HOLD_BACK);
  expect(target.next(600_000, HOLD_BACK, 1.4)).toBe(HOLD_BACK);
  expect(target.next(600_000, 6, 6.2)).toBe(6);
});

it('comes towards a player that is too far behind to hurry, and stays where it belongs once that is near', () => {
  const target = new TargetLatency();
  expect(target.next(0, HOLD_BACK, 5)).toBe(4);
  expect(target.next(2_000, HOLD_BACK, 4.8)).toBe(3.8);
  expect(target.next(4_000, HOLD_BACK, 2.9)).toBe(HOLD_BACK);
  expect(target.next(6_000, HOLD_BACK, 2.7)).toBe(HOLD_BACK);
});

it('is farther after stalls, and comes back when there are none', () => {
  const target = new TargetLatency();
  target.noteStall(0);
  target.noteStall(1_000);
  expect(target.final(2_000, HOLD_BACK)).toBeCloseTo(1.95);
  expect(target.final(30_000, HOLD_BACK)).toBeCloseTo(1.95);
  expect(target.final(31_000, HOLD_BACK)).toBeCloseTo(1.45);
  expect(target.final(60_000, HOLD_BACK)).toBeCloseTo(1.45);
  expect(target.final(61_000, HOLD_BACK)).toBe(HOLD_BACK);
});

it('waits longer where it came back too soon', () => {
  const target = new TargetLatency();
  target.noteStall(0);
  expect(target.final(30_000, HOLD_BACK)).toBe(HOLD_BACK);
  target.noteStall(40_000);
  expect(target.final(99_000, HOLD_BACK)).toBeCloseTo(1.45);
  expect(target.final(100_000, HOLD_BACK)).toBe(HOLD_BACK);
});

it('is never nearer than the playlist allows nor two seconds farther, and always the former in the end', () => {
  const stalls = fc.array(fc.integer({ min: 0, max: 600_000 }), { maxLength: 60 });
  fc.assert(
    fc.property(stalls, (times) => {
      const target = new TargetLatency();
      const end = 600_000 + 4 * 480_000;
      const left = times.sort((one, other) => one - other);
      const finals: number[] = [];
      for (let now = 0; now <= end; now += 10_000) {
        while (left[0] !== undefined && left[0] <= now) target.noteStall(left.shift() ?? 0);
        finals.push(target.final(now, HOLD_BACK));
      }
      expect(Math.min(...finals)).toBe(HOLD_BACK);
      expect(Math.max(...finals)).toBeLessThanOrEqual(HOLD_BACK + 2);
      expect(finals[finals.length - 1]).toBe(HOLD_BACK);
    }),
  );
});
