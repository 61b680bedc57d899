import type pg from 'pg';
import type { RecordClass } from '#contract/retention.ts';
import { fingerprintsOf, genesis, link } from '../attendance/chain.ts';
import { readLink } from '../attendance/verification-store.ts';
import { verifySession } from '../attendance/verify.ts';
import { auditWith, SYSTEM } from '../audit.ts';
import { transaction } from '../db.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { removeFiles } from './files.ts';

export interface Due {
  sessionId: string;
  recordClass: RecordClass;
  /** Epoch ms. */
  dueAt: number;
}

/** Rows that one statement removes. */
const BATCH = 2_000;

/** What belongs to a session `$1` by something else, and names a person. Every table that names both is found in the catalog. */
const INDIRECT: [table: string, ofSession: string][] = [
  ['attempt', 'paper_id in (select id from paper where session_id = $1)'],
  ['live_answer', 'live_question_id in (select id from live_question where session_id = $1)'],
  ['screen_sign_in', 'screen_id in (select id from screen where session_id = $1)'],
];
/** Removed apart: they are what tells whose record goes, and what is chained. */
const APART = ['attendee', 'attendance_entry'];

/**
 * Removes what a session holds of the people of one class, whose time is over. In small batches that each leave a record that can
 * be checked: it may be killed at any moment, and the next run goes on. A record that is not as it was made is held instead, since what was
 * done to it could no longer be found out.
 *
 * Each link keeps its digest, so that exports and later links still fit; of what is left of it there is a digest of its own, and
 * over what was removed the removal's.
 * @returns false when it is held, or `going` says no more
 */
export async function removeRecord(
  { db, clock, logger }: Pick<Services, 'db' | 'clock' | 'logger'>,
  due: Due,
  going: () => boolean = () => true,
): Promise<boolean> {
  const { pool } = db;
  const { sessionId } = due;
  const removalId = await begin(pool, due, clock());
  if ((await verifySession(pool, sessionId, { clock })).intact) {
    await pool.query('update record_removal set held_at = null where id = $1 and held_at is not null', [removalId]);
  } else {
    await hold(pool, removalId, due, clock());
    logger.error({ sessionId }, 'a record whose time is over is not as it was made: nothing of it is removed');
    return false;
  }
  await mark(pool, removalId, due);

  let batch = -1;
  for (;;) {
    if (!going()) return false;
    const next = await nextBatch(pool, sessionId, batch);
    if (next === null) break;
    await reduceLink(pool, removalId, sessionId, next);
    batch = next;
  }
  for (const [table, ofSession] of [...INDIRECT, ...(await directTables(pool))]) {
    let removed = BATCH;
    while (removed === BATCH) {
      if (!going()) return false;
      removed = await removeRows(pool, removalId, table, ofSession, sessionId);
    }
  }
  do {
    if (!going()) return false;
  } while (await removeFiles(pool, { removalId, sessionId }, clock()));
  await finish(pool, removalId, due, clock());
  return true;
}

/** Makes the removal's row, or finds it. */
async function begin(pool: pg.Pool, { sessionId, recordClass, dueAt }: Due, now: number): Promise<string> {
  await pool.query(
    `insert into record_removal (id, session_id, record_class, due_at, started_at, digest)
     values ($1, $2, $3::record_class, $4, $5, $6) on conflict (session_id, record_class) do nothing`,
    [newId(), sessionId, recordClass, new Date(dueAt), new Date(now), genesis(sessionId)],
  );
  const { rows } = await pool.query<{ id: string }>(
    'select id from record_removal where session_id = $1 and record_class = $2::record_class',
    [sessionId, recordClass],
  );
  return (rows[0] as { id: string }).id;
}

async function hold(pool: pg.Pool, removalId: string, due: Due, now: number): Promise<void> {
  await transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      'update record_removal set held_at = $2 where id = $1 and held_at is null',
      [removalId, new Date(now)],
    );
    if (rowCount === 0) return;
    const subject = { kind: 'session', id: due.sessionId };
    await auditWith(client, SYSTEM, now, 'retention:hold', subject, { recordClass: due.recordClass });
  });
}

/** Marks whose record goes, and counts what stays of them: once, since another run finds nobody who isn't marked. */
async function mark(pool: pg.Pool, removalId: string, { sessionId, recordClass }: Due): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query(
      `with marked as (
         update attendee set removing = true
         where session_id = $2 and not removing and (category = 'special_operator') = ($3 = 'special')
         returning due, credited_ms
       ), counted as (
         select count(*)::int as people, count(*) filter (where due)::int as due,
           count(*) filter (where credited_ms >= 1000 * (
             select course.attendance_seconds from session join course on course.id = session.course_id where session.id = $2
           ))::int as present,
           coalesce(sum(credited_ms), 0) as credited_ms
         from marked
       )
       update record_removal r set people = r.people + c.people, due = r.due + c.due, present = r.present + c.present,
         credited_ms = r.credited_ms + c.credited_ms
       from counted c where r.id = $1`,
      [removalId, sessionId, recordClass],
    );
  });
}

