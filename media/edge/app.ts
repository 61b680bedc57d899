import cluster from 'node:cluster';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import type { Clock } from '../clock.ts';
import type { MediaSecrets } from '../config.ts';
import { Egress } from '../egress.ts';
import type { Logger } from '../logger.ts';
import { createEdgeMetrics } from '../metrics/edge.ts';
import { Tokens } from '../tokens.ts';
import type { EdgeConfig } from './config.ts';
import { createEdgeHttp } from './http.ts';
import { Link } from './link.ts';
import { Origin } from './origin.ts';
import { Store } from './store.ts';
import { usedBy, Viewers } from './viewers.ts';

export interface Edge {
  /** What this process counts. */
  metrics: Registry;
  /** Hears of the origin whom to refuse, then listens. @throws when the port is taken or the store can't be made. */
  listen(): Promise<number>;
  close(): Promise<void>;
}

/** Puts an edge together: the origin on one side, a crowd on the other. */
export function createEdge(options: { config: EdgeConfig; secrets: MediaSecrets; clock: Clock; logger: Logger }): Edge {
  const { config, secrets, clock, logger } = options;
  const tokens = new Tokens(secrets.playback, clock);
  const viewers = new Viewers(clock);
  const egress = new Egress(config.maxEgress, clock);
  const origin = new Origin(config.origin, secrets.playback, clock);
  const link = new Link({ origin: config.origin, secret: secrets.hooks, tokens, viewers, egress, logger });
  const store = config.store === null ? null : new Store(config.store, logger);
  const http = createEdgeHttp({ origin, tokens, viewers, egress, store, memory: config.memory, clock, logger });
  const metrics = createEdgeMetrics({
    http,
    index: cluster.worker?.id ?? 0,
    onAsked: (listener) => origin.onAsked(listener),
    used: () => usedBy(viewers, egress),
    cap: config.maxEgress,
  });
  return {
    metrics,
    async listen() {
      await store?.open();
      await link.start();
      return new Promise<number>((resolve, reject) => {
        http.once('error', reject);
        http.listen({ port: config.port, host: config.host, backlog: 4_096 }, () => {
          http.off('error', reject);
          resolve((http.address() as AddressInfo).port);
        });
      });
    },
    async close() {
      link.close();
      http.closeAllConnections();
      await new Promise<void>((resolve) => {
        http.close(() => resolve());
      });
      origin.close();
    },
  };
}
