import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { EDGE_BROADCASTS, EdgeReport } from '#contract/media.ts';
import { Viewers } from '#media/edge/viewers.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const EGRESS = { used: 0, cap: null };

it('counts renditions that there are, whatever stands in an address', () => {
  const viewers = new Viewers(stoppedClock(0));
  for (const [at, rendition] of ['360p', 'a'.repeat(40), 'sound', '', undefined, '720p'].entries())
    viewers.note('prefix', `viewer ${at}`, rendition);
  expect(viewers.report()).toEqual([{ prefix: 'prefix', all: 6, by: { '360p': 1, '720p': 1 } }]);
});

it('reports as many broadcasts as are taken, those with the most readers, and counts what all take', () => {
  const viewers = new Viewers(stoppedClock(0));
  for (let n = 0; n < EDGE_BROADCASTS + 20; n += 1)
    for (let reader = 0; reader <= n; reader += 1) viewers.note(`prefix-${n}`, `${n}.${reader}`, '360p');
  const broadcasts = viewers.report();
  expect(broadcasts.map(({ all }) => all)).toEqual(Array.from({ length: EDGE_BROADCASTS }, (_, n) => 70 - n));
  expect(EdgeReport.parse({ edge: randomUUID(), egress: EGRESS, broadcasts }).broadcasts).toEqual(broadcasts);
  const readers = (70 * 71) / 2;
  expect(viewers.taken).toBeCloseTo((readers * (400 + 96) * 1.15) / 1_000);
});

it('is not counted anew within a second', () => {
  const clock = stoppedClock(0);
  const viewers = new Viewers(clock);
  viewers.note('prefix', 'one', '360p');
  const { taken } = viewers;
  viewers.note('prefix', 'two', '360p');
  expect(viewers.taken).toBe(taken);
  clock.advance(1_000);
  expect(viewers.taken).toBeCloseTo(2 * taken);
});

it('is heard with the counts that make sense', () => {
  const good = { prefix: 'good', all: 3, by: { '360p': 3 } };
  const broadcasts = [{ prefix: 'bad', all: 1, by: { ['a'.repeat(21)]: 1 } }, null, good, { ...good, all: -1 }];
  expect(EdgeReport.parse({ edge: randomUUID(), egress: EGRESS, broadcasts }).broadcasts).toEqual([good]);
});
