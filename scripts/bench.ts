import { parseArgs } from 'node:util';
import type { Benchmark } from './bench/benchmark.ts';

/*
 * npm run bench -- NAME [--json]: measures, prints a table and, with --json, one JSON object as the last line.
 * crowd takes --viewers 1000,5000, --minutes 5 and --arrive 60 as well.
 */
const benchmarks: Record<string, () => Promise<Benchmark>> = {
  crowd: async () => {
    const { crowd } = await import('./bench/crowd/crowd.ts');
    return (say) => crowd(crowdOptions(), say);
  },
  delivery: async () => (await import('./bench/delivery.ts')).delivery,
  entry: async () => (await import('./bench/entry.ts')).entry,
  latency: async () => (await import('./bench/latency.ts')).latency,
  ladder: async () => (await import('./bench/ladder.ts')).ladder,
  soak: async () => (await import('./bench/soak.ts')).soak,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    viewers: { type: 'string' },
    minutes: { type: 'string' },
    arrive: { type: 'string' },
  },
});
const [name = ''] = positionals;
const load = benchmarks[name];
const forCrowd = [values.viewers, values.minutes, values.arrive].some((value) => value !== undefined);
if (!load || positionals.length !== 1 || (forCrowd && name !== 'crowd')) {
  usage(`usage: npm run bench -- NAME [--json], where NAME is ${Object.keys(benchmarks).join(', ')}
       npm run bench -- crowd [--viewers 1000,5000] [--minutes 5] [--arrive SECONDS] [--json]`);
}
const startedAt = performance.now();
const measure = await load();
const { rows, figures } = await measure((step) =>
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s  ${step}`),
);
console.table(rows);
if (values.json) console.log(JSON.stringify(figures));

function crowdOptions(): { viewers: number[]; minutes: number; arriveSeconds: number | null } {
  const viewers = (values.viewers ?? '1000').split(',').map(Number);
  if (viewers.some((count) => !Number.isInteger(count) || count < 10 || count > 100_000)) {
    usage('--viewers takes numbers from 10 to 100000, with commas between them');
  }
  const minutes = Number(values.minutes ?? 5);
  if (!(minutes >= 1 && minutes <= 600)) usage('--minutes takes a number from 1 to 600');
  const arriveSeconds = values.arrive === undefined ? null : Number(values.arrive);
  if (arriveSeconds !== null && !(arriveSeconds >= 1)) usage('--arrive takes a number of seconds');
  return { viewers, minutes, arriveSeconds };
}

function usage(text: string): never {
  console.error(text);
  process.exit(2);
}
