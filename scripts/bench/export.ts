import { execFile, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { DETAIL_SETTINGS, detailSql } from '#server/reports/detail.ts';
import { parametersOf, type Scope } from '#server/reports/record.ts';
import { changeState, done, type ScheduledClass, scheduleClass } from '#tests/support/class.ts';
import { HttpClient } from '#tests/support/http-client.ts';
import { temporaryFolder } from '#tests/support/temporary-folder.ts';
import { childrenOf, startWhole } from '#tests/support/whole-run.ts';
import { median, quantile } from '../outside/quantile.ts';
import { buildPages } from '../pages.ts';
import type { Measured } from './benchmark.ts';
import { makePastCourse } from './past-course.ts';

const PEOPLE = 40_000;
const UNIT_PEOPLE = 20;
const SESSIONS = 6;
const PLANNED_MINUTES = 60;
const ATTENDANCE_SECONDS = 60;
const COMPLETE_PERCENT = 80;
const RUNS = 3;
/** Pages in a live class meanwhile, a beat each every so often. */
const PAGES = 20;
const BEAT_EVERY_MS = 1_000;
const TARGETS = { csvRatio: 2, xlsxSeconds: 20, peakRssMB: 250, beatAckMaxMs: 3_000 };

type Say = (step: string) => void;

/**
 * What it takes to export a district's attendance: 40,000 people × 6 sessions, made here in a database of the bench's own. The product makes the
 * files as officers have them made, in a process of their own; the same query goes to psql's \copy in the same run. A live class sends its beats meanwhile.
 */
export async function exporting(say: Say): Promise<Measured> {
  await buildPages();
  const dataDir = await temporaryFolder('anke-export-');
  const run = await startWhole(dataDir, { env: { WORKERS: '1' } });
  const { databaseUrl, workers } = await run.pids();
  const [worker = 0] = workers;
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const held = await scheduleClass(run.url, await run.setupCode(), {
      ...{ enterprises: 1, peopleEach: 2, attendanceSeconds: ATTENDANCE_SECONDS },
    });
    say(`making ${PEOPLE * SESSIONS} rows`);
    const { courseId, sessionIds } = await makeDistrict(client, held);
    await changeState(held, 'live');
    const beats = await startBeats(run.url, held);
    const query = { text: inlined(scopeOf(sessionIds)), file: path.join(dataDir, 'psql.csv') };
    const csv: Made[] = [];
    const xlsx: Made[] = [];
    const psql: number[] = [];
    forgetPeak(worker);
    for (let n = 0; n < RUNS; n += 1) {
      psql.push(await copy(databaseUrl, client, query));
      csv.push(await make(held.bureau, courseId, 'csv', worker));
      xlsx.push(await make(held.bureau, courseId, 'xlsx', worker));
      const peaks = [csv, xlsx].map((made) => made[n]?.peakMB).join(' and ');
      say(`psql ${psql[n]} s, csv ${csv[n]?.seconds} s, xlsx ${xlsx[n]?.seconds} s, peak ${peaks} MB`);
    }
    const rows = csv[0]?.rows ?? 0;
    const acks = await beats.stop();
    const csvSeconds = median(csv.map(({ seconds }) => seconds));
    const psqlSeconds = median(psql);
    const figures = {
      rows,
      csvSeconds,
      psqlSeconds,
      csvRatio: rounded(csvSeconds / psqlSeconds),
      xlsxSeconds: median(xlsx.map(({ seconds }) => seconds)),
      peakRssMB: Math.max(...[...csv, ...xlsx].map(({ peakMB }) => peakMB)),
      workerPeakRssMB: peakMB(worker),
      beatAckP99Ms: quantile(acks, 0.99),
      beatAckMaxMs: Math.max(...acks),
      beats: acks.length,
      csvMB: rounded((csv[0]?.bytes ?? 0) / 1e6),
      xlsxMB: rounded((xlsx[0]?.bytes ?? 0) / 1e6),
      baseline: hasPsql ? 'psql \\copy' : 'COPY to a file of the server: psql is not installed',
    };
    return { rows: { export: figures, 'held to': TARGETS }, figures: { ...figures, target: TARGETS } };
  } finally {
    await client.end();
    await run.stop();
    rmSync(dataDir, { recursive: true });
  }
}

interface Made {
  seconds: number;
  rows: number;
  bytes: number;
  /** Of the process that made it. */
  peakMB: number;
}

/** From asking for it until it is there. `worker`: whose process makes it. */
async function make(bureau: HttpClient, courseId: string, format: 'csv' | 'xlsx', worker: number): Promise<Made> {
  const from = performance.now();
  const params = { courseId };
  const { id } = done('export', await bureau.call('POST /courses/:courseId/exports', { params, body: { format } }));
  let peak = 0;
  for (;;) {
    await delay(50);
    for (const exporter of childrenOf(worker, 'exporter')) peak = Math.max(peak, peakMB(exporter));
    const job = done('exports', await bureau.call('GET /exports')).find((each) => each.id === id);
    if (job?.state === 'failed' || !job) throw new Error(`the export as ${format} failed`);
    if (job.state !== 'done') continue;
    return {
      seconds: rounded((performance.now() - from) / 1_000),
      rows: job.rowsTotal ?? 0,
      bytes: job.bytes,
      peakMB: peak,
    };
  }
}

