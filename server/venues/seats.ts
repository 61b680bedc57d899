/** Somebody who is enrolled; `seat` null: they wait. */
export interface Place {
  personId: string;
  seat: number | null;
}

/**
 * Which seats are to be given so that nobody waits while one is free. `places` in the order of enrolment. Whoever has a seat within the
 * capacity keeps it; those beyond it come first, then who waits, in order. Free seats alone are given, so that applied one after the
 * other no two people ever have the same.
 */
export function seating(places: readonly Place[], capacity: number): { personId: string; seat: number }[] {
  const taken = new Set(places.flatMap(({ seat }) => (seat !== null && seat <= capacity ? [seat] : [])));
  const unseated = [
    ...places.filter(({ seat }) => seat !== null && seat > capacity),
    ...places.filter(({ seat }) => seat === null),
  ];
  const given: { personId: string; seat: number }[] = [];
  let seat = 1;
  for (const { personId } of unseated) {
    while (taken.has(seat)) seat += 1;
    if (seat > capacity) break;
    taken.add(seat);
    given.push({ personId, seat });
  }
  return given;
}
