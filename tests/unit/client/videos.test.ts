import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { failureOf } from '#client/console/videos/failure.ts';
import { parsePosition } from '#client/console/videos/position.ts';
import { remainingMs, Speed } from '#client/console/videos/speed.ts';
import { formatBytes, formatClock } from '#client/format.ts';

describe('the speed of an upload', () => {
  it('is that of the last while', () => {
    const speed = new Speed();
    expect(speed.rate).toBeNull();
    for (let second = 0; second <= 60; second += 1) speed.note(second * 1_000, second * 100_000);
    expect(speed.rate).toBeCloseTo(100_000);
    for (let second = 61; second <= 80; second += 1) speed.note(second * 1_000, 6_000_000 + (second - 60) * 20_000);
    expect(speed.rate).toBeCloseTo(20_000);
  });

  it('is not told from one moment, and begins anew when something is sent again', () => {
    const speed = new Speed();
    speed.note(0, 0);
    speed.note(500, 4_000_000);
    expect(speed.rate).toBeNull();
    speed.note(2_000, 4_000_000);
    expect(speed.rate).toBe(2_000_000);
    speed.note(2_100, 1_000_000);
    expect(speed.rate).toBeNull();
  });

  it('tells how long the rest takes, but not while nothing moves', () => {
    expect(remainingMs(3_000_000, 1_000_000)).toBe(3_000);
    expect(remainingMs(3_000_000, 0)).toBeNull();
    expect(remainingMs(3_000_000, null)).toBeNull();
  });
});

describe('an upload that stopped', () => {
  it.each([
    [0, 'network'],
    [401, 'network'],
    [409, 'network'],
    [423, 'network'],
    [500, 'network'],
    [503, 'network'],
    [404, 'gone'],
    [507, 'disk-full'],
    [413, 'refused'],
  ])('with the answer %s is told as %s', (status, failure) => {
    expect(failureOf(status)).toBe(failure);
  });
});

describe('a position in a video', () => {
  it('is read as it is written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 43_199 }), (seconds) => {
        expect(parsePosition(formatClock(seconds * 1_000))).toBe(seconds * 1_000);
      }),
    );
    expect(parsePosition(' 1：05：30 ')).toBe(3_930_000);
    expect(parsePosition('90')).toBe(90_000);
  });

  it.each(['', ':', '1:', '1:60', '-1', '1:2:3:4', 'a', '1.5', '1:5x'])('is none when it is %j', (text) => {
    expect(parsePosition(text)).toBeNull();
  });
});

describe('a size', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_500, '1.5 kB'],
    [14_100_000, '14.1 MB'],
    [850_000_000, '850 MB'],
    [4_294_967_296, '4.3 GB'],
  ])('of %s bytes is %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });
});
