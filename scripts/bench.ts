import { parseArgs } from 'node:util';
import type { Benchmark } from './bench/benchmark.ts';

/*
 * npm run bench -- NAME [--json]: measures, prints a table and, with --json, one JSON object as the last line.
 */
const benchmarks: Record<string, () => Promise<Benchmark>> = {
  delivery: async () => (await import('./bench/delivery.ts')).delivery,
  latency: async () => (await import('./bench/latency.ts')).latency,
  ladder: async () => (await import('./bench/ladder.ts')).ladder,
  soak: async () => (await import('./bench/soak.ts')).soak,
};

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean' } } });
const load = benchmarks[positionals[0] ?? ''];
if (!load || positionals.length !== 1) {
  console.error(`usage: npm run bench -- NAME [--json], where NAME is ${Object.keys(benchmarks).join(', ')}`);
  process.exit(2);
}
const startedAt = performance.now();
const measure = await load();
const { rows, figures } = await measure((step) =>
  console.error(`${((performance.now() - startedAt) / 1_000).toFixed(1)} s  ${step}`),
);
console.table(rows);
if (values.json) console.log(JSON.stringify(figures));
