import { timingSafeEqual } from 'node:crypto';
import http from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { countProcess } from '#media/metrics/process.ts';
import type { Logger } from '../logger.ts';
import { type Counted, mergedText } from './merge.ts';
import { OWN_METRICS_PATH } from './private.ts';

/** A process whose metrics are part of a scrape. */
export interface Source {
  /** Its name in the label `process`. */
  process: string;
  /** On 127.0.0.1; 0 while it is away. */
  port: number;
  restarts: number;
}

export interface ScrapeOptions {
  /** Without it whoever reaches the port may read; for loopback alone. */
  token: string | null;
  sources(): Source[];
  logger: Logger;
}

/** A process that is busy for longer is left out and shown as down; Prometheus itself waits ten seconds. */
const PATIENCE_MS = 2_000;

/**
 * `/metrics` of this host, for Prometheus: of the supervisor itself, which always has time, and of every process that
 * answers it.
 */
export function createScrape({ token, sources, logger }: ScrapeOptions): http.Server {
  const own = new Registry();
  own.setDefaultLabels({ process: 'supervisor' });
  countProcess(own);
  const up = new Gauge({
    name: 'anke_process_up',
    help: '1 for a process that answered this scrape within two seconds, 0 for one that did not or is away',
    labelNames: ['process'],
    registers: [own],
  });
  const restarts = new Counter({
    name: 'anke_process_restarts_total',
    help: 'Times that the supervisor started a process again',
    labelNames: ['process'],
    registers: [own],
  });

  async function text(): Promise<string> {
    const present = sources();
    const answers = await Promise.all(present.map(({ port }) => countedBy(port)));
    up.reset();
    restarts.reset();
    present.forEach(({ process, restarts: times }, i) => {
      up.set({ process }, answers[i] ? 1 : 0);
      restarts.inc({ process }, times);
    });
    const counted = answers.filter((answer) => answer !== null);
    return mergedText([(await own.getMetricsAsJSON()) as Counted, ...counted]);
  }

  return http.createServer({ requestTimeout: 10_000 }, (req, res) => {
    const refuse = (status: number, headers = {}) => res.writeHead(status, headers).end();
    if (req.url !== '/metrics') return refuse(404);
    if (req.method !== 'GET') return refuse(405);
    if (token !== null && !isBearer(req.headers.authorization, token))
      return refuse(401, { 'www-authenticate': 'Bearer' });
    text().then(
      (body) => res.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE }).end(body),
      (error: unknown) => {
        logger.error({ err: error }, 'metrics could not be put together');
        refuse(500);
      },
    );
  });
}

async function countedBy(port: number): Promise<Counted | null> {
  if (port === 0) return null;
  try {
    const answer = await fetch(`http://127.0.0.1:${port}${OWN_METRICS_PATH}`, {
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    return answer.ok ? ((await answer.json()) as Counted) : null;
  } catch {
    return null;
  }
}

function isBearer(header: string | undefined, token: string): boolean {
  const given = Buffer.from(header ?? '');
  const wanted = Buffer.from(`Bearer ${token}`);
  return given.length === wanted.length && timingSafeEqual(given, wanted);
}
