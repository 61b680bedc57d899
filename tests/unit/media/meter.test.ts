import fc from 'fast-check';
import { expect, it } from 'vitest';
import { BRIGHTEST, LOUDNESS, Meter } from '#media/meter.ts';

let now = 0;
const meter = () => new Meter(() => now);

it('tells how loud it is, and for how long it has been silent', () => {
  now = 1_000;
  const made = meter();
  expect(made.levels).toEqual({ soundDb: null, silentMs: 0, blackMs: 0 });
  made.push(`frame:0 pts:0 pts_time:0\n${LOUDNESS}=-21.073263\n`);
  expect(made.levels.soundDb).toBe(-21.1);
  now = 2_000;
  made.push(`${LOUDNESS}=-72.5\n`);
  now = 5_000;
  made.push(`${LOUDNESS}=-inf\n`);
  expect(made.levels).toMatchObject({ soundDb: -90, silentMs: 3_000 });
  made.push(`${LOUDNESS}=-40\n`);
  expect(made.levels.silentMs).toBe(0);
});

it('tells for how long the picture has been black', () => {
  now = 0;
  const made = meter();
  made.push(`${BRIGHTEST}=18\n`);
  now = 7_000;
  made.push(`${BRIGHTEST}=16\n`);
  expect(made.levels.blackMs).toBe(7_000);
  made.push(`${BRIGHTEST}=200\n`);
  expect(made.levels.blackMs).toBe(0);
});

it('reads the same whatever pieces the text arrives in, and outlives what is no text of ours', () => {
  const lines = `frame:0\n${LOUDNESS}=-20.5\n${BRIGHTEST}=17\nframe:1\n${LOUDNESS}=-33.3\n`;
  fc.assert(
    fc.property(fc.array(fc.nat(lines.length)), (cuts) => {
      const made = meter();
      const places = [...new Set([0, ...cuts, lines.length])].sort((a, b) => a - b);
      places.slice(1).forEach((end, at) => {
        made.push(lines.slice(places[at], end));
      });
      expect(made.levels.soundDb).toBe(-33.3);
    }),
  );
  fc.assert(
    fc.property(fc.string(), (garbage) => {
      const made = meter();
      made.push(`${garbage}\n${LOUDNESS}=-12\n`);
      expect(made.levels.soundDb).toBe(-12);
    }),
  );
});
