import type pg from 'pg';
import { plainArray } from '../array-literals.ts';
import type { Coverage } from './credit.ts';
import { type Attended, creditOf, type Miss, type Sign } from './presence.ts';
import type { Seat } from './replay.ts';
import type { ReplayChecks } from './replay-checks.ts';
import { type AttendeeRow, ofPeople } from './store.ts';

/* The SQL of replays. What is written is written by a transaction that holds the head of the session's chain. */

/** How far a person is with a replay. */
export interface Progress {
  personId: string;
  furthest: number | null;
  checks: ReplayChecks;
  /** Of missed checks, by the server's clock. */
  gaps: Coverage;
  seat: Seat | null;
}

interface Row {
  personId: string;
  furthest: number;
  viewedMs: number;
  nextMs: number | null;
  checkId: string | null;
  checkAskedAt: Date | null;
  checkViewedMs: number;
  gaps: number[];
  seatConnId: string;
  seatSince: Date;
  seatSpentMs: number;
  seatHeardAt: Date;
}

/** Of those of these people who have begun. */
export async function progressOf(
  client: pg.Pool | pg.PoolClient,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, Progress>> {
  const { rows } = await client.query<Row>(
    `select person_id as "personId", furthest, viewed_ms as "viewedMs", next_check_ms as "nextMs", check_id as "checkId",
       check_asked_at as "checkAskedAt", check_viewed_ms as "checkViewedMs", gaps, seat_conn_id as "seatConnId",
       seat_since as "seatSince", seat_spent_ms as "seatSpentMs", seat_heard_at as "seatHeardAt"
     from ${ofPeople('replay_progress')}`,
    [sessionId, personIds],
  );
  return new Map(rows.map((row) => [row.personId, progressFrom(row)]));
}

function progressFrom(row: Row): Progress {
  const { personId, furthest, viewedMs, nextMs, checkId, checkAskedAt, checkViewedMs, gaps } = row;
  return {
    personId,
    furthest,
    checks: {
      viewedMs,
      nextMs,
      open:
        checkId === null || checkAskedAt === null
          ? null
          : { id: checkId, askedAt: checkAskedAt.getTime(), viewedMs: checkViewedMs },
    },
    gaps,
    seat: {
      connId: row.seatConnId,
      since: row.seatSince.getTime(),
      spentMs: row.seatSpentMs,
      heardAt: row.seatHeardAt.getTime(),
    },
  };
}

/** Of those who have watched something. */
export async function saveProgress(client: pg.PoolClient, sessionId: string, all: Progress[]): Promise<void> {
  const rows = all.flatMap(({ furthest, seat, ...rest }) =>
    furthest !== null && seat ? { furthest, seat, ...rest } : [],
  );
  await client.query(
    `insert into replay_progress (session_id, person_id, furthest, viewed_ms, next_check_ms, check_id, check_asked_at,
       check_viewed_ms, gaps, seat_conn_id, seat_since, seat_spent_ms, seat_heard_at)
     select $1, p.person_id, p.furthest, p.viewed_ms, p.next_check_ms, p.check_id, p.check_asked_at, p.check_viewed_ms,
       p.gaps::bigint[], p.seat_conn_id, p.seat_since, p.seat_spent_ms, p.seat_heard_at
     from unnest($2::uuid[], $3::bigint[], $4::int[], $5::int[], $6::uuid[], $7::timestamptz[], $8::int[], $9::text[],
         $10::uuid[], $11::timestamptz[], $12::int[], $13::timestamptz[])
       as p (person_id, furthest, viewed_ms, next_check_ms, check_id, check_asked_at, check_viewed_ms, gaps, seat_conn_id,
         seat_since, seat_spent_ms, seat_heard_at)
     on conflict (session_id, person_id) do update set
       furthest = excluded.furthest, viewed_ms = excluded.viewed_ms, next_check_ms = excluded.next_check_ms,
       check_id = excluded.check_id, check_asked_at = excluded.check_asked_at, check_viewed_ms = excluded.check_viewed_ms,
       gaps = excluded.gaps, seat_conn_id = excluded.seat_conn_id, seat_since = excluded.seat_since,
       seat_spent_ms = excluded.seat_spent_ms, seat_heard_at = excluded.seat_heard_at`,
    [
      sessionId,
      rows.map((row) => row.personId),
      rows.map((row) => row.furthest),
      rows.map((row) => row.checks.viewedMs),
      rows.map((row) => row.checks.nextMs),
      rows.map((row) => row.checks.open?.id ?? null),
      rows.map((row) => (row.checks.open ? new Date(row.checks.open.askedAt) : null)),
      rows.map((row) => row.checks.open?.viewedMs ?? 0),
      rows.map((row) => plainArray(row.gaps)),
      rows.map((row) => row.seat.connId),
      rows.map((row) => new Date(row.seat.since)),
      rows.map((row) => row.seat.spentMs),
      rows.map((row) => new Date(row.seat.heardAt)),
    ],
  );
}

export async function updateAttendees(client: pg.PoolClient, sessionId: string, rows: AttendeeRow[]): Promise<void> {
  await client.query(
    `update attendee a set replay_coverage = n.replayed::bigint[], credited_ms = n.credited_ms,
       replay_ms = n.replay_ms, venue_ms = n.venue_ms
     from (select $1::uuid as session_id, * from unnest($2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[])
       as row (person_id, replayed, credited_ms, replay_ms, venue_ms) offset 0) n
     where a.session_id = n.session_id and a.person_id = n.person_id`,
    [
      sessionId,
      rows.map((row) => row.personId),
      rows.map((row) => plainArray(row.replayed)),
      rows.map((row) => row.creditedMs),
      rows.map((row) => creditOf(row).replayMs),
      rows.map((row) => creditOf(row).venueMs),
    ],
  );
}

/** What the chain says of a person's checks in a replay. */
export async function facts(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
): Promise<{ misses: Miss[]; signs: Sign[] }> {
  const { rows } = await client.query<{ kind: string; from: number; to: number; checkId: string | null }>(
    `select kind, "from", "to", check_id as "checkId" from attendance_entry
     where session_id = $1 and person_id = $2 and seq is null and kind in ('replay_sign', 'replay_missed')`,
    [sessionId, personId],
  );
  return {
    misses: rows
      .filter(({ kind }) => kind === 'replay_missed')
      .map(({ from, to, checkId }) => ({ checkId: checkId ?? '', since: from, at: to })),
    signs: rows.filter(({ kind }) => kind === 'replay_sign').map(({ from, checkId }) => ({ at: from, checkId })),
  };
}

/** What a person was accepted to have watched of the replay, whether it counts or not. */
export async function watched(client: pg.PoolClient, sessionId: string, personId: string): Promise<Attended[]> {
  const { rows } = await client.query<{ from: number; to: number; receivedAt: Date }>(
    `select "from", "to", received_at as "receivedAt" from attendance_entry
     where session_id = $1 and person_id = $2 and kind = 'replay' and "to" > "from"`,
    [sessionId, personId],
  );
  return rows.map(({ from, to, receivedAt }) => ({ from, to, receivedAt: receivedAt.getTime() }));
}

/** When somebody last opened a page, before `until` and since `from`; epoch ms. */
export async function lastOpened(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
  { from, until }: { from: number; until: number },
): Promise<number | null> {
  const { rows } = await client.query<{ at: Date | null }>(
    `select max(opened_at) as at from connection
     where session_id = $1 and person_id = $2 and opened_at >= $3 and opened_at < $4`,
    [sessionId, personId, new Date(from), new Date(until)],
  );
  return rows[0]?.at?.getTime() ?? null;
}
