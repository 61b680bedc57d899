import type http from 'node:http';
import { Counter, type Registry } from 'prom-client';

const KINDS: [RegExp, string][] = [
  [/\.m3u8$/, 'playlist'],
  [/\/part-[\d.]+\.m4s$/, 'part'],
  [/\/seg-\d+\.m4s$/, 'segment'],
  [/\/init-\d+\.mp4$/, 'init'],
  [/^\/control\//, 'control'],
  [/^\/uploads\//, 'upload'],
  [/^\/edge\/check$/, 'check'],
];

/** Counts answers by what was asked for, never by address. */
export function countRequests(server: http.Server, register: Registry, name: 'anke_media' | 'anke_edge'): void {
  const requests = new Counter({
    name: `${name}_requests_total`,
    help: 'Answers by what was asked for and status; 499: left before there was one',
    labelNames: ['kind', 'status'],
    registers: [register],
  });
  server.on('request', (req, res) => {
    res.once('close', () => {
      requests.inc({ kind: kindOf(req.url), status: res.headersSent ? res.statusCode : 499 });
    });
  });
}

export function kindOf(url = ''): string {
  const end = url.indexOf('?');
  const path = end < 0 ? url : url.slice(0, end);
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}
