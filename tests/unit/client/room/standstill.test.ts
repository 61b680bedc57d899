import { expect, it } from 'vitest';
import { type Range, type Remedy, Standstill } from '#client/room/standstill.ts';

interface Seen {
  time: number;
  buffered: Range[];
  edge: number | null;
}

/** What is done about it in so many seconds, by the second, of what is seen twice a second. */
function remedies(seconds: number, seen: (s: number) => Seen): [number, Remedy][] {
  const still = new Standstill();
  const done: [number, Remedy][] = [];
  for (let s = 0; s <= seconds; s += 0.5) {
    const { time, buffered, edge } = seen(s);
    const remedy = still.look(s * 1_000, time, buffered, edge);
    if (remedy) done.push([s, remedy]);
  }
  return done;
}

const upTo = (end: number): Range[] => [{ start: 0, end }];

it('leaves one alone that plays, however slowly', () => {
  expect(remedies(60, (s) => ({ time: 20 + s / 10, buffered: upTo(22 + s), edge: 25 + s }))).toEqual([]);
});

it('leaves one alone that has nothing to play: its publisher is away', () => {
  expect(remedies(60, (s) => ({ time: 20, buffered: upTo(20.5), edge: s < 30 ? 21 : null }))).toEqual([]);
});

it('leaves one alone that loads slowly, until that carries no class', () => {
  const slowly = remedies(21, (s) => ({ time: 20, buffered: upTo(20 + Math.floor(s / 2.5) * 0.1), edge: 25 + s }));
  expect(slowly).toEqual([[20, 'anew']]);
});

it('gives a push where nothing is loaded though there is more, and begins anew, once in a while, where that does not help', () => {
  const held = (s: number) => ({ time: 20, buffered: upTo(20), edge: 25 + s });
  expect(remedies(40, held)).toEqual([
    [3, { seekTo: 20.1 }],
    [12, 'anew'],
    [24, 'anew'],
    [36, 'anew'],
  ]);
});

it('pushes again further on', () => {
  const places = (s: number) => ({ time: s < 5 ? 20 : 30, buffered: upTo(s < 5 ? 20 : 30), edge: 40 });
  expect(remedies(9, places)).toEqual([
    [3, { seekTo: 20.1 }],
    [8, { seekTo: 30.1 }],
  ]);
});

it('counts from when there was more', () => {
  const later = remedies(22, (s) => ({ time: 20, buffered: upTo(20), edge: s < 10 ? 20 : 30 }));
  expect(later).toEqual([
    [12.5, { seekTo: 20.1 }],
    [21.5, 'anew'],
  ]);
});

it('seeks to where it is when it does not go on with what it has', () => {
  const stands = remedies(3, () => ({ time: 20, buffered: upTo(21.5), edge: 22 }));
  expect(stands).toEqual([
    [1, { seekTo: 20.001 }],
    [3, { seekTo: 20.001 }],
  ]);
});

it('jumps over what is missing when nobody else does', () => {
  const hole: Range[] = [
    { start: 0, end: 20.02 },
    { start: 20.5, end: 23 },
  ];
  expect(remedies(3, () => ({ time: 20, buffered: hole, edge: 24 }))).toEqual([[2, { seekTo: 20.501 }]]);
});
