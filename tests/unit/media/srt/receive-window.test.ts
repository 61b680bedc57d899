import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextSequence } from '#media/srt/packet.ts';
import { ReceiveWindow, WINDOW } from '#media/srt/receive-window.ts';

const LATENCY = 120;

function payload(index: number): Buffer {
  return Buffer.from(String(index));
}

function indices(ready: Buffer[]): number[] {
  return ready.map((bytes) => Number(bytes));
}

/** Near the end of the sequence numbers as well. */
const first = fc.oneof(fc.nat(1_000), fc.integer({ min: 0x7fffffff - 50, max: 0x7fffffff }));

describe('what comes', () => {
  it('is handed on in order and once, in whatever order and however often it comes', () => {
    const arrivals = fc
      .integer({ min: 1, max: 100 })
      .chain((count) =>
        fc.tuple(
          fc.shuffledSubarray([...Array(count).keys()], { minLength: count, maxLength: count }),
          fc.array(fc.nat(count - 1)),
        ),
      );
    fc.assert(
      fc.property(first, arrivals, (from, [once, again]) => {
        const window = new ReceiveWindow(from, LATENCY);
        const given = [...again, ...once, ...again].flatMap((index) =>
          indices(window.take(nextSequence(from, index), payload(index), 0).ready),
        );
        expect(given).toEqual([...once].sort((a, b) => a - b));
        expect(window.next).toBe(nextSequence(from, once.length));
        expect(window.losses(100)).toEqual([]);
        expect(window.lost).toBe(0);
      }),
    );
  });

  it('loses nothing but what never came, once that was waited for', () => {
    fc.assert(
      fc.property(first, fc.uniqueArray(fc.nat(200), { minLength: 1 }), (from, came) => {
        const window = new ReceiveWindow(from, LATENCY);
        const given = came.flatMap((index) => indices(window.take(nextSequence(from, index), payload(index), 0).ready));
        given.push(...indices(window.giveUp(LATENCY)));
        expect(given).toEqual([...came].sort((a, b) => a - b));
        expect(window.lost).toBe(Math.max(...came) + 1 - came.length);
      }),
    );
  });
});

describe('what is missing', () => {
  it('is said at once, and again as long as it is waited for', () => {
    const window = new ReceiveWindow(0, LATENCY);
    expect(window.take(0, payload(0), 0).missing).toBeNull();
    expect(window.take(4, payload(4), 10).missing).toEqual([1, 3]);
    expect(window.take(2, payload(2), 20).missing).toBeNull();
    const missing = [
      [1, 1],
      [3, 3],
    ];
    expect(window.losses(10)).toEqual(missing);
    expect(window.losses(1)).toEqual(missing.slice(0, 1));
    expect(window.giveUp(10 + LATENCY - 1)).toEqual([]);
    expect(indices(window.giveUp(10 + LATENCY))).toEqual([2, 4]);
    expect(window.losses(10)).toEqual([]);
  });

  it('is not waited for when the caller has it no more', () => {
    const window = new ReceiveWindow(0, LATENCY);
    window.take(3, payload(3), 0);
    expect(indices(window.drop(0, 1))).toEqual([]);
    expect(indices(window.drop(2, 2))).toEqual([3]);
    // What is not missing is not dropped, whatever the caller says.
    expect(window.drop(0, 0x7fffffff)).toEqual([]);
    expect(window.next).toBe(4);
  });

  it('is more than can be kept: the line goes on from what comes', () => {
    const window = new ReceiveWindow(0, LATENCY);
    window.take(1, payload(1), 0);
    expect(window.take(WINDOW + 1, payload(2), 0)).toEqual({ ready: [], missing: null });
    const { ready, missing } = window.take(WINDOW + 2, payload(3), 0);
    expect(indices(ready)).toEqual([3]);
    expect(missing).toBeNull();
    expect(window.free).toBe(WINDOW);
  });

  it('is not taken for more because of one packet from nowhere', () => {
    const window = new ReceiveWindow(0, LATENCY);
    for (let index = 0; index < 10; index += 1) {
      expect(indices(window.take(index, payload(index), 0).ready)).toEqual([index]);
      expect(indices(window.take(40_000 + index * WINDOW, payload(99), 0).ready)).toEqual([]);
    }
    expect(window.lost).toBe(0);
  });
});
