import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MetricsListener, metricsAddress } from '#media/metrics/listener.ts';
import { loadConfig } from '#server/config.ts';
import { createLogger } from '#server/logger.ts';
import { OWN_METRICS_PATH } from '#server/metrics/private.ts';
import { createScrape, type Source } from '#server/metrics/scrape.ts';
import { metricIn } from '#tests/support/metrics.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

async function listening(server: http.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ends.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

async function scrapeOf(token: string | null, sources: Source[] = []): Promise<string> {
  const logger = createLogger('silent', 'test');
  return `http://127.0.0.1:${await listening(createScrape({ token, sources: () => sources, logger }))}/metrics`;
}

async function mediaListener(token: string | null): Promise<string> {
  const exposition = { text: async () => 'things 1\n', json: async () => [] };
  const listener = new MetricsListener({ host: '127.0.0.1', port: 0, token }, exposition);
  const port = await listener.listen();
  ends.push(() => listener.close());
  return `http://127.0.0.1:${port}/metrics`;
}

describe.each([
  ['the supervisor’s', scrapeOf],
  ['media’s and the edge’s', mediaListener],
])('%s port', (_, serve) => {
  it('asks for the token where it has one', async () => {
    const address = await serve('t0ken');
    const status = async (authorization?: string) =>
      (await fetch(address, authorization === undefined ? {} : { headers: { authorization } })).status;
    const wrong = [undefined, '', 'Bearer', 'Bearer ', 'Bearer t0kem', 'Bearer t0ken2', 'Basic t0ken', 't0ken'];
    for (const each of wrong) expect([each, await status(each)]).toEqual([each, 401]);
    expect(await status('Bearer t0ken')).toBe(200);
  });

  it('serves metrics alone', async () => {
    const address = await serve(null);
    expect((await fetch(address)).headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect((await fetch(address, { method: 'POST' })).status).toBe(405);
    for (const path of ['/', '/metrics/', '/metrics?x', '/api/v1/me'])
      expect([path, (await fetch(new URL(path, address))).status]).toEqual([path, 404]);
  });
});

it('a process that is away, fails or talks nonsense is shown as down, beside the others', async () => {
  const answering = (status: number, body: string) =>
    listening(http.createServer((req, res) => res.writeHead(req.url === OWN_METRICS_PATH ? status : 404).end(body)));
  const counted = [{ name: 'things', help: 'Things', type: 'gauge', values: [{ value: 3, labels: { process: 'a' } }] }];
  const address = await scrapeOf(null, [
    { process: 'a', port: await answering(200, JSON.stringify(counted)), restarts: 0 },
    { process: 'b', port: await answering(500, ''), restarts: 2 },
    { process: 'c', port: await answering(200, '<html>'), restarts: 0 },
    { process: 'd', port: 0, restarts: 5 },
  ]);
  const text = await (await fetch(address)).text();
  const up = (process: string) => metricIn(text, 'anke_process_up', { process });
  expect(['a', 'b', 'c', 'd'].map(up)).toEqual([1, 0, 0, 0]);
  expect(metricIn(text, 'anke_process_restarts_total', { process: 'd' })).toBe(5);
  expect(metricIn(text, 'things')).toBe(3);
  expect(metricIn(text, 'process_cpu_seconds_total', { process: 'supervisor' })).toBeGreaterThan(0);
});

describe('METRICS_HOST', () => {
  const guarded = (host: string) => loadConfig({ METRICS_PORT: '9464', METRICS_HOST: host }).metrics?.guarded;

  it('needs a token wherever others reach it', async () => {
    expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].map(guarded)).toEqual([false, false, false, false]);
    expect(['0.0.0.0', '::', '10.0.0.5', '127.0.0.1.example.org'].map(guarded)).toEqual([true, true, true, true]);
    expect(loadConfig({}).metrics).toBeNull();
    const dataDir = await temporaryFolder();
    ends.push(() => fs.rmSync(dataDir, { recursive: true }));
    expect(() => metricsAddress(9_464, '0.0.0.0', dataDir)).toThrow('secrets/metrics');
    fs.mkdirSync(path.join(dataDir, 'secrets'));
    fs.writeFileSync(path.join(dataDir, 'secrets/metrics'), 'abc\n');
    expect(metricsAddress(9_464, '0.0.0.0', dataDir)).toEqual({ host: '0.0.0.0', port: 9_464, token: 'abc' });
    expect(metricsAddress(9_464, '127.0.0.1', dataDir)?.token).toBeNull();
    expect(metricsAddress(undefined, '0.0.0.0', dataDir)).toBeNull();
  });
});
