import { describe, expect, it } from 'vitest';
import { Patience } from '#client/room/patience.ts';

/** After stretches of standing still (negative) and of playing, in seconds, whether the viewer is told. */
function told(...stretches: number[]): boolean {
  const patience = new Patience();
  let now = 5_000;
  let lost = patience.isLost(now, true);
  for (const seconds of stretches) {
    for (let half = 0; half < Math.abs(seconds) * 2; half += 1) {
      now += 500;
      lost = patience.isLost(now, seconds < 0);
    }
  }
  return lost;
}

describe('a picture that stands still', () => {
  it('is explained after ten seconds', () => {
    expect(told(-9.5)).toBe(false);
    expect(told(-10)).toBe(true);
  });

  it('is explained, too, when it plays for half of the time', () => {
    const stutter = Array.from({ length: 20 }, (_, n) => (n % 2 === 0 ? -2 : 2));
    expect(told(...stutter)).toBe(true);
    expect(told(...stutter.slice(4))).toBe(false);
  });

  it('is not when it loads for a moment now and then', () => {
    expect(told(-2, 10, -2, 10, -3, 20, -2, 10, -2)).toBe(false);
  });

  it('is not any more once it has played for twenty seconds', () => {
    expect(told(-30, 19.5)).toBe(true);
    expect(told(-30, 20)).toBe(false);
  });
});
