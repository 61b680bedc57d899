import type pg from 'pg';
import type { RecordClass, RemovedFileKind } from '#contract/retention.ts';

interface OfSession {
  sessionId: string;
  courseTitle: string;
  number: number;
  topic: string;
  endedAt: Date;
  recordClass: RecordClass;
  people: number;
}

interface KeptRow extends OfSession {
  begun: boolean;
  held: boolean;
}

interface RemovalRow extends OfSession {
  dueAt: Date;
  finishedAt: Date;
  due: number;
  present: number;
  creditedSeconds: number;
  entries: number;
  digest: string;
  rows: number;
  files: { id: string; kind: RemovedFileKind; bytes: number; sha256: string }[];
}

/** Records of sessions that are over, by class; and of those of `withFiles`, which have files alone. */
export async function readKept(pool: pg.Pool, withFiles: string[]): Promise<KeptRow[]> {
  const { rows } = await pool.query<KeptRow>(
    `select s.id as "sessionId", c.title as "courseTitle", s.number, s.topic, s.ended_at as "endedAt",
       kept.record_class as "recordClass", kept.people,
       r.id is not null and r.finished_at is null as begun, r.held_at is not null as held
     from (select session_id, case when category = 'special_operator' then 'special' else 'general' end as record_class,
             count(*)::int as people from attendee group by 1, 2
           union all
           select id, 'general', 0 from unnest($1::uuid[]) as files (id) where not exists (
             select from attendee a where a.session_id = files.id and a.category <> 'special_operator')) kept
       join session s on s.id = kept.session_id and s.ended_at is not null
       join course c on c.id = s.course_id
       left join record_removal r on r.session_id = s.id and r.record_class::text = kept.record_class`,
    [withFiles],
  );
  return rows;
}

/** What was removed, the newest first. */
export async function readRemovals(pool: pg.Pool, limit: number): Promise<RemovalRow[]> {
  const { rows } = await pool.query<RemovalRow>(
    `select s.id as "sessionId", c.title as "courseTitle", s.number, s.topic, s.ended_at as "endedAt",
       r.record_class as "recordClass", r.people, r.due_at as "dueAt", r.finished_at as "finishedAt", r.due, r.present,
       (r.credited_ms / 1000)::int as "creditedSeconds", r.entries, encode(r.digest, 'hex') as digest,
       (select coalesce(sum(value::int), 0)::int from jsonb_each_text(r.rows)) as rows,
       (select coalesce(json_agg(json_build_object('id', f.id, 'kind', f.kind, 'bytes', f.bytes, 'sha256', encode(f.sha256, 'hex'))
           order by f.uploaded_at, f.id), '[]')
         from removed_file f where f.removal_id = r.id) as files
     from record_removal r join session s on s.id = r.session_id join course c on c.id = s.course_id
     where r.finished_at is not null order by r.finished_at desc limit $1`,
    [limit],
  );
  return rows;
}

/** Sessions whose connections say which device was which, and when the first of them ended. */
export async function readUnreduced(pool: pg.Pool): Promise<{ sessions: number; first: Date | null }> {
  const { rows } = await pool.query<{ sessions: number; first: Date | null }>(
    `select count(*)::int as sessions, min(ended_at) as first from session
     where ended_at is not null and connections_reduced_at is null`,
  );
  return rows[0] as { sessions: number; first: Date | null };
}
