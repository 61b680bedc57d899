import os from 'node:os';
import { Pool } from 'pg';
import { type Costs, EVERY_BEAT_MS } from '../scale/costs.ts';
import type { Morning, Seconds } from './morning.ts';

/** What the database and the workers say of themselves after a morning. */
export interface Stored {
  /** Bytes of a stored report with its indexes, and of the write-ahead log that it and its answers and presence checks caused. */
  rowBytes: number;
  walBytes: number;
}

/**
 * Of one transaction on a session's chain beside its rows, ms. In a crowd's run, on cores that all have more to do than they can, it is mostly waiting
 * for one's turn. `npm run bench -- reports` has nobody wait: from batches of 167 and 667 reports it takes 3 ms beside 0.08 for each; twice
 * that, for a database on another machine.
 */
const CHAIN_BATCH_MS = 6;

/** Where the write-ahead log of a database stands, bytes. */
export async function logPositionOf(databaseUrl: string): Promise<number> {
  return numberOf(databaseUrl, `select pg_current_wal_lsn() - '0/0'::pg_lsn as n`);
}

/** @param logBefore where the log stood when the class began */
export async function storedOf(databaseUrl: string, logBefore: number): Promise<Stored> {
  const rows = await numberOf(databaseUrl, 'select count(*) as n from attendance_entry');
  const size = await numberOf(databaseUrl, `select pg_total_relation_size('attendance_entry') as n`);
  return {
    rowBytes: Math.round(size / Math.max(1, rows)),
    walBytes: Math.round(((await logPositionOf(databaseUrl)) - logBefore) / Math.max(1, rows)),
  };
}

/**
 * What a viewer cost in a morning, as the scale plan takes it. Joining and answering are differences of what was measured together with watching,
 * and never taken for less than a report.
 */
export function costsOf(morning: Morning, workers: number, stored: Stored): Costs | null {
  const { arrival, phases, connected, reported, questionAskedAt } = morning;
  if (!arrival) return null;
  const { storm, watch, question } = phases;
  const each = (seconds: Seconds, count: number) => ({
    app: ((seconds.workers + seconds.parent) / count) * 1_000,
    database: (seconds.database / count) * 1_000,
  });
  const beat = each(watch.seconds, (watch.wallSeconds * 1_000 * connected) / EVERY_BEAT_MS);
  const screens = (reported.samples.get('questionAt') ?? []).reduce((last, at) => Math.max(last, at), questionAskedAt);
  // On so many cores at a time; the generators receive it on the same ones, so it is less without them.
  const atATime = Math.min(workers, os.availableParallelism());
  const screen = { app: ((screens - questionAskedAt) * atATime) / connected, database: 0 };
  const beyondWatching = ({ seconds, wallSeconds }: typeof storm, watching: number, less: number) => {
    const beats = (wallSeconds * 1_000 * watching) / EVERY_BEAT_MS;
    const whole = each(seconds, connected);
    return {
      app: Math.max(beat.app, whole.app - beats * beat.app - less),
      database: Math.max(0, whole.database - beats * beat.database),
    };
  };
  // While they come back half of them watch.
  const join = beyondWatching(storm, 0.5, 0);
  const answer = beyondWatching(question, 1, screen.app);
  const way = each(arrival.seconds, connected);
  const minute = (kind: 'received' | 'sent') =>
    reported.records.reduce((sum, { traffic }) => sum + traffic[kind], 0) / morning.viewerMinutes;
  return rounded({
    entry: { app: Math.max(0, way.app - join.app), database: Math.max(0, way.database - join.database) },
    join,
    beat,
    screen,
    answer: { app: answer.app, database: Math.max(beat.database, answer.database) },
    chainBatch: CHAIN_BATCH_MS,
    memory: { viewerKiB: morning.rssPerViewerKB, workerMiB: morning.rssBeforeKB / workers / 1_024 },
    bytes: { toViewer: minute('received'), fromViewer: minute('sent') },
    rowBytes: stored.rowBytes,
    walBytes: stored.walBytes,
  });
}

/** The machine on which this runs, for whoever compares figures. */
export function machine() {
  return {
    processor: os.cpus()[0]?.model.trim() ?? '',
    cores: os.availableParallelism(),
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    node: process.version,
  };
}

function rounded<T>(value: T): T {
  if (typeof value === 'number') return Number(value.toPrecision(3)) as T;
  return Object.fromEntries(Object.entries(value as object).map(([name, part]) => [name, rounded(part)])) as T;
}

async function numberOf(databaseUrl: string, sql: string): Promise<number> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  try {
    const { rows } = await pool.query<{ n: string }>(sql);
    return Number(rows[0]?.n ?? 0);
  } finally {
    await pool.end();
  }
}