/** The next link after `batch` that has entries of somebody whose record goes. */
async function nextBatch(pool: pg.Pool, sessionId: string, batch: number): Promise<number | null> {
  const { rows } = await pool.query<{ batch: number }>(
    `select e.batch from attendance_entry e
     where e.session_id = $1 and e.batch > $2 and exists (
       select from attendee a where a.session_id = $1 and a.person_id = e.person_id and a.removing)
     order by e.batch limit 1`,
    [sessionId, batch],
  );
  return rows[0]?.batch ?? null;
}

/** Takes the entries of those whose record goes out of one link. */
async function reduceLink(pool: pg.Pool, removalId: string, sessionId: string, batch: number): Promise<void> {
  await transaction(pool, async (client) => {
    const { rows: removals } = await client.query<{ digest: Buffer }>(
      'select digest from record_removal where id = $1 for update',
      [removalId],
    );
    const { rows: links } = await client.query<{ digest: Buffer }>(
      'select digest from attendance_batch where session_id = $1 and batch = $2 for update',
      [sessionId, batch],
    );
    const entries = await readLink(client, sessionId, batch);
    const { rows: people } = await client.query<{ personId: string }>(
      `select person_id as "personId" from attendee where session_id = $1 and removing and person_id = any ($2::uuid[])`,
      [sessionId, [...new Set(entries.map(({ personId }) => personId))]],
    );
    const going = new Set(people.map(({ personId }) => personId));
    const removed = entries.filter(({ personId }) => going.has(personId));
    const kept = entries.filter(({ personId }) => !going.has(personId));
    const { digest } = links[0] as { digest: Buffer };
    await client.query('delete from attendance_entry where id = any ($1::bigint[])', [removed.map(({ id }) => id)]);
    await client.query(
      `update attendance_batch set kept = $3, kept_digest = $4, fingerprints = $5
       where session_id = $1 and batch = $2`,
      [sessionId, batch, kept.length, link(digest, kept), fingerprintsOf(kept)],
    );
    await client.query('update record_removal set entries = entries + $2, digest = $3 where id = $1', [
      removalId,
      removed.length,
      link((removals[0] as { digest: Buffer }).digest, removed),
    ]);
  });
}

/** Tables that name a session and a person: one that is added is not forgotten here. */
async function directTables(pool: pg.Pool): Promise<[table: string, ofSession: string][]> {
  const { rows } = await pool.query<{ table: string }>(
    `select table_name as table from information_schema.columns
     where table_schema = 'public' and column_name in ('session_id', 'person_id') and not (table_name = any ($1::text[]))
     group by table_name having count(*) = 2 order by table_name`,
    [APART],
  );
  return rows.map(({ table }) => [table, 'session_id = $1']);
}

/** @returns how many */
async function removeRows(
  pool: pg.Pool,
  removalId: string,
  table: string,
  ofSession: string,
  sessionId: string,
): Promise<number> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `delete from ${table} where ctid = any (array(
         select ctid from ${table} where ${ofSession} and person_id in (
           select person_id from attendee where session_id = $1 and removing) limit ${BATCH}))`,
      [sessionId],
    );
    if (rowCount) await count(client, removalId, table, rowCount);
    return rowCount ?? 0;
  });
}

async function count(client: pg.PoolClient, removalId: string, table: string, rows: number): Promise<void> {
  await client.query(
    `update record_removal set rows = jsonb_set(rows, array[$2::text], to_jsonb(coalesce((rows->>$2)::int, 0) + $3::int))
     where id = $1`,
    [removalId, table, rows],
  );
}

/** Attendees last: by them the next run knows whose record goes. With the last of them the removal is over. */
async function finish(pool: pg.Pool, removalId: string, { sessionId, recordClass }: Due, now: number): Promise<void> {
  await transaction(pool, async (client) => {
    await client.query('delete from attendee where session_id = $1 and removing', [sessionId]);
    const { rows } = await client.query<{ people: number; entries: number; digest: Buffer; files: number }>(
      `update record_removal r set finished_at = $2 where id = $1 returning people, entries, digest,
         (select count(*)::int from removed_file where removal_id = r.id) as files`,
      [removalId, new Date(now)],
    );
    const { people, entries, digest, files } = rows[0] as (typeof rows)[0];
    const detail = { recordClass, people, entries, files, digest: digest.toString('hex') };
    await auditWith(client, SYSTEM, now, 'retention:remove', { kind: 'session', id: sessionId }, detail);
  });
}
