import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createViewers } from '#server/live/viewers.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const SESSION = '019ab000-0000-7000-8000-000000000001';
const of = (devices: number) => ({ [SESSION]: devices });

function worker(own: number) {
  const clock = stoppedClock(1_000_000);
  const viewers = createViewers(clock);
  const join = (n: number) => viewers.join({ sessionId: SESSION, deviceId: `device-${n}`, personId: `person-${n}` });
  for (let n = 0; n < own; n += 1) join(n);
  return { clock, viewers, join };
}

describe('what was surely there in one moment', () => {
  it('is known at once without other workers', () => {
    expect(worker(3).viewers.surely(SESSION)).toBe(3);
  });

  it('waits until each other worker was heard again', () => {
    const { viewers } = worker(3);
    viewers.heard('b', of(4));
    viewers.heard('c', of(5));
    expect(viewers.surely(SESSION)).toBe(0);
    viewers.heard('b', of(6));
    expect(viewers.surely(SESSION)).toBe(0);
    viewers.heard('c', of(5));
    expect(viewers.surely(SESSION)).toBe(3 + 4 + 5);
  });

  it('does not count those of a killed worker twice, who are here before it is known to be gone', () => {
    const { clock, viewers, join } = worker(100);
    viewers.heard('killed', of(100));
    viewers.surely(SESSION);
    viewers.heard('killed', of(100));
    expect(viewers.surely(SESSION)).toBe(200);
    for (let n = 100; n < 200; n += 1) join(n);
    const seen: number[] = [];
    for (let n = 0; n < 6; n += 1) {
      seen.push(viewers.surely(SESSION));
      clock.advance(2_000);
    }
    expect(Math.max(...seen)).toBe(200);
    expect(seen.at(-1)).toBe(200);
  });

  it('does not count those twice who move from a worker that drains', () => {
    const { viewers, join } = worker(0);
    viewers.heard('draining', of(100));
    const seen: number[] = [];
    for (let moved = 0; moved < 100; moved += 10) {
      for (let n = moved; n < moved + 10; n += 1) join(n);
      seen.push(viewers.surely(SESSION));
      viewers.heard('draining', of(90 - moved));
    }
    seen.push(viewers.surely(SESSION));
    expect(Math.max(...seen)).toBe(100);
  });

  it('is never more than were there, and all of them when they stay', () => {
    const steps = fc.array(fc.record({ b: fc.nat(50), c: fc.nat(50) }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(steps, (counts) => {
        const { viewers } = worker(7);
        let most = 0;
        for (const { b, c } of counts) {
          viewers.heard('b', of(b));
          viewers.heard('c', of(c));
          most = Math.max(most, viewers.surely(SESSION));
        }
        expect(most).toBeLessThanOrEqual(7 + Math.max(...counts.map(({ b, c }) => b + c)));
        const last = counts.at(-1) ?? { b: 0, c: 0 };
        viewers.heard('b', of(last.b));
        viewers.heard('c', of(last.c));
        expect(viewers.surely(SESSION)).toBeGreaterThanOrEqual(7 + last.b + last.c);
      }),
    );
  });
});

it('counts workers that were heard of lately, and their devices', () => {
  const { clock, viewers } = worker(1);
  viewers.heard('b', of(2));
  expect([viewers.others(), viewers.total(SESSION)]).toEqual([1, 3]);
  clock.advance(8_000);
  expect([viewers.others(), viewers.total(SESSION)]).toEqual([0, 1]);
});
