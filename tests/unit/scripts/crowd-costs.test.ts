import { expect, it } from 'vitest';
import { costsOf } from '#scripts/bench/crowd/costs.ts';
import type { Morning, Seconds } from '#scripts/bench/crowd/morning.ts';

const seconds = (workers: number, database: number): Seconds => ({ workers, parent: 0, database, generators: 0 });
const stored = { rowBytes: 400, walBytes: 500 };

/** A thousand people, of whom each report costs 0.4 + 0.1 ms. */
function morning(changes: Partial<Morning>): Morning {
  const watch = { seconds: seconds(0.4, 0.1), wallSeconds: 15 };
  return {
    connected: 1_000,
    viewerMinutes: 1_000,
    questionAskedAt: 0,
    rssPerViewerKB: 20,
    rssBeforeKB: 400 * 1_024,
    arrival: { seconds: seconds(11, 2), idleSeconds: 0, wallSeconds: 60 },
    phases: { storm: watch, watch, presence: watch, question: watch, rest: watch },
    reported: { records: [], samples: new Map([['questionAt', [50, 100]]]), errors: {} },
    ...changes,
  } as Morning;
}

it('a viewer’s costs are what the parts of a morning took, by person', () => {
  const costs = costsOf(morning({}), 2, stored);
  expect(costs).toMatchObject({ beat: { app: 0.4, database: 0.1 }, chainBatch: 6, rowBytes: 400, walBytes: 500 });
  expect(costs?.memory).toEqual({ viewerKiB: 20, workerMiB: 200 });
  // The way in has the joining in it, which the plan counts by itself.
  expect((costs?.entry.app ?? 0) + (costs?.join.app ?? 0)).toBeCloseTo(11);
});

it('what could not be told from watching is taken for as much as a report', () => {
  const costs = costsOf(morning({}), 2, stored);
  expect([costs?.join.app, costs?.answer.app]).toEqual([0.4, 0.4]);
  const busy = { seconds: seconds(5, 1), wallSeconds: 15 };
  const { phases } = morning({});
  const dear = costsOf(morning({ phases: { ...phases, storm: busy, question: busy } }), 2, stored);
  expect(dear?.join.app).toBeCloseTo(5 - 0.2);
  expect(dear?.answer.app).toBeLessThan(5 - 0.4);
});

it('who came with tickets says nothing of the way in', () => {
  expect(costsOf(morning({ arrival: null }), 2, stored)).toBeNull();
});
