import { readFile, rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '#server/supervisor/ports.ts';
import { changeState, keepPublishing, scheduleClass } from '#tests/support/class.ts';
import { Learner } from '#tests/support/class-learner.ts';
import { Picture } from '#tests/support/class-picture.ts';
import { startEdgeProcess, until } from '#tests/support/media-run.ts';
import { metricIn } from '#tests/support/metrics.ts';
import { publishTestSignal } from '#tests/support/publish.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { startWhole, type WholeRun } from '#tests/support/whole-run.ts';

/* One scrape of a host with a class on it, and what the dashboard and the alerts make of it. */

const soon = { timeout: 60_000, interval: 200 };

let dataDir: string;
let run: WholeRun;
let scrapeUrl: string;
let edgeScrapeUrl: string;
let sessionId: string;
const ends: (() => unknown)[] = [];

beforeAll(async () => {
  dataDir = await temporaryFolder();
  ends.unshift(() => rm(dataDir, { recursive: true }));
  const [port, edgePort] = [await freePort(), await freePort()];
  scrapeUrl = `http://127.0.0.1:${port}/metrics`;
  edgeScrapeUrl = `http://127.0.0.1:${edgePort}/metrics`;
  run = await startWhole(dataDir, { env: { METRICS_PORT: String(port), MAX_EGRESS: '800' } });
  ends.unshift(() => run.stop());
  const plan = { enterprises: 1, peopleEach: 2, attendanceSeconds: 5 };
  const held = await scheduleClass(run.url, await run.setupCode(), plan);
  ({ sessionId } = held);
  await changeState(held, 'live');
  const publisher = keepPublishing(() => publishTestSignal(held.rtmpUrl, { size: '320x180' }));
  ends.unshift(() => publisher.stop());
  const picture = new Picture(held.bureau, sessionId);
  ends.unshift(() => picture.close());
  await until(() => picture.state !== null);
  const entering = { sessionId, picture, beatMs: 1_000 };
  const learners = await Promise.all(held.people.map((person) => Learner.enter(run.url, person, entering)));
  ends.unshift(() => {
    for (const learner of learners) learner.close();
  });
  await until(() => learners.every(({ acked }) => acked.size > 1));
  // The workers pass an edge's questions on as they do a viewer's.
  const edge = await startEdgeProcess(dataDir, run.url, {
    EDGE_WORKERS: '2',
    EDGE_METRICS_PORT: String(edgePort),
    MAX_EGRESS: '800',
  });
  ends.unshift(() => edge.stop());
});

afterAll(async () => {
  for (const end of ends) await end();
});

async function scrape(url = scrapeUrl): Promise<string> {
  return (await fetch(url)).text();
}

test('one scrape sees every process of the host, and the class', () => vi.waitFor(seesAll, soon));

async function seesAll(): Promise<void> {
  const text = await scrape();
  const processes = ['worker-0', 'worker-1', 'media'];
  for (const process of [...processes, 'supervisor']) {
    expect(metricIn(text, 'process_resident_memory_bytes', { process })).toBeGreaterThan(1e7);
    expect(metricIn(text, 'nodejs_eventloop_lag_p99_seconds', { process })).toBeGreaterThan(0);
  }
  for (const process of processes) expect(metricIn(text, 'anke_process_up', { process })).toBe(1);
  expect(metricIn(text, 'anke_viewers')).toBe(2);
  expect(metricIn(text, 'anke_beats_stored_total')).toBeGreaterThan(2);
  const of = { session: sessionId, kind: 'live' };
  expect(metricIn(text, 'anke_media_publishing', of)).toBe(1);
  expect(metricIn(text, 'anke_media_lag_seconds', of)).toBeLessThan(60);
  expect(metricIn(text, 'anke_media_rung_made', { ...of, rung: '360p' })).toBe(1);
  expect(metricIn(text, 'anke_media_recording_failing', of)).toBe(0);
  expect(metricIn(text, 'anke_media_publishers', { session: sessionId, state: 'on-air' })).toBe(1);
  expect(metricIn(text, 'anke_media_requests_total', { kind: 'playlist', status: '200' })).toBeGreaterThan(0);
  expect(metricIn(text, 'anke_media_egress_cap_bits_per_second', { of: 'own' })).toBe(8e8);
  for (const part of ['database', 'migrations', 'bus', 'media']) expect(metricIn(text, 'anke_ready', { part })).toBe(2);
}

test('a worker that hangs is shown as down, and the rest is seen meanwhile', async () => {
  const [, hanging] = (await run.pids()).workers;
  process.kill(hanging as number, 'SIGSTOP');
  try {
    await vi.waitFor(async () => {
      const text = await scrape();
      expect(metricIn(text, 'anke_process_up', { process: 'worker-1' })).toBe(0);
      expect(metricIn(text, 'anke_viewers', { process: 'worker-1' })).toBeUndefined();
      expect(metricIn(text, 'anke_db_connections_max', { process: 'worker-0' })).toBe(10);
    }, soon);
  } finally {
    process.kill(hanging as number, 'SIGCONT');
  }
  const back = async () => metricIn(await scrape(), 'anke_process_up', { process: 'worker-1' });
  await expect.poll(back, soon).toBe(1);
});

test('a killed worker is counted as restarted', async () => {
  const [killed] = (await run.pids()).workers;
  process.kill(killed as number, 'SIGKILL');
  const restarts = async () => metricIn(await scrape(), 'anke_process_restarts_total', { process: 'worker-0' });
  await expect.poll(restarts, soon).toBe(1);
  const back = async () => metricIn(await scrape(), 'anke_process_up', { process: 'worker-0' });
  await expect.poll(back, soon).toBe(1);
});

describe('what an operator watches', () => {
  /** Label names by metric, of what is exported; a histogram by each of its three names. */
  async function exported(): Promise<Map<string, Set<string>>> {
    const labels = new Map<string, Set<string>>();
    for (const text of [await scrape(), await scrape(edgeScrapeUrl)]) {
      for (const [, name = '', type] of text.matchAll(/^# TYPE (\w+) (\w+)$/gm))
        for (const end of type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''])
          labels.set(name + end, new Set());
      for (const [, name = '', pairs = ''] of text.matchAll(/^(\w+)\{(.*)\} /gm))
        for (const [, label = ''] of pairs.matchAll(/(\w+)="/g)) labels.get(name)?.add(label);
    }
    return labels;
  }

  /** Labels that Prometheus adds. */
  const ADDED = ['job', 'instance'];

  const sources = {
    'deploy/grafana/anke.json': (text: string) =>
      JSON.stringify(JSON.parse(text).panels.map(({ targets }: { targets?: unknown }) => targets)).replaceAll(
        '\\"',
        '"',
      ),
    'deploy/prometheus/alerts.yml': (text: string) => (text.match(/^\s+expr: .*$/gm) ?? []).join('\n'),
  };

  test.each(Object.entries(sources))('%s names what is exported, and nothing else', async (file, queriesIn) => {
    const text = await readFile(new URL(`../../${file}`, import.meta.url), 'utf8');
    const queries = queriesIn(text);
    const named = new Set(queries.match(/\b(?:anke|process|nodejs)_\w+/g));
    expect(named.size).toBeGreaterThan(10);
    // A process that is busy for a moment is missing from a scrape.
    let there = new Map<string, Set<string>>();
    await vi.waitFor(async () => {
      there = await exported();
      expect([...named].filter((name) => !there.has(name))).toEqual([]);
    }, soon);
    for (const [, name = '', selector = ''] of queries.matchAll(/\b(\w+)\{([^}]*)\}/g)) {
      const known = there.get(name);
      // Of what has not happened yet no label is known.
      if (!known?.size) continue;
      const asked = [...selector.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label]) => label ?? '');
      expect([name, asked.filter((label) => !known.has(label) && !ADDED.includes(label))]).toEqual([name, []]);
    }
  });

  test('the edge’s processes are seen in one scrape, too', () =>
    vi.waitFor(async () => {
      const text = await scrape(edgeScrapeUrl);
      expect(metricIn(text, 'process_resident_memory_bytes', { process: 'edge-1' })).toBeGreaterThan(1e7);
      expect(metricIn(text, 'process_resident_memory_bytes', { process: 'edge-2' })).toBeGreaterThan(1e7);
      expect(metricIn(text, 'anke_edge_egress_cap_bits_per_second')).toBe(8e8);
    }, soon));
});
