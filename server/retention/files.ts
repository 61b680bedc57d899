import type pg from 'pg';

/*
 * Files that a record rests on: evidence of corrections, signed sheets and photographs of shared screens. They lie in the database, so
 * that a file and the row that tells of it go in one statement, or neither does.
 */

/** Files of one statement, of up to ten megabytes each. */
const BATCH = 20;
/** What was uploaded so lately may be about to be used (server/attendance/correcting.ts). */
const UNUSED_MS = 24 * 3_600_000;

/** Of a session `f.session_id`, evidence on which no correction rests. $1: uploaded before. */
const UNNEEDED_EVIDENCE = `f.uploaded_at < $1 and not exists (
  select from attendance_entry e where e.session_id = f.session_id and e.correction_id is not null and e.evidence_sha256 = f.sha256)`;

/**
 * A sheet on paper names who signed nowhere else, and can't be taken apart: the files of a screen stay while anybody of its unit has a record
 * in the session.
 */
const UNNEEDED_SCREEN_FILE = `not exists (
  select from attendee a where a.session_id = screen.session_id and a.unit_id = screen.unit_id and not a.removing)`;

/** Sessions with files on which nobody's record rests any more. @param now epoch ms */
export async function sessionsWithUnneeded(pool: pg.Pool, now: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select f.session_id as id from correction_evidence f where ${UNNEEDED_EVIDENCE}
     union select screen.session_id from screen_file f join screen on screen.id = f.screen_id where ${UNNEEDED_SCREEN_FILE}`,
    [new Date(now - UNUSED_MS)],
  );
  return rows.map(({ id }) => id);
}

/**
 * Removes some of the files of a session on which nobody's record rests but of those that are being removed. Of each its digest stays, with the
 * removal. @param now epoch ms @returns whether there may be more
 */
export async function removeFiles(
  pool: pg.Pool,
  { removalId, sessionId }: { removalId: string; sessionId: string },
  now: number,
): Promise<boolean> {
  const { rowCount } = await pool.query(
    `with evidence as (
       delete from correction_evidence where id in (
         select f.id from correction_evidence f where f.session_id = $3 and ${UNNEEDED_EVIDENCE} limit ${BATCH})
       returning id, 'evidence' as kind, type, length(content) as bytes, sha256, uploaded_at
     ), on_screen as (
       delete from screen_file where id in (
         select f.id from screen_file f join screen on screen.id = f.screen_id
         where screen.session_id = $3 and ${UNNEEDED_SCREEN_FILE} limit ${BATCH})
       returning id, kind::text, type, bytes, sha256, uploaded_at
     )
     insert into removed_file (id, removal_id, kind, type, bytes, sha256, uploaded_at, removed_at)
     select id, $2::uuid, kind, type, bytes, sha256, uploaded_at, $4::timestamptz
     from (select * from evidence union all select * from on_screen) gone`,
    [new Date(now - UNUSED_MS), removalId, sessionId, new Date(now)],
  );
  return (rowCount ?? 0) > 0;
}
