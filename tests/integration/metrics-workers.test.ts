import { randomUUID } from 'node:crypto';
import net from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Counted, mergedText } from '#server/metrics/merge.ts';
import type { ReadinessReport } from '#server/readiness.ts';
import { startApp, type TestApp } from '#tests/support/app.ts';
import { seedFirstClass } from '#tests/support/classes.ts';
import type { District } from '#tests/support/district.ts';
import { metricIn } from '#tests/support/metrics.ts';
import { admission, beat } from '#tests/support/room-entry.ts';
import { RoomSocket } from '#tests/support/room-socket.ts';

/* What two workers of one installation count, as the supervisor asks for it on their private ports. */

const soon = { timeout: 45_000, interval: 100 };

let first: TestApp;
let second: TestApp;
let district: District;
let sessionId: string;
let liveQuestionId: string;
const ports: number[] = [];

beforeAll(async () => {
  first = await startApp({ ports });
  second = await startApp({ ports, beside: first });
  district = await first.seedDistrict();
  ({ sessionId, liveQuestionId } = await seedFirstClass(first, district));
});
afterAll(async () => {
  await second?.close();
  await first?.close();
});

async function scrape(): Promise<string> {
  const counted = ports.map(async (port) => {
    const answer = await fetch(`http://127.0.0.1:${port}/metrics.json`);
    return (await answer.json()) as Counted;
  });
  return mergedText(await Promise.all(counted));
}

const FIRST = { process: 'worker-0' };
const SECOND = { process: 'worker-1' };
/** Nobody has started a media process. */
const parts = { database: 'ok', migrations: 'ok', bus: 'ok', media: 'failing' };

let before: string;
beforeEach(async () => {
  before = await scrape();
});

/** By how much a counter has grown since the test began. */
async function grown(name: string, labels: Record<string, string>): Promise<number> {
  return (metricIn(await scrape(), name, labels) ?? 0) - (metricIn(before, name, labels) ?? 0);
}

async function enter(app: TestApp, setting = {}): Promise<RoomSocket> {
  const learner = await district.joined(district.principalA, district.unitA.joinCode);
  const { ticket } = await admission(learner, sessionId, randomUUID());
  return RoomSocket.enter(app.url, ticket, setting);
}

it('counts who is there, by worker and transport', async () => {
  const sockets = [await enter(first), await enter(second), await enter(second, { transports: ['polling'] })];
  await vi.waitFor(async () => {
    const there = await scrape();
    expect([metricIn(there, 'anke_viewers', FIRST), metricIn(there, 'anke_viewers', SECOND)]).toEqual([1, 2]);
    expect(metricIn(there, 'anke_rooms')).toBe(2);
    expect(metricIn(there, 'anke_sockets', { ...SECOND, transport: 'polling' })).toBe(1);
    expect(metricIn(there, 'anke_sockets', { transport: 'websocket' })).toBe(2);
  }, soon);
  await expect.poll(() => grown('anke_socket_request_seconds_count', { event: 'room:join' }), soon).toBe(3);
  for (const socket of sockets) await socket.close();
  await expect.poll(async () => metricIn(await scrape(), 'anke_viewers'), soon).toBe(0);
});

it('counts beats and answers once, when they are committed, and how late they were', async () => {
  const socket = await enter(second);
  const startedAt = first.clock();
  first.clock.advance(20_000);
  const beats = [beat(1, startedAt, 10), beat(2, startedAt + 10_000, 5)];
  await socket.request('beat:send', { beats });
  // What is sent again is stored already.
  await socket.request('beat:send', { beats });
  await socket.request('quiz:answer', { liveQuestionId, choice: [0] });
  await expect.poll(() => grown('anke_beats_stored_total', SECOND), soon).toBe(2);
  await expect.poll(() => grown('anke_beat_lag_seconds_count', SECOND), soon).toBe(2);
  // They end 10 s and 5 s before the clock.
  await expect.poll(() => grown('anke_beat_lag_seconds_sum', SECOND), soon).toBe(15);
  await expect.poll(() => grown('anke_socket_request_seconds_count', { ...SECOND, event: 'beat:send' }), soon).toBe(2);
  await expect.poll(() => grown('anke_gather_batch_items_count', { ...SECOND, what: 'beats' }), soon).toBe(2);
  await expect.poll(() => grown('anke_gather_batch_items_sum', { ...SECOND, what: 'answers' }), soon).toBe(1);
  await expect.poll(() => grown('anke_gather_commit_seconds_sum', { what: 'answers' }), soon).toBeGreaterThan(0);
  await expect.poll(() => grown('anke_beats_stored_total', FIRST), soon).toBe(0);
  for (const what of ['beats', 'answers']) {
    await expect.poll(async () => metricIn(await scrape(), 'anke_gather_waiting', { what }), soon).toBe(0);
  }
  await socket.close();
});

it('counts refusals by code, of sockets and of HTTP', async () => {
  const socket = await RoomSocket.connect(first.url);
  await socket.refusal('room:join', { ticket: 'forged' });
  await socket.refusal('beat:send', { beats: 'none' });
  await socket.close();
  await district.clients.bureau.fetch(`/api/v1/courses/${randomUUID()}`);
  const refused = (via: string, code: string) => grown('anke_refusals_total', { ...FIRST, via, code });
  await expect.poll(() => refused('room:join', 'bad-ticket'), soon).toBe(1);
  await expect.poll(() => refused('beat:send', 'bad-request'), soon).toBe(1);
  await expect.poll(() => refused('http', 'not-found'), soon).toBe(1);
});

