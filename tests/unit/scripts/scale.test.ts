import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { smallest } from '#scripts/bench/scale/scale.ts';
import { type Site, shortOf, simulate } from '#scripts/bench/scale/simulate.ts';

const site: Site = { hosts: 2, coresAHost: 8, databaseCores: 4, sessions: 2 };
const viewers = fc.integer({ min: 1_000, max: 100_000 });

describe('a simulated morning', () => {
  it('never gets better by more people', () => {
    fc.assert(
      fc.property(viewers, viewers, (some, more) => {
        const small = simulate(site, { viewers: some, arrivalSeconds: 300 });
        const large = simulate(site, { viewers: some + more, arrivalSeconds: 300 });
        expect(large.entryWaitSeconds).toBeGreaterThanOrEqual(small.entryWaitSeconds);
        expect(large.questionLastSeconds).toBeGreaterThan(small.questionLastSeconds);
        expect(large.busy.chain).toBeGreaterThan(small.busy.chain);
      }),
    );
  });

  it('never has to wait longer for the question with more hosts, nor for the chain with more sessions', () => {
    fc.assert(
      fc.property(viewers, (count) => {
        const crowd = { viewers: count, arrivalSeconds: 300 };
        const before = simulate(site, crowd);
        expect(simulate({ ...site, hosts: 3 }, crowd).questionLastSeconds).toBeLessThan(before.questionLastSeconds);
        expect(simulate({ ...site, sessions: 3 }, crowd).busy.chain).toBeLessThan(before.busy.chain);
      }),
    );
  });

  it('says what a site is short of', () => {
    const tiny: Site = { hosts: 1, coresAHost: 2, databaseCores: 1, sessions: 1 };
    const short = shortOf(simulate(tiny, { viewers: 200_000, arrivalSeconds: 300 }));
    expect(short).toEqual(
      expect.arrayContaining(['hosts', 'database', 'question', 'chain of a session', 'descriptors']),
    );
    expect(shortOf(simulate(tiny, { viewers: 1_000, arrivalSeconds: 300 }))).toEqual([]);
  });
});

it.each([4_000, 40_000, 400_000, 4_000_000])('a site for %i viewers is found that carries them', (count) => {
  const { installations, site: found, outcome } = smallest(count);
  expect(shortOf(outcome)).toEqual([]);
  expect(installations * found.hosts * found.coresAHost * outcome.viewersAWorker).toBeCloseTo(count, 0);
});
