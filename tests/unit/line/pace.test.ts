import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPace, DATABASE_QUEUE, isAtLimit, LATE_MS, type Load } from '#server/line/pace.ts';

const idle: Load = { underWay: 0, delayMs: 0, databaseQueue: 0 };
const load = fc.record({
  underWay: fc.integer({ min: 0, max: 400 }),
  delayMs: fc.integer({ min: 0, max: 1_000 }),
  databaseQueue: fc.integer({ min: 0, max: 400 }),
});

it('never calls more than there is room for, nor anybody at the limit', () => {
  const steps = fc.array(fc.record({ after: fc.integer({ min: 0, max: 5_000 }), load }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), steps, (limit, all) => {
      const pace = createPace(limit);
      let now = 0;
      for (const step of all) {
        now += step.after;
        const called = pace.next(now, step.load);
        expect(called).toBeGreaterThanOrEqual(0);
        expect(called).toBeLessThanOrEqual(Math.max(0, limit - step.load.underWay));
        if (isAtLimit(step.load, limit)) expect(called).toBe(0);
      }
    }),
  );
});

it('calls evenly: in no second more than its pace of a second, however often it is asked', () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(gaps, (all) => {
      const pace = createPace(10_000);
      let now = 0;
      pace.next(now, idle);
      for (const gap of all) {
        now += gap;
        const called = pace.next(now, idle);
        expect(called).toBeLessThanOrEqual(Math.ceil((pace.perSecond() * Math.min(gap, 1_000)) / 1_000) + 1);
      }
    }),
  );
});

it('becomes quicker with room, slower without, and lets somebody in however bad it was', () => {
  const pace = createPace(100);
  const run = (seconds: number, under: Load, from: number) => {
    let called = 0;
    for (let step = 1; step <= seconds * 4; step += 1) called += pace.next(from + step * 250, under);
    return called;
  };
  const first = run(10, idle, 0);
  const later = run(10, idle, 10_000);
  expect(later).toBeGreaterThan(first);
  expect(run(60, { ...idle, underWay: 100 }, 20_000)).toBe(0);
  expect(pace.perSecond()).toBeLessThan(10);
  expect(run(10, idle, 80_000)).toBeGreaterThan(0);
});

it('is at its limit by requests, and by a late loop or a database that is waited for only with entries under way', () => {
  expect(isAtLimit({ ...idle, underWay: 100 }, 100)).toBe(true);
  expect(isAtLimit({ ...idle, underWay: 99 }, 100)).toBe(false);
  expect(isAtLimit({ underWay: 11, delayMs: LATE_MS + 1, databaseQueue: 0 }, 100)).toBe(true);
  expect(isAtLimit({ underWay: 11, delayMs: 0, databaseQueue: DATABASE_QUEUE + 1 }, 100)).toBe(true);
  expect(isAtLimit({ underWay: 3, delayMs: LATE_MS * 9, databaseQueue: DATABASE_QUEUE * 9 }, 100)).toBe(false);
});
