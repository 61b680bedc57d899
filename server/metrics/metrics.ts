import { performance } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, around the figures that are asked for: an ack within 1 s to 3 s, an entry within 3 s. */
const ACK_BUCKETS = [0.01, 0.03, 0.1, 0.3, 1, 1.5, 3, 10];
/** Fewer, since each route has its own. */
const ROUTE_BUCKETS = [0.03, 0.1, 0.3, 1, 3, 10];
const COMMIT_BUCKETS = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const BUS_BUCKETS = [0.003, 0.01, 0.03, 0.1, 0.3, 1, 3];
/** A live viewer is two to eight seconds behind and reports every fifteen; what a phone kept comes minutes later. */
const BEAT_LAG_BUCKETS = [2, 5, 10, 15, 20, 30, 60, 300, 600];
const BATCH_BUCKETS = [1, 10, 30, 100, 300, 1_000, 2_000];

/** What is gathered over people, by its name in the metrics. */
export type Gathered =
  | 'beats'
  | 'answers'
  | 'questions'
  | 'signs'
  | 'acts'
  | 'venue-signs'
  | 'typed-codes'
  | 'screen-looks'
  | 'screen-places'
  | 'door-looks'
  | 'throttle-looks'
  | 'sign-ins'
  | 'people-looks'
  | 'invitation-looks'
  | 'list-looks'
  | 'credit-looks'
  | 'paper-looks'
  | 'answer-looks'
  | 'entries'
  | 'screen-beats'
  | 'screen-sign-ins';

export type Metrics = ReturnType<typeof createMetrics>;

/** What a gather tells of itself. */
export interface GatherMetrics {
  /** How many items wait or are being written is asked for at each scrape. */
  waiting(size: () => number): void;
  /** A batch is committed. */
  written(items: number, seconds: number): void;
}

/**
 * What a worker counts, each worker in a registry of its own. Labels have few values, all known beforehand: an event, a code,
 * a route's pattern. Nothing of a person, and nothing that somebody typed.
 */
export function createMetrics(workerNumber: number) {
  const registry = new Registry();
  registry.setDefaultLabels({ process: `worker-${workerNumber}` });
  const registers = [registry];

  const socketRequests = new Histogram({
    name: 'anke_socket_request_seconds',
    help: 'From a socket request (room:join, beat:send, quiz:answer, …) to its ack',
    labelNames: ['event'],
    buckets: ACK_BUCKETS,
    registers,
  });
  const refusals = new Counter({
    name: 'anke_refusals_total',
    help: 'Requests that were refused, by code; via is http or the socket event',
    labelNames: ['via', 'code'],
    registers,
  });
  const httpRequests = new Counter({
    name: 'anke_http_requests_total',
    help: 'Answers by method, route pattern and status',
    labelNames: ['method', 'route', 'status'],
    registers,
  });
  const httpSeconds = new Histogram({
    name: 'anke_http_request_seconds',
    help: 'From a request to the end of its answer, by route pattern',
    labelNames: ['route'],
    buckets: ROUTE_BUCKETS,
    registers,
  });
  const beatsStored = new Counter({ name: 'anke_beats_stored_total', help: 'Beats committed, each once', registers });
  const beatLag = new Histogram({
    name: 'anke_beat_lag_seconds',
    help: 'From the end of what a beat reports to its commit',
    buckets: BEAT_LAG_BUCKETS,
    registers,
  });
  const gatherCommit = new Histogram({
    name: 'anke_gather_commit_seconds',
    help: 'From the begin of a batch’s transaction to its commit',
    labelNames: ['what'],
    buckets: COMMIT_BUCKETS,
    registers,
  });
  const gatherBatch = new Histogram({
    name: 'anke_gather_batch_items',
    help: 'Items of a committed batch',
    labelNames: ['what'],
    buckets: BATCH_BUCKETS,
    registers,
  });
  const gatherWaiting = new Map<string, () => number>();
  new Gauge({
    name: 'anke_gather_waiting',
    help: 'Items that wait for their batch or are being written',
    labelNames: ['what'],
    registers,
    collect() {
      for (const [what, size] of gatherWaiting) this.set({ what }, size());
    },
  });
  const busLag = new Histogram({
    name: 'anke_bus_lag_seconds',
    help: 'From the sending of a frame to its receipt here, over the bus; from others over hosts as exact as their clocks',
    labelNames: ['from'],
    buckets: BUS_BUCKETS,
    registers,
  });
  const busSent = new Counter({ name: 'anke_bus_sent_total', help: 'Frames sent on the bus', registers });
  const busSends = new Counter({
    name: 'anke_bus_sends_total',
    help: 'In so many goes: a NOTIFY, or an entry of the Redis stream, each',
    registers,
  });
  const busMissed = new Counter({
    name: 'anke_bus_missed_total',
    help: 'Times that rooms were read again because messages may not have come',
    registers,
  });
  const longPolling = new Counter({
    name: 'anke_long_polling_passed_total',
    help: 'Requests of long-polling connections passed on to the worker that holds them',
    labelNames: ['outcome'],
    registers,
  });
  new Counter({
    name: 'anke_event_loop_active_seconds_total',
    help: 'Time in which the event loop was busy; its rate is the utilisation',
    registers,
    collect() {
      const active = performance.eventLoopUtilization().active / 1_000;
      this.reset();
      this.inc(active);
    },
  });

  return {
    registry,

    /** @param code undefined when it was acked */
    socketRequest(event: string, seconds: number, code?: string): void {
      socketRequests.observe({ event }, seconds);
      if (code !== undefined) refusals.inc({ via: event, code });
    },
    httpRequest(method: string, route: string, status: number, seconds: number): void {
      httpRequests.inc({ method, route, status });
      httpSeconds.observe({ route }, seconds);
    },
    httpRefusal: (code: string): void => refusals.inc({ via: 'http', code }),
    /** @param ends of what each reports, epoch ms */
    beatsStored(ends: number[], now: number): void {
      beatsStored.inc(ends.length);
      for (const end of ends) beatLag.observe(Math.max(0, now - end) / 1_000);
    },
    gather(what: Gathered): GatherMetrics {
      return {
        waiting: (size) => void gatherWaiting.set(what, size),
        written(items, seconds) {
          gatherBatch.observe({ what }, items);
          gatherCommit.observe({ what }, seconds);
        },
      };
    },
    /** @param sentAt epoch ms by the sender's clock */
    busHeard(from: 'self' | 'others', sentAt: number, now: number): void {
      busLag.observe({ from }, Math.max(0, now - sentAt) / 1_000);
    },
    /** In one go. */
    busSent(frames: number): void {
      busSends.inc();
      busSent.inc(frames);
    },
    busMissed: (): void => busMissed.inc(),
    longPollingPassed: (outcome: 'answered' | 'failed'): void => longPolling.inc({ outcome }),

    /** Something that is asked for at each scrape. */
    gauge<L extends string = never>(
      name: `anke_${string}`,
      help: string,
      labelNames: L[],
      values: () => Iterable<[Record<L, string>, number]> | Promise<Iterable<[Record<L, string>, number]>>,
    ): void {
      new Gauge<string>({
        name,
        help,
        labelNames,
        registers,
        async collect() {
          this.reset();
          for (const [labels, value] of await values()) this.set(labels, value);
        },
      });
    },
  };
}