/** Those of the product, for psql too. */
const SETTINGS = DETAIL_SETTINGS.replaceAll('set local', 'set');
const hasPsql = spawnSync('psql', ['--version']).status === 0;

async function copy(databaseUrl: string, client: pg.Client, query: { text: string; file: string }): Promise<number> {
  const text = query.text.replace(/\s+/g, ' ');
  const script = `${query.file}.sql`;
  writeFileSync(script, `${SETTINGS};\n\\copy (${text}) to '${query.file}' with (format csv, header)\n`);
  const from = performance.now();
  if (hasPsql)
    await promisify(execFile)('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', databaseUrl, '-f', script]);
  else {
    await client.query(SETTINGS);
    await client.query(`copy (${text}) to '/tmp/anke-bench-${process.pid}.csv' with (format csv, header)`);
  }
  return rounded((performance.now() - from) / 1_000);
}

function scopeOf(sessionIds: string[]): Scope {
  const requiredMs = PLANNED_MINUTES * 600 * COMPLETE_PERCENT;
  return {
    planned: false,
    measures: sessionIds.map((id) => ({ id, requiredMs })),
    attendanceMs: ATTENDANCE_SECONDS * 1_000,
    visibility: { all: true },
  };
}

/** The query with its parameters in it, since \copy takes none. */
function inlined(scope: Scope): string {
  const literals = parametersOf(scope).map((value) => {
    if (value === null) return 'null';
    return Array.isArray(value) ? `'{${value.join(',')}}'` : `'${value}'`;
  });
  return detailSql(scope).replace(/\$(\d+)/g, (_, n: string) => literals[Number(n) - 1] ?? 'null');
}

/** Six sessions that are over, of a course of their own, in which nearly everybody was, with a paper and a question each. */
async function makeDistrict(
  client: pg.Client,
  { people, courseId }: ScheduledClass,
): Promise<{ courseId: string; sessionIds: string[] }> {
  const { courseId: pastId, sessionIds } = await makePastCourse(client, {
    ...{ people: PEOPLE, unitPeople: UNIT_PEOPLE, sessions: SESSIONS, plannedMinutes: PLANNED_MINUTES },
    ...{ attendanceSeconds: ATTENDANCE_SECONDS, completePercent: COMPLETE_PERCENT, phoneOf: people[0]?.id ?? '' },
  });
  await client.query(
    `insert into paper (id, session_id, title, published_at) select gen_random_uuid(), id, '课后测试', now() from session where course_id = $1`,
    [pastId],
  );
  await client.query(
    `insert into attempt (id, paper_id, person_id, number, started_at, submitted_at, points, points_max, passed)
     select gen_random_uuid(), paper.id, attendee.person_id, 1, now(), now(), 80, 100, true
     from paper join attendee on attendee.session_id = paper.session_id where attendee.session_id = any ($1::uuid[])`,
    [sessionIds],
  );
  await client.query(
    `insert into live_question (id, session_id, question_id, opened_pdt, duration_ms, opened_at, closed_at)
     select gen_random_uuid(), session.id, question.id, 0, 30000, now(), now() from session cross join question
     where session.course_id = $1 and question.course_id = $2`,
    [pastId, courseId],
  );
  await client.query(
    `insert into live_answer (live_question_id, person_id, unit_id, choice, correct, conn_id, received_at)
     select live_question.id, attendee.person_id, attendee.unit_id, '{0}', true, gen_random_uuid(), now()
     from live_question join attendee on attendee.session_id = live_question.session_id
     where attendee.session_id = any ($1::uuid[])`,
    [sessionIds],
  );
  await client.query('vacuum analyze');
  return { courseId: pastId, sessionIds };
}

/** Pages of one person in the live class, whose beats are acked one after the other; how long each ack took, ms. */
async function startBeats(url: string, { sessionId, people }: ScheduledClass) {
  const [person] = people;
  if (!person) throw new Error('nobody is on the roster');
  const learner = new HttpClient(url);
  const { joinCode, name, phone } = person;
  done('join', await learner.call('POST /join/unit/:joinCode', { params: { joinCode }, body: { name, phone } }));
  const acks: number[] = [];
  let stopped = false;
  const pages = Array.from({ length: PAGES }, async (_, n) => {
    const params = { sessionId };
    const { ticket } = done(
      'ticket',
      await learner.call('POST /sessions/:sessionId/ticket', { params, body: { deviceId: randomUUID() } }),
    );
    await delay((n * BEAT_EVERY_MS) / PAGES);
    for (let seq = 1; !stopped; seq += 1) {
      const to = Date.now();
      const beat = { seq, mediaFrom: to - BEAT_EVERY_MS, mediaTo: to, monotonicMs: performance.now() };
      const state = { playing: true, hidden: false, stalled: false };
      const from = performance.now();
      done('beat', await learner.call('POST /beats', { body: { ticket, beats: [{ ...beat, state }] } }));
      const took = performance.now() - from;
      acks.push(Math.round(took));
      await delay(Math.max(0, BEAT_EVERY_MS - took));
    }
  });
  return {
    async stop(): Promise<number[]> {
      stopped = true;
      await Promise.all(pages);
      return acks;
    },
  };
}

/** The kernel's peak of a process begins anew. */
function forgetPeak(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, '5');
}

/** Of a process that has just ended nothing is known. */
function peakMB(pid: number): number {
  try {
    return Math.round(Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024);
  } catch {
    return 0;
  }
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
