import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Delivery } from '#contract/courses.ts';
import { deliveryFor } from '#server/courses/delivery.ts';

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
