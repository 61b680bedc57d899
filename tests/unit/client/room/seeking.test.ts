import { describe, expect, it } from 'vitest';
import { nearLive, outOfLive, step } from '#client/room/seeking.ts';

const range = { first: 0, last: 600_000 };

describe('keys on the timeline', () => {
  it('go ten seconds, a minute, to the beginning and to the end', () => {
    expect(step('ArrowLeft', 300_000, range)).toBe(290_000);
    expect(step('ArrowRight', 300_000, range)).toBe(310_000);
    expect(step('PageDown', 300_000, range)).toBe(240_000);
    expect(step('PageUp', 300_000, range)).toBe(360_000);
    expect(step('Home', 300_000, range)).toBe(0);
    expect(step('End', 300_000, range)).toBe(600_000);
    expect(step('a', 300_000, range)).toBeNull();
  });

  it('stay within the class', () => {
    expect(step('ArrowLeft', 4_000, range)).toBe(0);
    expect(step('ArrowRight', 599_000, range)).toBe(600_000);
  });
});

it('what is nearly now is the class as it runs', () => {
  expect(nearLive(590_000, 600_000)).toBe(true);
  expect(nearLive(580_000, 600_000)).toBe(false);
});

it('a step back from the present leads out of it, also when the present goes on meanwhile', () => {
  const to = outOfLive(step('ArrowLeft', 600_000, range) ?? 0, 600_000);
  expect(nearLive(to, 600_000)).toBe(false);
  expect(outOfLive(540_000, 600_000)).toBe(540_000);
  expect(outOfLive(600_000, 600_000)).toBe(600_000);
});
