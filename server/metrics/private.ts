import type http from 'node:http';
import { intercept } from '../upgrades.ts';
import type { Metrics } from './metrics.ts';

/** Where each process of ours tells the supervisor what it has counted, on a port of 127.0.0.1. */
export const OWN_METRICS_PATH = '/metrics.json';

/** Answers the supervisor, which merges the workers' counts. Call it after every other interception of `privateHttp`. */
export function serveOwnMetrics(privateHttp: http.Server, metrics: Metrics): void {
  intercept(privateHttp, 'request', (req: http.IncomingMessage, res: http.ServerResponse) => {
    if (req.url !== OWN_METRICS_PATH) return false;
    metrics.registry.getMetricsAsJSON().then(
      (counted) => res.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(counted)),
      () => res.writeHead(500).end(),
    );
    return true;
  });
}
