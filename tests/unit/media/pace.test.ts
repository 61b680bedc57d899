import { describe, expect, it } from 'vitest';
import { Pace } from '#media/pace.ts';

const T = Date.UTC(2026, 10, 24, 1, 0, 0);

/** Seconds at which less was asked for, of one look a second. */
function tooMuch(seconds: number, at: (second: number) => { lagMs: number | null; waitedMs: number }): number[] {
  const pace = new Pace();
  return Array.from({ length: seconds }, (_, second) => second).filter((second) => {
    const { lagMs, waitedMs } = at(second);
    return pace.isTooMuch(T + second * 1_000, lagMs, waitedMs);
  });
}

describe('the pace of an encoder', () => {
  it('is too slow when it keeps its publisher waiting and the class falls behind, and once in a while', () => {
    const slow = tooMuch(40, (second) => ({ lagMs: second * 500, waitedMs: second * 600 }));
    // Behind by three seconds after six, patient for four; then it has fifteen to catch up, and four more.
    expect(slow).toEqual([10, 29]);
  });

  it('is no matter when the publisher is the one who is slow', () => {
    expect(tooMuch(60, (second) => ({ lagMs: second * 500, waitedMs: second * 50 }))).toEqual([]);
  });

  it('is no matter as long as the class is on time', () => {
    expect(tooMuch(60, (second) => ({ lagMs: 700, waitedMs: second * 600 }))).toEqual([]);
    expect(tooMuch(60, (second) => ({ lagMs: null, waitedMs: second * 600 }))).toEqual([]);
  });

  it('is fast enough while what waits for it becomes less', () => {
    expect(tooMuch(60, (second) => ({ lagMs: 20_000 - second * 250, waitedMs: second * 900 }))).toEqual([]);
    expect(tooMuch(12, (second) => ({ lagMs: 20_000 - second * 20, waitedMs: second * 900 }))).toEqual([5]);
  });

  it('may have a bad moment', () => {
    const moments = tooMuch(60, (second) => ({ lagMs: second % 4 === 0 ? 700 : 4_000, waitedMs: second * 600 }));
    expect(moments).toEqual([]);
  });
});
