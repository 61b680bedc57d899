import type pg from 'pg';
import { plainArray } from '../array-literals.ts';
import type { Coverage } from './credit.ts';

/* The SQL of signing in at a venue. All of it runs with the head of the session's chain held. */

export interface VenueSession {
  state: string;
  courseArchived: boolean;
  startsAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

/** Holds the session as it is to the end of the transaction: it can't be archived meanwhile. */
export async function holdSession(client: pg.PoolClient, sessionId: string): Promise<VenueSession | null> {
  const { rows } = await client.query<VenueSession>(
    `select s.state, c.archived_at is not null as "courseArchived", s.starts_at as "startsAt", s.started_at as "startedAt",
       s.ended_at as "endedAt" from session s join course c on c.id = s.course_id where s.id = $1 for share`,
    [sessionId],
  );
  return rows[0] ?? null;
}

/** Spends a scan for a person; returns for whom it was spent before, null for nobody. */
export async function spendScan(
  client: pg.PoolClient,
  scanId: string,
  personId: string,
  now: number,
): Promise<string | null> {
  await client.query(`delete from spent_scan where at < $1`, [new Date(now - 3_600_000)]);
  const { rowCount } = await client.query(
    'insert into spent_scan (id, person_id, at) values ($1, $2, $3) on conflict (id) do nothing',
    [scanId, personId, new Date(now)],
  );
  if (rowCount === 1) return null;
  const { rows } = await client.query<{ personId: string }>(
    'select person_id as "personId" from spent_scan where id = $1',
    [scanId],
  );
  return rows[0]?.personId ?? null;
}

export interface VisitRow {
  id: string;
  signedInAt: number;
  sureAt: number;
  signedOutAt: number | null;
  numbered: number;
}

/** Somebody's newest visit. */
export async function lastVisit(client: pg.PoolClient, sessionId: string, personId: string): Promise<VisitRow | null> {
  const { rows } = await client.query<
    Omit<VisitRow, 'signedInAt' | 'sureAt' | 'signedOutAt'> & {
      signedInAt: Date;
      sureAt: Date;
      signedOutAt: Date | null;
    }
  >(
    `select id, signed_in_at as "signedInAt", sure_at as "sureAt", signed_out_at as "signedOutAt", numbered
     from venue_visit where session_id = $1 and person_id = $2
     order by signed_out_at is null desc, signed_in_at desc, id desc limit 1`,
    [sessionId, personId],
  );
  const [row] = rows;
  if (!row) return null;
  const { signedInAt, sureAt, signedOutAt, ...rest } = row;
  return {
    ...rest,
    signedInAt: signedInAt.getTime(),
    sureAt: sureAt.getTime(),
    signedOutAt: signedOutAt?.getTime() ?? null,
  };
}

type Way = 'code' | 'hand';

export async function insertVisit(
  client: pg.PoolClient,
  visit: { id: string; sessionId: string; personId: string; at: number; way: Way; deviceId: string | null },
): Promise<void> {
  await client.query(
    `insert into venue_visit (id, session_id, person_id, signed_in_at, sure_at, in_way, device_id)
     values ($1, $2, $3, $4, $4, $5::venue_way, $6)`,
    [visit.id, visit.sessionId, visit.personId, new Date(visit.at), visit.way, visit.deviceId],
  );
}

/** Notes that somebody was there at `at`; `out`: that they left then. */
export async function noteSure(
  client: pg.PoolClient,
  visitId: string,
  at: number,
  { out, numbered }: { out: Way | null; numbered: number },
): Promise<void> {
  await client.query(
    `update venue_visit set sure_at = $2, numbered = $3, out_way = $4::venue_way,
       signed_out_at = case when $4::text is null then null else $2::timestamptz end
     where id = $1`,
    [visitId, new Date(at), numbered, out],
  );
}

export async function setVenue(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
  { venue, venueMs, creditedMs }: { venue: Coverage; venueMs: number; creditedMs: number },
): Promise<void> {
  await client.query(
    `update attendee set venue_coverage = $3::bigint[], venue_ms = $4, credited_ms = $5
     where session_id = $1 and person_id = $2`,
    [sessionId, personId, plainArray(venue), venueMs, creditedMs],
  );
}
