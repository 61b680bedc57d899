import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AHEAD, type Load, whoAccepts } from '#server/supervisor/balance.ts';

const load = fc.record({
  connections: fc.nat({ max: 1_000 }),
  capacity: fc.constant(900),
  accepting: fc.boolean(),
});
const loads = fc.array(load, { maxLength: 8 });

/** Workers with room, so many connections each; those at `accepting` accept. */
function workers(connections: number[], accepting: number[] = []): Load[] {
  return connections.map((count, at) => ({ connections: count, capacity: 19_000, accepting: accepting.includes(at) }));
}

function accepting(connections: number[], before: number[] = []): number[] {
  return whoAccepts(workers(connections, before)).flatMap((accept, at) => (accept ? [at] : []));
}

describe('laws', () => {
  test('whoever accepts has room', () => {
    fc.assert(
      fc.property(loads, (before) => {
        const after = whoAccepts(before);
        expect(before.filter((worker, at) => after[at] && worker.connections >= worker.capacity)).toEqual([]);
      }),
    );
  });

  test('two accept where two have room, and the one with the fewest connections is among them', () => {
    fc.assert(
      fc.property(loads, (before) => {
        const after = whoAccepts(before);
        const roomy = before.filter(({ connections }) => connections < 900 - AHEAD);
        const accepted = before.filter((_, at) => after[at]).map(({ connections }) => connections);
        expect(accepted.length).toBeGreaterThanOrEqual(Math.min(2, roomy.length));
        if (roomy.length > 0) {
          expect(Math.min(...accepted)).toBe(Math.min(...roomy.map(({ connections }) => connections), ...accepted));
        }
      }),
    );
  });

  test('asked again, nobody changes', () => {
    fc.assert(
      fc.property(loads, (before) => {
        const after = whoAccepts(before);
        const told = before.map((worker, at) => ({ ...worker, accepting: after[at] === true }));
        expect(whoAccepts(told)).toEqual(after);
      }),
    );
  });

  test('one that comes back with nothing is filled until all have about as many', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 6_000, maxLength: 6_000 }), (choices) => {
        const told = workers([1_000, 1_000, 1_000, 0], [0, 1, 2]);
        for (const choice of choices) {
          for (const [at, accept] of whoAccepts(told).entries()) (told[at] as Load).accepting = accept;
          const open = told.filter((worker) => worker.accepting);
          (open[choice % open.length] as Load).connections += 1;
        }
        const counts = told.map(({ connections }) => connections);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(AHEAD + 1);
      }),
      { numRuns: 10 },
    );
  });
});

test('those who have about as many all accept', () => {
  expect(accepting([10, 60, 20], [0, 1, 2])).toEqual([0, 1, 2]);
});

test('one that is ahead stops, and begins again at half of that', () => {
  expect(accepting([300, 401, 310], [0, 1, 2])).toEqual([0, 2]);
  expect(accepting([340, 401, 350], [0, 2])).toEqual([0, 2]);
  expect(accepting([360, 401, 370], [0, 2])).toEqual([0, 1, 2]);
});

test('beside one that has just come back, one other helps, and the same as before', () => {
  expect(accepting([13_301, 0, 13_300], [0, 2])).toEqual([1, 2]);
  expect(accepting([13_350, 0, 13_380], [1, 2])).toEqual([1, 2]);
  expect(accepting([13_350, 0, 13_451], [1, 2])).toEqual([0, 1]);
});

test('alone, one accepts as long as it has room', () => {
  expect(accepting([18_999], [0])).toEqual([0]);
  expect(accepting([19_000], [0])).toEqual([]);
});
