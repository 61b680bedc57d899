import type pg from 'pg';
import type { ExportFormat, ExportKind } from '#contract/archives.ts';
import type { Visibility } from '../accounts/principal.ts';

/* The SQL of exports that are made in the background. */

/** Of a file, before it is sealed. */
export const CHUNK_BYTES = 1024 * 1024;

export interface JobRow {
  id: string;
  kind: ExportKind;
  format: ExportFormat;
  full: boolean;
  subjectId: string;
  requestedBy: string;
  visibility: Visibility;
  origin: string;
  state: 'queued' | 'running' | 'done' | 'failed';
  rowsDone: number;
  rowsTotal: number | null;
  name: string | null;
  type: string | null;
  bytes: number;
  sha256: string | null;
  asOf: Date | null;
  createdAt: Date;
}

const COLUMNS = `id, kind, format, "full", subject_id as "subjectId", requested_by as "requestedBy", visibility, origin, state,
  rows_done as "rowsDone", rows_total as "rowsTotal", name, type, bytes, encode(sha256, 'hex') as sha256, as_of as "asOf",
  created_at as "createdAt"`;

export type NewJob = Pick<
  JobRow,
  'id' | 'kind' | 'format' | 'full' | 'subjectId' | 'requestedBy' | 'visibility' | 'origin'
>;

/** Null when the same is queued or being made already. */
export async function insertJob(client: pg.PoolClient, job: NewJob, now: number): Promise<JobRow | null> {
  const { rows } = await client.query<JobRow>(
    `insert into export_job (id, kind, format, "full", subject_id, requested_by, visibility, origin, created_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing returning ${COLUMNS}`,
    [
      ...[job.id, job.kind, job.format, job.full, job.subjectId, job.requestedBy],
      ...[JSON.stringify(job.visibility), job.origin, new Date(now)],
    ],
  );
  return rows[0] ?? null;
}

export async function readOpen(client: pg.PoolClient, job: NewJob): Promise<JobRow | null> {
  const { rows } = await client.query<JobRow>(
    `select ${COLUMNS} from export_job
     where kind = $1 and format = $2 and "full" = $3 and subject_id = $4 and requested_by = $5 and finished_at is null`,
    [job.kind, job.format, job.full, job.subjectId, job.requestedBy],
  );
  return rows[0] ?? null;
}

export async function readJobs(pool: pg.Pool, requestedBy: string): Promise<JobRow[]> {
  const { rows } = await pool.query<JobRow>(
    `select ${COLUMNS} from export_job where requested_by = $1 order by created_at desc, id desc limit 50`,
    [requestedBy],
  );
  return rows;
}

export async function readJob(pool: pg.Pool, id: string): Promise<JobRow | null> {
  const { rows } = await pool.query<JobRow>(`select ${COLUMNS} from export_job where id = $1`, [id]);
  return rows[0] ?? null;
}

/** The oldest that waits, or that nobody has been heard of since `before`: from its beginning. */
export async function takeJob(client: pg.PoolClient, now: number, before: number): Promise<JobRow | null> {
  const { rows } = await client.query<JobRow>(
    `update export_job set state = 'running', heard_at = $1, rows_done = 0, bytes = 0
     where id = (
       select id from export_job where state = 'queued' or (state = 'running' and heard_at < $2)
       order by created_at limit 1 for update skip locked)
     returning ${COLUMNS}`,
    [new Date(now), new Date(before)],
  );
  const job = rows[0] ?? null;
  if (job) await client.query('delete from export_chunk where job_id = $1', [job.id]);
  return job;
}

export async function addChunk(pool: pg.Pool, jobId: string, n: number, content: Buffer): Promise<void> {
  await pool.query('insert into export_chunk (job_id, n, content) values ($1, $2, $3)', [jobId, n, content]);
}

export async function noteProgress(
  pool: pg.Pool,
  jobId: string,
  progress: { rowsDone: number; rowsTotal: number | null; bytes: number; asOf: number },
  now: number,
): Promise<void> {
  await pool.query(
    'update export_job set rows_done = $2, rows_total = $3, bytes = $4, as_of = $5, heard_at = $6 where id = $1',
    [jobId, progress.rowsDone, progress.rowsTotal, progress.bytes, new Date(progress.asOf), new Date(now)],
  );
}

export async function finish(
  pool: pg.Pool,
  jobId: string,
  file: { name: string; type: string; sha256: Buffer } | null,
  now: number,
): Promise<void> {
  await pool.query(
    `update export_job set state = $2::export_state, name = $3, type = $4, sha256 = $5, finished_at = $6,
       rows_done = case when $2::export_state = 'done' then coalesce(rows_total, rows_done) else rows_done end
     where id = $1`,
    [jobId, file ? 'done' : 'failed', file?.name, file?.type, file?.sha256, new Date(now)],
  );
}

export async function readChunk(pool: pg.Pool, jobId: string, n: number): Promise<Buffer | null> {
  const { rows } = await pool.query<{ content: Buffer }>(
    'select content from export_chunk where job_id = $1 and n = $2',
    [jobId, n],
  );
  return rows[0]?.content ?? null;
}

export async function removeOld(pool: pg.Pool, before: number): Promise<number> {
  const { rowCount } = await pool.query('delete from export_job where created_at < $1', [new Date(before)]);
  return rowCount ?? 0;
}
