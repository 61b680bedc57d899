import cluster from 'node:cluster';
import fs from 'node:fs';
import { AggregatorRegistry, type Registry } from 'prom-client';
import { systemClock } from '../clock.ts';
import { loadSecrets } from '../config.ts';
import { createLogger } from '../logger.ts';
import { MetricsListener } from '../metrics/listener.ts';
import { countProcess } from '../metrics/process.ts';
import { orExit } from '../or-exit.ts';
import { createEdge } from './app.ts';
import { loadEdgeConfig } from './config.ts';

const RESTART_MS = 1_000;

const { config, secrets } = orExit(() => {
  if (fs.existsSync('.env')) process.loadEnvFile('.env');
  const config = loadEdgeConfig();
  return { config, secrets: loadSecrets(config.dataDir) };
});
const logger = createLogger(config.logLevel);
let ending = false;

if (cluster.isPrimary && config.workers > 1) lead();
else await serve();

/** Starts the processes that share the port, and starts again those that die. */
function lead(): void {
  const gathered = new AggregatorRegistry();
  const metrics = serveMetrics(() => gathered.clusterMetrics());
  for (let n = 0; n < config.workers; n += 1) cluster.fork();
  cluster.on('exit', (worker, code, signal) => {
    if (ending) return;
    logger.error({ pid: worker.process.pid, code, signal }, 'an edge process ended');
    setTimeout(() => ending || cluster.fork(), RESTART_MS);
  });
  const end = () => {
    ending = true;
    metrics?.close();
    for (const worker of Object.values(cluster.workers ?? {})) worker?.kill('SIGTERM');
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

async function serve(): Promise<void> {
  const edge = createEdge({ config, secrets, clock: systemClock, logger });
  countProcess(edge.metrics);
  if (cluster.isPrimary) serveMetrics(() => edge.metrics.metrics());
  else tellLeader(edge.metrics);
  const end = async () => {
    if (ending) return;
    ending = true;
    await edge.close();
    process.exit(0);
  };
  process.on('SIGTERM', () => void end());
  process.on('SIGINT', () => void end());
  process.once('disconnect', () => void end());
  try {
    const port = await edge.listen();
    logger.info({ port, origin: config.origin.origin }, 'edge listening');
  } catch (error) {
    logger.fatal({ err: error }, 'the edge cannot listen: set EDGE_PORT to a free port');
    process.exit(1);
  }
}

/** Metrics must not keep the edge from serving: without their port there are none. */
function serveMetrics(text: () => Promise<string>): MetricsListener | null {
  if (!config.metrics) return null;
  const { host } = config.metrics;
  const listener = new MetricsListener(config.metrics, { text });
  listener.listen().then(
    (port) => logger.info({ host, port }, 'metrics served'),
    (error: unknown) => logger.error({ err: error }, 'no metrics: EDGE_METRICS_PORT cannot be listened on'),
  );
  return listener;
}

/** The leader asks by itself, as AggregatorRegistry does it between processes of a cluster. */
function tellLeader(metrics: Registry): void {
  AggregatorRegistry.setRegistries([metrics]);
  new AggregatorRegistry();
}
