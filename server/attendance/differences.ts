import type { FaultKind } from '#contract/verification.ts';
import { FINGERPRINT_BYTES, personOf } from './chain.ts';

/** An entry as it is stored now. */
export interface Present {
  entryId: number;
  personId: string;
  /** {@link FINGERPRINT_BYTES}. */
  fingerprint: Buffer;
}

export interface Difference {
  kind: Extract<FaultKind, 'changed' | 'missing' | 'inserted' | 'moved'>;
  /** From 1: where the entry was when the link was made; of an inserted one where it stands. */
  position: number;
  /** Null when it is not there. */
  entryId: number | null;
  personId: string;
}

/**
 * What was done to the entries of a link. Entries that kept their order are the fixed points; whatever stands out of order was
 * moved; between two fixed points an entry that is not there and one that was not there before are one that was changed.
 */
export function differences(sealed: Buffer, present: readonly Present[]): Difference[] {
  const before: Buffer[] = [];
  for (let at = 0; at + FINGERPRINT_BYTES <= sealed.length; at += FINGERPRINT_BYTES) {
    before.push(sealed.subarray(at, at + FINGERPRINT_BYTES));
  }
  const placeOf = matches(before, present);
  const fixed = new Set(longestAscending(placeOf));

  const found: Difference[] = [];
  const met = new Set<number>();
  placeOf.forEach((place, n) => {
    if (place === null) return;
    met.add(place);
    const { entryId, personId } = present[n] as Present;
    if (!fixed.has(n)) found.push({ kind: 'moved', position: place + 1, entryId, personId });
  });

  /** Entries between two fixed points, before and now. */
  const between = (fromPlace: number, toPlace: number, fromRow: number, toRow: number) => {
    const gone: number[] = [];
    for (let place = fromPlace; place < toPlace; place += 1) if (!met.has(place)) gone.push(place);
    const added: number[] = [];
    for (let row = fromRow; row < toRow; row += 1) if (placeOf[row] === null) added.push(row);
    for (let n = 0; n < Math.max(gone.length, added.length); n += 1) {
      const place = gone[n];
      const row = added[n];
      const entry = row === undefined ? undefined : (present[row] as Present);
      if (place === undefined) {
        const { entryId, personId } = entry as Present;
        found.push({ kind: 'inserted', position: (row as number) + 1, entryId, personId });
      } else {
        const personId = personOf(before[place] as Buffer);
        const kind = entry ? 'changed' : 'missing';
        found.push({ kind, position: place + 1, entryId: entry?.entryId ?? null, personId });
      }
    }
  };
  let place = 0;
  let row = 0;
  for (const n of [...fixed].sort((a, b) => a - b)) {
    const at = placeOf[n] as number;
    between(place, at, row, n);
    place = at + 1;
    row = n + 1;
  }
  between(place, before.length, row, present.length);
  return found.sort((a, b) => a.position - b.position);
}

/** For each entry now, which it was before; null: none. Of several that are the same the first now was the first before. */
function matches(before: readonly Buffer[], present: readonly Present[]): (number | null)[] {
  const places = new Map<string, number[]>();
  before.forEach((fingerprint, place) => {
    const key = fingerprint.toString('latin1');
    places.set(key, [...(places.get(key) ?? []), place]);
  });
  return present.map(({ fingerprint }) => places.get(fingerprint.toString('latin1'))?.shift() ?? null);
}

/** Indexes of a longest ascending run of values, nulls left out. */
function longestAscending(values: readonly (number | null)[]): number[] {
  /** Of each length the index at which such a run ends lowest. */
  const ends: number[] = [];
  const previous: (number | undefined)[] = [];
  const valueAt = (index: number) => values[index] as number;
  values.forEach((value, index) => {
    if (value === null) return;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (valueAt(ends[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    previous[index] = ends[low - 1];
    ends[low] = index;
  });
  const run: number[] = [];
  for (let index = ends.at(-1); index !== undefined; index = previous[index]) run.push(index);
  return run.reverse();
}
