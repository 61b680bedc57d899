import { expect, it } from 'vitest';
import { letIn, newPlace, readPlace, signPlace, stillWaiting } from '#server/line/place.ts';

const SECRET = 'a'.repeat(64);
const NOW = Date.parse('2027-02-01T01:00:00Z');

it('holds what it was given, for two hours, and nothing that was changed', () => {
  const place = newPlace(12, NOW);
  const token = signPlace(SECRET, place);
  expect(readPlace(SECRET, token, NOW + 7_200_000)).toEqual(place);
  expect(readPlace(SECRET, token, NOW + 7_200_001)).toBeNull();
  for (const forged of [token.replace('12.', '1.'), token.replace('.0.', '.9000.'), '', 'x', `${token}x`, undefined])
    expect(readPlace(SECRET, forged, NOW)).toBeNull();
  expect(readPlace('b'.repeat(64), token, NOW)).toBeNull();
});

it('says how long its holder stood in line: not while they were away, nor after they were let in', () => {
  let place = newPlace(1, NOW);
  for (const seconds of [10, 25, 40]) place = stillWaiting(place, NOW + seconds * 1_000);
  expect(place.waitedMs).toBe(40_000);
  place = stillWaiting(place, NOW + 640_000);
  expect(place.waitedMs).toBe(40_000);
  place = letIn(place, NOW + 650_000);
  expect(place.waitedMs).toBe(50_000);
  expect(letIn(place, NOW + 660_000).waitedMs).toBe(50_000);
  expect(stillWaiting(place, NOW + 700_000).waitedMs).toBe(50_000);
  expect(place.beganAt).toBe(NOW);
});
