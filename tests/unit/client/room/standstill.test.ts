import { expect, it } from 'vitest';
import { Standstill } from '#client/room/standstill.ts';

/** Seconds, of a minute in which it is asked every two, at which it is found stuck. */
function stuckAt(time: (s: number) => number, edge: (s: number) => number | null): number[] {
  const still = new Standstill();
  const seconds = Array.from({ length: 31 }, (_, at) => at * 2);
  return seconds.filter((s) => still.isStuck(s * 1_000, time(s), edge(s)));
}

it('finds a player that stands still though there is more to play, once in a while', () => {
  expect(
    stuckAt(
      () => 20,
      (s) => 25 + s,
    ),
  ).toEqual([20, 40, 60]);
});

it('leaves one alone that plays, however slowly', () => {
  expect(
    stuckAt(
      (s) => 20 + s / 10,
      (s) => 25 + s,
    ),
  ).toEqual([]);
});

it('leaves one alone that has nothing to play: its publisher is away', () => {
  expect(
    stuckAt(
      () => 20,
      (s) => (s < 30 ? 21 : null),
    ),
  ).toEqual([]);
});

it('counts from when there was more', () => {
  expect(
    stuckAt(
      () => 20,
      (s) => (s < 20 ? 20 : 30),
    ),
  ).toEqual([38, 58]);
});
