import { parseArgs } from 'node:util';
import type { Benchmark } from './bench/benchmark.ts';
import type { ChaosOptions } from './bench/crowd/chaos.ts';
import type { CrowdOptions } from './bench/crowd/crowd.ts';
import type { TruthOptions } from './bench/truth/truth.ts';

/*
 * npm run bench -- NAME [--json]: measures, prints a table and, with --json, one JSON object as the last line.
 * crowd takes --viewers 1000,5000, --minutes 5 and --arrive 60 as well,
 * scale --costs FILE, what a crowd's run printed,
 * chaos --viewers 5000, --minutes 10, --seed 1 and --bus redis, truth --seeds 50, --people 2000 (over all seeds) and --seed 1 (the first).
 */
const benchmarks: Record<string, () => Promise<Benchmark>> = {
  chaos: async () => {
    const { chaos } = await import('./bench/crowd/chaos.ts');
    return (say) => chaos(chaosOptions(), say);
  },
  crowd: async () => {
    const { crowd } = await import('./bench/crowd/crowd.ts');
    return (say) => crowd(crowdOptions(), say);
  },
  delivery: async () => (await import('./bench/delivery.ts')).delivery,
  entry: async () => (await import('./bench/entry.ts')).entry,
  latency: async () => (await import('./bench/latency.ts')).latency,
  export: async () => (await import('./bench/export.ts')).exporting,
  ladder: async () => (await import('./bench/ladder.ts')).ladder,
  places: async () => (await import('./bench/places.ts')).places,
  reports: async () => (await import('./bench/reports.ts')).reports,
  scale: async () => {
    const { scale } = await import('./bench/scale/scale.ts');
    return () => scale(values.costs);
  },
  soak: async () => (await import('./bench/soak.ts')).soak,
  truth: async () => {
    const { truth } = await import('./bench/truth/truth.ts');
    return (say) => truth(truthOptions(), say);
  },
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    viewers: { type: 'string' },
    minutes: { type: 'string' },
    arrive: { type: 'string' },
    seed: { type: 'string' },
    bus: { type: 'string' },
    seeds: { type: 'string' },
    people: { type: 'string' },
    costs: { type: 'string' },
  },
});
const [name = ''] = positionals;
const load = benchmarks[name];
const crowdOnly = ['viewers', 'minutes', 'arrive'] as const;
const chaosOnly = ['viewers', 'minutes', 'seed', 'bus'] as const;
const truthOnly = ['seeds', 'people', 'seed'] as const;
const scaleOnly = ['costs'] as const;
const options: Record<string, readonly string[]> = {
  crowd: crowdOnly,
  chaos: chaosOnly,
  truth: truthOnly,
  scale: scaleOnly,
};
const taken = options[name] ?? [];
const isTaken = Object.keys(values).every((option) => option === 'json' || taken.includes(option));
if (!load || positionals.length !== 1 || !isTaken) {
  usage(`usage: npm run bench -- NAME [--json], where NAME is ${Object.keys(benchmarks).join(', ')}
       npm run bench -- crowd [--viewers 1000,5000] [--minutes 5] [--arrive SECONDS] [--json]
       npm run bench -- chaos [--viewers 5000] [--minutes 10] [--seed N] [--bus postgres|redis] [--json]
       npm run bench -- scale [--costs FILE] [--json]
       npm run bench -- truth [--seeds 50] [--people 2000] [--seed N] [--json]`);
}
const startedAt = performance.now();
const measure = await load();
const { rows, figures } = await measure((step) =>
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s  ${step}`),
);
console.table(rows);
if (values.json) console.log(JSON.stringify(figures));

function crowdOptions(): CrowdOptions {
  const viewers = (values.viewers ?? '1000').split(',').map(viewersOf);
  const arriveSeconds = values.arrive === undefined ? null : Number(values.arrive);
  if (arriveSeconds !== null && !(arriveSeconds >= 1)) usage('--arrive takes a number of seconds');
  return { viewers, minutes: minutesOf(values.minutes ?? '5'), arriveSeconds };
}

function chaosOptions(): ChaosOptions {
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  if (!Number.isInteger(seed)) usage('--seed takes a whole number');
  const { bus = 'postgres' } = values;
  if (bus !== 'postgres' && bus !== 'redis') usage('--bus takes postgres or redis');
  return { viewers: viewersOf(values.viewers ?? '5000'), minutes: minutesOf(values.minutes ?? '10'), seed, bus };
}

function truthOptions(): TruthOptions {
  const [seeds, people, firstSeed] = [values.seeds ?? '50', values.people ?? '2000', values.seed ?? '1'].map(Number);
  const isWhole = (number = Number.NaN) => Number.isInteger(number) && number >= 1;
  if (!isWhole(seeds) || !isWhole(people) || !isWhole(firstSeed))
    usage('--seeds, --people and --seed take whole numbers');
  return { seeds: seeds as number, people: people as number, firstSeed: firstSeed as number };
}

function viewersOf(text: string): number {
  const viewers = Number(text);
  if (Number.isInteger(viewers) && viewers >= 10 && viewers <= 100_000) return viewers;
  return usage('--viewers takes numbers from 10 to 100000; crowd takes several, with commas between them');
}

function minutesOf(text: string): number {
  const minutes = Number(text);
  return minutes >= 1 && minutes <= 600 ? minutes : usage('--minutes takes a number from 1 to 600');
}

function usage(text: string): never {
  console.error(text);
  process.exit(2);
}
