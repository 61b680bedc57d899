import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Elsewhere } from '#client/console/videos/elsewhere.ts';
import { failureOf, failureOfCall } from '#client/console/videos/failure.ts';
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

describe('an upload that gets no leave to go on', () => {
  it.each([
    ['not-signed-in', 401, 'signed-out'],
    ['not-found', 404, 'gone'],
    ['video-uploaded', 409, 'elsewhere'],
    ['forbidden', 403, 'refused'],
    ['rate-limited', 429, 'network'],
    ['internal', 500, 'network'],
    ['offline', 0, 'network'],
  ] as const)('by %s (%s) is told as %s', (code, status, failure) => {
    expect(failureOfCall({ code, status })).toBe(failure);
  });
});

describe('an upload of another page', () => {
  it('is seen by its growing, until nothing has come for a while', () => {
    const watch = new Elsewhere();
    const look = (at: number, a: number, b: number) => [
      ...watch.note(at, [
        { id: 'a', received: a },
        { id: 'b', received: b },
      ]),
    ];
    expect(look(0, 100, 50)).toEqual([]);
    expect(look(2_000, 200, 50)).toEqual(['a']);
    expect(look(15_000, 200, 50)).toEqual(['a']);
    expect(look(22_001, 200, 60)).toEqual(['b']);
    expect([...watch.note(24_000, [])]).toEqual([]);
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
