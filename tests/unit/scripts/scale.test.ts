import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readMeasured, takeMeasured } from '#scripts/bench/scale/costs.ts';
import { breaksFirst, smallest } from '#scripts/bench/scale/scale.ts';
import { type Site, shortOf, simulate } from '#scripts/bench/scale/simulate.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

const { costs } = readMeasured();
const site: Site = { hosts: 2, coresAHost: 8, databaseCores: 4, sessions: 2 };
const viewers = fc.integer({ min: 1_000, max: 100_000 });

describe('a simulated morning', () => {
  it('never gets better by more people', () => {
    fc.assert(
      fc.property(viewers, viewers, (some, more) => {
        const small = simulate(site, { viewers: some, arrivalSeconds: 300 }, costs);
        const large = simulate(site, { viewers: some + more, arrivalSeconds: 300 }, costs);
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
        const before = simulate(site, crowd, costs);
        expect(simulate({ ...site, hosts: 3 }, crowd, costs).questionLastSeconds).toBeLessThan(
          before.questionLastSeconds,
        );
        expect(simulate({ ...site, sessions: 3 }, crowd, costs).busy.chain).toBeLessThan(before.busy.chain);
      }),
    );
  });

  it('says what a site is short of', () => {
    const tiny: Site = { hosts: 1, coresAHost: 2, databaseCores: 1, sessions: 1 };
    const short = shortOf(simulate(tiny, { viewers: 200_000, arrivalSeconds: 300 }, costs));
    expect(short).toEqual(
      expect.arrayContaining(['hosts', 'database', 'question', 'chain of a session', 'descriptors']),
    );
    expect(shortOf(simulate(tiny, { viewers: 1_000, arrivalSeconds: 300 }, costs))).toEqual([]);
  });
});

it.each([4_000, 40_000, 400_000, 4_000_000])('a site for %i viewers is found that carries them', (count) => {
  const { installations, site: found, outcome } = smallest(count, costs);
  expect(shortOf(outcome)).toEqual([]);
  expect(breaksFirst(found, count / installations, costs).at).toBeGreaterThan(1);
  expect(installations * found.hosts * found.coresAHost * outcome.viewersAWorker).toBeCloseTo(count, 0);
});

describe('the costs', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('are those of the last crowd that a file tells of', async () => {
    const [printed, taken] = [path.join(folder, 'crowd.log'), path.join(folder, 'measured.json')];
    const result = (viewers: number) =>
      JSON.stringify({ bench: 'crowd', ...readMeasured(), viewers, joinP99Ms: 12, bare: { connected: viewers } });
    await writeFile(printed, `12.0 s  5000 are in the room\n${result(5_000)}\n${result(40_000)}\n`);
    expect(takeMeasured(printed, taken)).toEqual({ ...readMeasured(), viewers: 40_000 });
    expect(JSON.parse(await readFile(taken, 'utf8'))).toEqual({ ...readMeasured(), viewers: 40_000 });
  });

  it('are not taken from a run in which nobody came for the first time', async () => {
    const printed = path.join(folder, 'crowd.log');
    await writeFile(printed, JSON.stringify({ bench: 'crowd', ...readMeasured(), costs: null }));
    expect(() => takeMeasured(printed, path.join(folder, 'measured.json'))).toThrow('costs');
  });
});
