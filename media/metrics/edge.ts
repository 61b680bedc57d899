import type http from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { countRequests, kindOf } from './requests.ts';

export interface EdgeMetricsNeeds {
  http: http.Server;
  /** Which of the edge's processes this is. */
  index: number;
  /** Is called with each answer of the origin's. */
  onAsked(listener: (path: string, status: number) => void): void;
  /** Mbit/s that go out for this edge's viewers. */
  used(): number;
  /** Mbit/s; null for no cap. */
  cap: number | null;
}

const MEGA = 1_000_000;

/** What a process of the edge counts. What viewers asked for and the origin was not asked for is what the edge saves. */
export function createEdgeMetrics({ http, index, onAsked, used, cap }: EdgeMetricsNeeds): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: `edge-${index}` });
  const registers = [registry];
  countRequests(http, registry, 'anke_edge');
  const asked = new Counter({
    name: 'anke_edge_origin_requests_total',
    help: 'Answers of the media process to this edge by what was asked for and status; 0 for none',
    labelNames: ['kind', 'status'],
    registers,
  });
  onAsked((path, status) => asked.inc({ kind: kindOf(path), status }));
  new Gauge({
    name: 'anke_edge_egress_bits_per_second',
    help: 'Sent for the viewers of this edge, by itself or by a cache in front of it',
    registers,
    collect() {
      this.set(used() * MEGA);
    },
  });
  if (cap !== null)
    new Gauge({
      name: 'anke_edge_egress_cap_bits_per_second',
      help: 'Share of MAX_EGRESS of this process',
      registers,
    }).set(cap * MEGA);
  return registry;
}
