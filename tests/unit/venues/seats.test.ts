import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Place, seating } from '#server/venues/seats.ts';

/** What a class is like after any enrolments, withdrawals and changes of the capacity, each followed by giving seats. */
type Step = { enrol: number } | { withdraw: number } | { capacity: number };

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ enrol: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ withdraw: fc.integer({ min: 0, max: 30 }) }),
    fc.record({ capacity: fc.integer({ min: 1, max: 12 }) }),
  ),
  { maxLength: 60 },
);

function run(all: Step[]): { places: Place[]; capacity: number }[] {
  let places: Place[] = [];
  let capacity = 5;
  return all.map((step) => {
    if ('enrol' in step) {
      const personId = `p${step.enrol}`;
      if (!places.some((place) => place.personId === personId)) places = [...places, { personId, seat: null }];
    } else if ('withdraw' in step) {
      places = places.filter(({ personId }) => personId !== `p${step.withdraw}`);
    } else if (places.filter(({ seat }) => seat !== null).length <= step.capacity) {
      capacity = step.capacity;
    }
    for (const { personId, seat } of seating(places, capacity)) {
      // As the unique constraint would.
      expect(places.some((place) => place.seat === seat)).toBe(false);
      places = places.map((place) => (place.personId === personId ? { personId, seat } : place));
    }
    return { places, capacity };
  });
}

describe('seats of an offline class', () => {
  it('are never more than the capacity, never given twice, and never free while somebody waits', () => {
    fc.assert(
      fc.property(steps, (all) => {
        for (const { places, capacity } of run(all)) {
          const seats = places.flatMap(({ seat }) => seat ?? []);
          expect(new Set(seats).size).toBe(seats.length);
          expect(Math.max(0, ...seats)).toBeLessThanOrEqual(capacity);
          expect(seats.length).toBe(Math.min(capacity, places.length));
        }
      }),
    );
  });

  it('go to those who wait in the order in which they enrolled', () => {
    fc.assert(
      fc.property(steps, (all) => {
        for (const { places } of run(all)) {
          const firstWaiting = places.findIndex(({ seat }) => seat === null);
          if (firstWaiting >= 0) expect(places.slice(firstWaiting).every(({ seat }) => seat === null)).toBe(true);
        }
      }),
    );
  });

  it('stay with whoever has one', () => {
    const places = [
      { personId: 'a', seat: 2 },
      { personId: 'b', seat: null },
      { personId: 'c', seat: 1 },
    ];
    expect(seating(places, 2)).toEqual([]);
    expect(seating(places, 3)).toEqual([{ personId: 'b', seat: 3 }]);
    expect(seating([{ personId: 'a', seat: 9 }], 2)).toEqual([{ personId: 'a', seat: 1 }]);
  });
});
