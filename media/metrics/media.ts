import fs from 'node:fs/promises';
import type http from 'node:http';
import { Gauge, Registry } from 'prom-client';
import type { BroadcastStatus, EgressStatus } from '#contract/media.ts';
import { countRequests } from './requests.ts';

export interface MediaMetricsNeeds {
  http: http.Server;
  dataDir: string;
  /** Of every open broadcast, outside streams among them. */
  status(): BroadcastStatus[];
  /** Mbit/s: what this process sends. */
  egress(): EgressStatus;
  /** The same with what the edges say that they send. */
  whole(): EgressStatus;
  /** Events that the app has not taken. */
  outbox(): number;
}

const MEGA = 1_000_000;

/**
 * What the media process counts. A session's id is a label of open broadcasts alone, of which there are few, and goes with
 * them.
 */
export function createMediaMetrics(needs: MediaMetricsNeeds): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ process: 'media' });
  countRequests(needs.http, registry, 'anke_media');

  const status = forOneScrape(needs.status);

  /** Something that is asked for at each scrape. */
  function gauge<L extends string>(
    name: `anke_media_${string}`,
    help: string,
    labelNames: L[],
    values: () => [Record<L, string>, number | null][] | Promise<[Record<L, string>, number | null][]>,
  ): void {
    new Gauge<string>({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        this.reset();
        for (const [labels, value] of await values()) if (value !== null) this.set(labels, value);
      },
    });
  }
  const each = (name: `anke_media_${string}`, help: string, value: (status: BroadcastStatus) => number | null) =>
    gauge(name, help, ['session', 'kind'], () =>
      status().map((status) => [{ session: status.sessionId, kind: status.kind }, value(status)]),
    );

  gauge('anke_media_broadcasts', 'Open broadcasts', ['kind'], () =>
    (['preview', 'live'] as const).map((kind) => [{ kind }, status().filter((one) => one.kind === kind).length]),
  );
  each('anke_media_publishing', '1 while a publisher is seen, 0 while it is lost or not there yet', (status) =>
    Number(status.publishing),
  );
  each('anke_media_lag_seconds', 'How far the newest packaged frame is behind the wall clock', ({ lagMs }) =>
    lagMs === null ? null : lagMs / 1_000,
  );
  each('anke_media_source_bits_per_second', 'Bitrate of whoever is on air', ({ bitrate }) => bitrate);
  each('anke_media_reduced', '1 where fewer rungs are made than should be, since the machine fell behind', (status) =>
    Number(status.reduced),
  );
  each('anke_media_recording_failing', '1 where what is published does not reach the disk', ({ recording }) =>
    recording === 'none' ? null : Number(recording === 'failing'),
  );
  each('anke_media_viewers', 'Distinct readers of the last 10 s, through edges too', ({ readers }) => readers);
  gauge('anke_media_publishers', 'Publishers by state', ['session', 'state'], () =>
    status().flatMap(({ sessionId: session, publishers }) => {
      const states = [...new Set(publishers.map(({ state }) => state))];
      return states.map((state): [{ session: string; state: string }, number] => [
        { session, state },
        publishers.filter((publisher) => publisher.state === state).length,
      ]);
    }),
  );
  const eachRung = (
    name: `anke_media_${string}`,
    help: string,
    value: (rung: BroadcastStatus['rungs'][number]) => number,
  ) =>
    gauge(name, help, ['session', 'kind', 'rung'], () =>
      status().flatMap(({ sessionId: session, kind, rungs }) =>
        rungs.map((rung): [{ session: string; kind: string; rung: string }, number] => [
          { session, kind, rung: rung.name },
          value(rung),
        ]),
      ),
    );
  eachRung('anke_media_rung_viewers', 'Readers of each rung', ({ readers }) => readers);
  eachRung('anke_media_rung_made', '1 where the rung is encoded, 0 where another stands in for it', ({ made }) =>
    Number(made),
  );
  gauge(
    'anke_media_egress_bits_per_second',
    'Sent by the media process (own), and with all edges (all)',
    ['of'],
    () => [
      [{ of: 'own' }, needs.egress().used * MEGA],
      [{ of: 'all' }, needs.whole().used * MEGA],
    ],
  );
  const capHelp = 'MAX_EGRESS, likewise; absent where one of them has none';
  gauge('anke_media_egress_cap_bits_per_second', capHelp, ['of'], () => [
    [{ of: 'own' }, scaled(needs.egress().cap)],
    [{ of: 'all' }, scaled(needs.whole().cap)],
  ]);
  gauge('anke_media_outbox_events', 'Events that the app has not taken yet', [], () => [[{}, needs.outbox()]]);
  gauge('anke_media_disk_free_bytes', 'Free where recordings are written', [], async () => {
    const { bavail, bsize } = await fs.statfs(needs.dataDir);
    return [[{}, bavail * bsize]];
  });
  return registry;
}

/** Counting a crowd's readers takes a while; a scrape asks a dozen times within a moment. */
function forOneScrape<T>(ask: () => T): () => T {
  let kept: { at: number; value: T } | null = null;
  return () => {
    const now = performance.now();
    if (!kept || now - kept.at > 500) kept = { at: now, value: ask() };
    return kept.value;
  };
}

function scaled(mbits: number | null): number | null {
  return mbits === null ? null : mbits * MEGA;
}
