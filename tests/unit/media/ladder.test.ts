import { describe, expect, it } from 'vitest';
import { outputFor, RUNGS, reduced, rungsFor } from '#media/ladder.ts';

const names = (rungs: readonly { name: string }[]) => rungs.map(({ name }) => name);

describe('the ladder', () => {
  it.each([
    [1080, ['720p', '480p', '360p']],
    [720, ['720p', '480p', '360p']],
    [648, ['720p', '480p', '360p']],
    [576, ['480p', '360p']],
    [360, ['360p']],
    [180, ['360p']],
    [null, ['720p', '480p', '360p']],
  ])('of a picture of %s lines enlarges nothing', (height, expected) => {
    expect(names(rungsFor(RUNGS, height))).toEqual(expected);
  });

  it('is cut down from the middle, then from the top, and never to nothing', () => {
    const once = reduced(RUNGS);
    expect(names(once)).toEqual(['720p', '360p']);
    expect(names(reduced(once))).toEqual(['360p']);
    expect(names(reduced(reduced(once)))).toEqual(['360p']);
  });

  it.each([
    ['720p', ['720p', '480p', '360p'], '720p'],
    ['480p', ['720p', '360p'], '360p'],
    ['720p', ['360p'], '360p'],
    ['360p', ['720p'], '720p'],
    ['360p', ['720p', '480p'], '480p'],
  ])('has a stand-in for %s among %j', (rung, outputs, expected) => {
    expect(outputFor(rung, [...outputs, 'sound'])).toBe(expected);
  });
});
