import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { expect, it } from 'vitest';
import { type Counted, mergedText } from '#server/metrics/merge.ts';

function registryOf(process: string): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process });
  return registry;
}

/** As it arrives over HTTP. */
async function counted(registry: Registry): Promise<Counted> {
  return JSON.parse(JSON.stringify(await registry.getMetricsAsJSON())) as Counted;
}

it('has each name once, with the values of every process beside each other', async () => {
  const both = ['worker-0', 'worker-1'].map((process, i) => {
    const register = registryOf(process);
    const registers = [register];
    new Counter({ name: 'joins_total', help: 'Joins', labelNames: ['code'], registers }).inc({ code: 'ok' }, i + 1);
    new Histogram({ name: 'lag_seconds', help: 'Lag', buckets: [1], registers }).observe(i * 2);
    return register;
  });
  const only = registryOf('media');
  new Gauge({ name: 'readers', help: 'Who reads', registers: [only] }).set(7);
  const text = await mergedText(await Promise.all([...both, only].map(counted)));
  expect(text).toBe(`# HELP joins_total Joins
# TYPE joins_total counter
joins_total{code="ok",process="worker-0"} 1
joins_total{code="ok",process="worker-1"} 2

# HELP lag_seconds Lag
# TYPE lag_seconds histogram
lag_seconds_bucket{le="1",process="worker-0"} 1
lag_seconds_bucket{le="+Inf",process="worker-0"} 1
lag_seconds_sum{process="worker-0"} 0
lag_seconds_count{process="worker-0"} 1
lag_seconds_bucket{le="1",process="worker-1"} 0
lag_seconds_bucket{le="+Inf",process="worker-1"} 1
lag_seconds_sum{process="worker-1"} 2
lag_seconds_count{process="worker-1"} 1

# HELP readers Who reads
# TYPE readers gauge
readers{process="media"} 7
`);
});

it('keeps of every process what cannot be added up, such as when it began', async () => {
  const both = ['worker-0', 'worker-1'].map(registryOf);
  for (const register of both) collectDefaultMetrics({ register });
  const text = await mergedText(await Promise.all(both.map(counted)));
  for (const name of ['process_start_time_seconds', 'nodejs_eventloop_lag_p99_seconds', 'nodejs_version_info'])
    for (const process of ['worker-0', 'worker-1'])
      expect(text).toMatch(new RegExp(`^${name}\\{[^}]*process="${process}"`, 'm'));
});

it('leaves out what another version calls by the same name and is something else', async () => {
  const [old, fresh] = [registryOf('worker-0'), registryOf('worker-1')];
  new Counter({ name: 'things', help: 'Things', registers: [old] }).inc();
  new Histogram({ name: 'things', help: 'Things', registers: [fresh] }).observe(1);
  expect(await mergedText([await counted(old), await counted(fresh)])).toBe(
    '# HELP things Things\n# TYPE things counter\nthings{process="worker-0"} 1\n',
  );
});

it('is empty of nobody', async () => {
  expect((await mergedText([])).trim()).toBe('');
});
