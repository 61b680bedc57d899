import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import pg from 'pg';
import { BEAT_INTERVAL_MS } from '#contract/plain.ts';
import { createAttendance } from '#server/attendance/service.ts';
import { openDb } from '#server/db.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { Postgres } from '#server/supervisor/postgres.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { childrenOf } from '#tests/support/whole-run.ts';
import { applyMigrations } from '../database/migrations.ts';
import { median } from '../outside/quantile.ts';
import type { Measured } from './benchmark.ts';
import { logPositionOf } from './crowd/costs.ts';
import { Meter } from './crowd/processes.ts';

const PEOPLE = 40_000;
/** Reports of each, after the one that makes their connections. */
const ROUNDS = 4;
/** A second's reports in one of four workers with a crowd of 10,000, and of 40,000. */
const BATCHES = [167, 667];

type Say = (step: string) => void;

/**
 * What it takes to store a crowd's reports and its confirmations of a presence check, without sockets: for each size of a batch the processor time of
 * one, of the process that stores it and of the database, and how much write-ahead log a report makes. The class has just begun, as the statistics know nothing of one in the morning.
 */
export async function reports(say: Say): Promise<Measured> {
  const dataDir = await temporaryFolder('anke-reports-');
  const server = await Postgres.start({ dataDir, password: 'reports', logger: createLogger('error', 'reports') });
  try {
    await applyMigrations(server.url());
    const rows: Measured['rows'] = {};
    for (const batch of BATCHES) {
      say(`${PEOPLE} people, ${batch} a batch`);
      rows[`${batch} a batch`] = await store(server.url(), batch);
    }
    return { rows, figures: { bench: 'reports', people: PEOPLE, batches: rows } };
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function store(url: string, batch: number): Promise<Record<string, number>> {
  const logger = createLogger('error', 'reports');
  const db = openDb(url, logger);
  const client = new pg.Client(url);
  await client.connect();
  try {
    const begun = Date.parse('2026-02-08T01:00:00Z');
    let now = begun;
    const { sessionId, people } = await makeClass(client, begun);
    const attendance = createAttendance(
      { db, clock: () => now, logger, metrics: createMetrics(0) },
      { windowOf: async () => ({ startedAt: begun, endedAt: null }), replayOf: async () => null },
      { gatherMs: 0 },
    );
    const sources = people.map((personId) => ({
      ...{ personId, sessionId, openedAt: begun },
      ...{ connId: randomUUID(), deviceId: randomUUID() },
    }));
    const batchMs: number[] = [];
    const reportAll = async (seq: number) => {
      for (let from = 0; from < sources.length; from += batch) {
        const mediaTo = begun + Math.round((seq + from / sources.length) * BEAT_INTERVAL_MS);
        now = mediaTo;
        const state = { playing: true, hidden: false, stalled: false };
        const beat = { seq, mediaFrom: mediaTo - BEAT_INTERVAL_MS, mediaTo, monotonicMs: mediaTo - begun, state };
        const began = performance.now();
        await Promise.all(sources.slice(from, from + batch).map((source) => attendance.store(source, [beat])));
        batchMs.push(performance.now() - began);
      }
    };
    await reportAll(1);
    const server = await serverOf(client);
    const meter = new Meter({ app: () => [process.pid], database: () => [server, ...childrenOf(server, 'postgres')] });
    const logBefore = await logPositionOf(url);
    for (let round = 1; round <= ROUNDS; round += 1) await reportAll(1 + round);
    const { seconds } = meter.read();
    const reported = ROUNDS * people.length;
    const walBytes = Math.round(((await logPositionOf(url)) - logBefore) / reported);
    const checkId = randomUUID();
    for (let from = 0; from < sources.length; from += batch) {
      const sign = { at: now, receivedAt: now, checkId, cause: 'confirm' as const };
      await Promise.all(sources.slice(from, from + batch).map((source) => attendance.sign({ ...source, ...sign })));
    }
    const after = meter.read().seconds;
    meter.stop();
    await attendance.close();
    const us = (part: number, count: number) => Math.round((part / count) * 1e6);
    return {
      appUs: us(seconds.app, reported),
      databaseUs: us(seconds.database, reported),
      batchMs: Math.round(median(batchMs)),
      walBytes,
      confirmationAppUs: us(after.app - seconds.app, people.length),
      confirmationDatabaseUs: us(after.database - seconds.database, people.length),
    };
  } finally {
    await client.end();
    await db.close();
  }
}

/** The process whose children answer. */
async function serverOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  const status = readFileSync(`/proc/${rows[0]?.pid}/status`, 'utf8');
  return Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
}

/** A class with its crowd in it. */
async function makeClass(client: pg.Client, begun: number): Promise<{ sessionId: string; people: string[] }> {
  const [sessionId, courseId, areaId] = [randomUUID(), randomUUID(), randomUUID()];
  const at = new Date(begun);
  await client.query(`insert into area (id, name) values ($1::uuid, $1::uuid::text)`, [areaId]);
  await client.query(`insert into course (id, title, updated_at) values ($1, '云课堂', now())`, [courseId]);
  await client.query(
    `insert into session (id, course_id, number, topic, starts_at, started_at, planned_minutes, state, stream_key_hash, stream_key_cipher, updated_at)
     values ($1::uuid, $2, 1, '第一讲', $3, $3, 60, 'live', decode(md5($1::uuid::text), 'hex'), '', now())`,
    [sessionId, courseId, at],
  );
  const tag = sessionId.slice(0, 4);
  await client.query(
    `insert into unit (id, kind, name, area_id, industry, high_risk, join_code, updated_at)
     select gen_random_uuid(), 'enterprise', $3::text || n, $1, 'machinery', false, $3::text || lpad(n::text, 6, '0'), now()
     from generate_series(1, $2::int) n`,
    [areaId, PEOPLE / 20, tag],
  );
  await client.query(
    `insert into person (id, unit_id, name, category, updated_at)
     select gen_random_uuid(), unit.id, '职工' || n, 'worker', now() from unit cross join generate_series(1, 20) n where unit.area_id = $1`,
    [areaId],
  );
  await client.query(
    `insert into attendee (session_id, person_id, unit_id, area_id, unit_kind, industry, high_risk, category, due, first_joined_at)
     select $1, person.id, unit.id, unit.area_id, unit.kind, unit.industry, unit.high_risk, person.category, true, $3
     from person join unit on unit.id = person.unit_id where unit.area_id = $2`,
    [sessionId, areaId, at],
  );
  const { rows } = await client.query<{ id: string }>(
    'select person_id as id from attendee where session_id = $1 order by md5(person_id::text)',
    [sessionId],
  );
  return { sessionId, people: rows.map(({ id }) => id) };
}
