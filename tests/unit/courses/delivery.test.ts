import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Delivery } from '#contract/courses.ts';
import { Dwell, deliveryFor } from '#server/courses/delivery.ts';

const delivery = fc.constantFrom<Delivery>('interactive', 'crowd');

it('is what the officer chose, however many there are', () => {
  fc.assert(
    fc.property(delivery, delivery, fc.nat(100_000), (choice, now, devices) => {
      expect(deliveryFor(choice, now, devices, 1_000)).toBe(choice);
    }),
  );
});

it('follows the number by itself, and is not switched by who comes and goes', () => {
  const after = (now: Delivery, devices: number) => deliveryFor('auto', now, devices, 1_000);
  expect(after('interactive', 999)).toBe('interactive');
  expect(after('interactive', 1_000)).toBe('crowd');
  expect(after('crowd', 700)).toBe('crowd');
  expect(after('crowd', 699)).toBe('interactive');
  fc.assert(
    fc.property(delivery, fc.nat(3_000), fc.nat(3_000), (now, devices, crowdFrom) => {
      const next = deliveryFor('auto', now, devices, crowdFrom);
      expect(deliveryFor('auto', next, devices, crowdFrom)).toBe(next);
    }),
  );
});

it('is taken back when it has been small for a minute without a break, and after that for twice as long each time', () => {
  const dwell = new Dwell();
  let now = 0;
  /** Looks every two seconds, and returns after how long that was long enough, ms. */
  const smallFor = (upTo: number) => {
    const from = now;
    for (; now - from <= upTo; now += 2_000) if (dwell.isLong('class', now)) return now - from;
    return null;
  };
  expect(smallFor(50_000)).toBeNull();
  dwell.end('class');
  expect(smallFor(300_000)).toBe(60_000);
  dwell.tookBack('class');
  // Another worker, which counts more, switches it on at once, again and again.
  dwell.end('class');
  expect(smallFor(300_000)).toBe(120_000);
  dwell.tookBack('class');
  expect(smallFor(300_000)).toBe(240_000);
  dwell.forget('class');
  expect(smallFor(300_000)).toBe(60_000);
});