it('counts HTTP by the route’s pattern, and shows nothing of a person or of what somebody typed', async () => {
  const { bureau } = district.clients;
  await bureau.call('GET /sessions/:sessionId/room', { params: { sessionId } });
  for (const path of ['/api/v1/nothing/secret-word', '/secret-word', '/assets/secret-word.js', '/API/V1/secret-word'])
    await first.client().fetch(path);
  const room = { method: 'GET', route: '/api/v1/sessions/:sessionId/room', status: '200' };
  await expect.poll(() => grown('anke_http_requests_total', room), soon).toBe(1);
  await expect.poll(() => grown('anke_http_requests_total', { route: '/assets', status: '404' }), soon).toBe(1);
  await expect.poll(() => grown('anke_http_requests_total', { route: '/api/v1', status: '404' }), soon).toBe(1);
  await expect.poll(() => grown('anke_http_request_seconds_count', { route: room.route }), soon).toBe(1);
  const text = await scrape();
  expect(text).not.toContain('secret-word');
  expect(text).not.toMatch(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  for (const { name } of [district.principalA, district.personA]) expect(text).not.toContain(name);
});

it('counts long-polling requests that another worker holds', async () => {
  const polling = '/socket.io/?EIO=4&transport=polling';
  const { sid } = JSON.parse((await (await fetch(`${first.url}${polling}`)).text()).slice(1)) as { sid: string };
  await fetch(`${second.url}${polling}&sid=${sid}`, { method: 'POST', body: '40' });
  await expect.poll(() => grown('anke_long_polling_passed_total', { ...SECOND, outcome: 'answered' }), soon).toBe(1);
  await expect.poll(() => grown('anke_long_polling_passed_total', FIRST), soon).toBe(0);
});

it('measures the bus by what the workers announce anyway', async () => {
  await expect.poll(() => grown('anke_bus_lag_seconds_count', FIRST), soon).toBeGreaterThan(0);
  const heard = async () => metricIn(await scrape(), 'anke_bus_workers_heard', SECOND);
  await expect.poll(heard, soon).toBe(1);
});

it('shows the pool, the event loop and what the worker is ready for', async () => {
  const text = await scrape();
  expect(metricIn(text, 'anke_db_connections_max', FIRST)).toBe(10);
  expect(metricIn(text, 'anke_db_connections', { ...FIRST, state: 'idle' })).toBeGreaterThan(0);
  expect(metricIn(text, 'anke_event_loop_active_seconds_total', FIRST)).toBeGreaterThan(0);
  const ready = (part: string) => metricIn(text, 'anke_ready', { ...FIRST, part });
  expect(['database', 'migrations', 'bus', 'media'].map(ready)).toEqual([1, 1, 1, 0]);
});

describe('the public port', () => {
  it('has no metrics, whatever is asked', async () => {
    const { port } = new URL(first.url);
    const asked = [
      '/metrics',
      '/metrics.json',
      '//metrics.json',
      '/metrics.json?sid=1.x',
      '/socket.io/../metrics.json?EIO=4&transport=polling&sid=1.x',
      '/socket.io/%2e%2e/metrics.json?sid=1.x',
      '/media/../metrics.json',
      '/internal/media/../../metrics.json',
      'http://127.0.0.1/metrics.json',
    ];
    for (const path of asked) {
      const answer = await raw(Number(port), `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      expect([path, answer.slice(0, 9)]).toEqual([path, 'HTTP/1.1 ']);
      expect([path, answer.includes('anke_')]).toEqual([path, false]);
    }
  });

  it('says whether the worker is ready, and why not, without its causes', async () => {
    const asked = async () => {
      const answer = await fetch(`${first.url}/health/ready`);
      return [answer.status, await answer.json()];
    };
    await expect.poll(asked, soon).toEqual([200, { ready: true, parts }]);
  });
});

it('a worker whose database is away is not ready, which /health/ready and the metrics say, and is again when it is back', async () => {
  const url = new URL(first.config.databaseUrl ?? '');
  const name = url.pathname.slice(1);
  url.pathname = '/postgres';
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  const ready = async () => {
    const answer = await fetch(`${first.url}/health/ready`);
    return [answer.status, ((await answer.json()) as ReadinessReport).parts] as const;
  };
  await expect.poll(ready, soon).toEqual([200, parts]);
  try {
    await admin.query(`alter database "${name}" with allow_connections false`);
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name]);
    // The tables were there before: only what may have changed is asked for.
    const away = { database: 'failing', migrations: 'ok', bus: 'failing', media: 'failing' };
    await expect.poll(ready, soon).toEqual([503, away]);
    const shown = async () => metricIn(await scrape(), 'anke_ready', { ...FIRST, part: 'database' });
    await expect.poll(shown, soon).toBe(0);
  } finally {
    await admin.query(`alter database "${name}" with allow_connections true`);
    await admin.end();
  }
  await expect.poll(ready, soon).toEqual([200, parts]);
});

/** What a server says to these bytes until it closes: a client's own library would tidy the address up. */
function raw(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request));
    socket.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    socket.on('error', reject).on('close', () => resolve(answer));
  });
}
