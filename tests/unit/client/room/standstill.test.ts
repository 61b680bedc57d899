import { expect, it } from 'vitest';
import { type Range, type Remedy, type Seen, Standstill } from '#client/room/standstill.ts';

type Told = Omit<Seen, 'played' | 'pieces'> & Partial<Seen>;

/** What is done about it in so many seconds, by the second, of what is seen twice a second; it has played nothing unless that is told. */
function remedies(seconds: number, seen: (s: number) => Told): [number, Remedy][] {
  const still = new Standstill();
  const done: [number, Remedy][] = [];
  for (let s = 0; s <= seconds; s += 0.5) {
    const remedy = still.look(s * 1_000, { played: 0, pieces: 0, ...seen(s) });
    if (remedy) done.push([s, remedy]);
  }
  return done;
}

const upTo = (end: number): Range[] => [{ start: 0, end }];

it('leaves one alone that plays, however slowly', () => {
  const slow = (s: number) => ({
    time: 20 + s / 10,
    played: s / 10,
    buffered: upTo(22 + s),
    edge: 25 + s,
    pieces: s * 4,
  });
  expect(remedies(60, slow)).toEqual([]);
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

it('begins anew where seeks after the class are all that moves', () => {
  const seeking = (s: number) => ({ time: 20 + Math.floor(s / 5) * 5, buffered: upTo(20), edge: 21 + s });
  expect(remedies(24, seeking).filter(([, remedy]) => remedy === 'anew')).toEqual([[14, 'anew']]);
});

it('begins anew sooner where pieces come and none of them can be played', () => {
  const inVain = (s: number) => ({ time: 20, buffered: upTo(20), edge: 25 + s, pieces: s });
  expect(remedies(7, inVain)).toEqual([
    [3, { seekTo: 20.1 }],
    [6, 'anew'],
  ]);
});

it('pushes again further on', () => {
  const places = (s: number) => ({
    time: s < 5 ? 20 : 30,
    played: s < 5 ? 0 : 10,
    buffered: upTo(s < 5 ? 20 : 30),
    edge: 40,
  });
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
