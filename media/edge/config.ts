import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { type MetricsAddress, metricsAddress } from '../metrics/listener.ts';

const Environment = z.object({
  /** The media process: `http://host:port`. */
  ORIGIN_URL: z.url({ protocol: /^http$/ }),
  EDGE_PORT: z.coerce.number().int().min(0).max(65_535).default(8090),
  EDGE_HOST: z.string().default('127.0.0.1'),
  /** Processes that share the port. Each asks the origin for itself. */
  EDGE_WORKERS: z.coerce.number().int().min(1).max(64).optional(),
  /** Where parts and segments lie as files for nginx. */
  EDGE_STORE: z.string().optional(),
  /** Megabytes of parts and segments that each process keeps. */
  EDGE_MEMORY: z.coerce.number().int().min(16).max(65_536).default(256),
  /** Mbit/s of all processes and of the cache in front together; near it new viewers are offered less. */
  MAX_EGRESS: z.coerce.number().positive().optional(),
  ANKE_DATA: z.string().default('./data'),
  /** For Prometheus, one port for all processes; without it nothing listens. */
  EDGE_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  METRICS_HOST: z.string().default('127.0.0.1'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
});

export interface EdgeConfig {
  origin: URL;
  port: number;
  host: string;
  workers: number;
  /** Absolute; null for none. */
  store: string | null;
  /** Bytes. */
  memory: number;
  /** Mbit/s of this process; null for no cap. */
  maxEgress: number | null;
  /** Absolute; only `secrets/` in it is read. */
  dataDir: string;
  metrics: MetricsAddress | null;
  logLevel: string;
}

/** Reads and checks the environment. @throws Error naming every wrong variable. */
export function loadEdgeConfig(env: NodeJS.ProcessEnv = process.env): EdgeConfig {
  const parsed = Environment.safeParse(Object.fromEntries(Object.entries(env).filter(([, value]) => value !== '')));
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`wrong environment: ${wrong.join('; ')}`);
  }
  const e = parsed.data;
  // Each would remove what it keeps no longer and another does. One is enough: nginx asks it once for everybody.
  if (e.EDGE_STORE !== undefined && (e.EDGE_WORKERS ?? 1) > 1)
    throw new Error('wrong environment: EDGE_WORKERS: with EDGE_STORE there is one process');
  const alone = Math.max(1, Math.min(4, os.availableParallelism() - 1));
  const workers = e.EDGE_WORKERS ?? (e.EDGE_STORE === undefined ? alone : 1);
  return {
    origin: new URL(e.ORIGIN_URL),
    port: e.EDGE_PORT,
    host: e.EDGE_HOST,
    workers,
    store: e.EDGE_STORE === undefined ? null : path.resolve(e.EDGE_STORE),
    memory: e.EDGE_MEMORY * 1_024 * 1_024,
    maxEgress: e.MAX_EGRESS === undefined ? null : e.MAX_EGRESS / workers,
    dataDir: path.resolve(e.ANKE_DATA),
    metrics: metricsAddress(e.EDGE_METRICS_PORT, e.METRICS_HOST, path.resolve(e.ANKE_DATA)),
    logLevel: e.LOG_LEVEL,
  };
}
