import type pg from 'pg';
import type { Beat } from '#contract/attendance.ts';
import { arrayOfArrays, instantArray, plainArray } from '../array-literals.ts';
import { type ChainedEntry, genesis, type Link, nextLink } from './chain.ts';
import type { Coverage } from './credit.ts';
import { creditOf } from './presence.ts';

/*
 * The SQL of attendance. All of it runs inside a transaction that holds the head of the session's chain, so that batches
 * of several workers follow one another and each sees what the one before stored.
 *
 * People of a batch are looked up one by one (`lateral … offset 0`, and joins on both columns of the key from a subquery that is not taken
 * apart, within `transactionByKeys`). Asked for "this session, and one of these people", the planner takes a session that the statistics do not
 * know yet for a hundred rows, and reads its 40,000 each time.
 */

export interface Head {
  batch: number;
  digest: Buffer;
}

/** Takes the session's chain head, making it if this is the first batch, and holds it to the end of the transaction. */
export async function lockChain(client: pg.PoolClient, sessionId: string): Promise<Head> {
  const head = async () => {
    const { rows } = await client.query<Head>(
      'select batch, digest from attendance_chain where session_id = $1 for update',
      [sessionId],
    );
    return rows[0];
  };
  const known = await head();
  if (known) return known;
  await client.query(
    'insert into attendance_chain (session_id, batch, digest) values ($1, 0, $2) on conflict (session_id) do nothing',
    [sessionId, genesis(sessionId)],
  );
  return (await head()) as Head;
}

export interface ConnectionRow {
  id: string;
  personId: string;
  deviceId: string;
  openedAt: number;
  acceptedMs: number;
  coverage: Coverage;
}

export async function connections(client: pg.PoolClient, ids: string[]): Promise<Map<string, ConnectionRow>> {
  const { rows } = await client.query<Omit<ConnectionRow, 'openedAt'> & { openedAt: Date }>(
    `select id, person_id as "personId", device_id as "deviceId", opened_at as "openedAt", accepted_ms as "acceptedMs", coverage
     from connection where id = any($1::uuid[])`,
    [plainArray(ids)],
  );
  return new Map(rows.map((row) => [row.id, { ...row, openedAt: row.openedAt.getTime() }]));
}

/** Which of these beats are stored already, as `connId:seq`. */
export async function storedBeats(
  client: pg.PoolClient,
  keys: { connId: string; seq: number }[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ conn_id: string; seq: number }>(
    `select e.conn_id, e.seq from unnest($1::uuid[], $2::int[]) as k (conn_id, seq) cross join lateral
       (select conn_id, seq from attendance_entry where conn_id = k.conn_id and seq = k.seq offset 0) e`,
    [plainArray(keys.map((key) => key.connId)), plainArray(keys.map((key) => key.seq))],
  );
  return new Set(rows.map((row) => `${row.conn_id}:${row.seq}`));
}

/** For `from`: the rows that people, `$2`, have in a session, `$1`, in a table with both as its key. */
export function ofPeople(table: 'attendee' | 'replay_progress'): string {
  return `unnest($2::uuid[]) as who (id) cross join lateral
    (select * from ${table} where session_id = $1 and person_id = who.id offset 0) as known`;
}

export interface AttendeeRow {
  personId: string;
  /** When they first came in, epoch ms. */
  joinedAt: number | null;
  /** Of all that may count, before the gaps are taken out of it. */
  coverage: Coverage;
  /** Of missed presence checks. */
  gaps: Coverage;
  /** What counts of the replay. */
  replayed: Coverage;
  /** At the venue. */
  venue: Coverage;
  confirmedCheckId: string | null;
  /** Reported something well after the class had shown it. */
  lookedBack: boolean;
  creditedMs: number;
}

export async function attendees(
  client: pg.Pool | pg.PoolClient,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, AttendeeRow>> {
  const { rows } = await client.query<Omit<AttendeeRow, 'joinedAt'> & { joinedAt: Date | null }>(
    `select person_id as "personId", first_joined_at as "joinedAt", coverage, gaps, confirmed_check_id as "confirmedCheckId",
       replay_coverage as replayed, venue_coverage as venue, looked_back as "lookedBack", credited_ms as "creditedMs"
     from ${ofPeople('attendee')}`,
    [sessionId, plainArray(personIds)],
  );
  return new Map(rows.map((row) => [row.personId, { ...row, joinedAt: row.joinedAt?.getTime() ?? null }]));
}

/** A beat, and what was accepted of it. */
export interface BeatEntry {
  personId: string;
  connId: string;
  beat: Beat;
  from: number;
  to: number;
  receivedAt: number;
}

/** Those of a crowd, of which nothing but what beats have is written. */
export async function insertBeats(
  client: pg.PoolClient,
  sessionId: string,
  batch: number,
  kind: 'live' | 'replay',
  entries: BeatEntry[],
): Promise<void> {
  await client.query(
    `insert into attendance_entry
       (session_id, batch, kind, person_id, conn_id, seq, claimed_from, claimed_to, "from", "to", hidden, received_at)
     select $1, $2, $3::entry_kind, e.* from unnest
       ($4::uuid[], $5::uuid[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bool[], $12::timestamptz[]) as e`,
    [
      sessionId,
      batch,
      kind,
      plainArray(entries.map((e) => e.personId)),
      plainArray(entries.map((e) => e.connId)),
      plainArray(entries.map((e) => e.beat.seq)),
      plainArray(entries.map((e) => e.beat.mediaFrom)),
      plainArray(entries.map((e) => e.beat.mediaTo)),
      plainArray(entries.map((e) => e.from)),
      plainArray(entries.map((e) => e.to)),
      plainArray(entries.map((e) => e.beat.state.hidden)),
      instantArray(entries.map((e) => e.receivedAt)),
    ],
  );
}

export async function upsertConnections(
  client: pg.PoolClient,
  sessionId: string,
  rows: ConnectionRow[],
  now: number,
): Promise<void> {
  await client.query(
    `insert into connection (session_id, last_beat_at, id, person_id, device_id, opened_at, accepted_ms, coverage)
     select $1, $2, c.id, c.person_id, c.device_id, c.opened_at, c.accepted_ms, c.coverage::bigint[] from unnest
       ($3::uuid[], $4::uuid[], $5::uuid[], $6::timestamptz[], $7::int[], $8::text[])
       as c (id, person_id, device_id, opened_at, accepted_ms, coverage)
     on conflict (id) do update set
       last_beat_at = excluded.last_beat_at, accepted_ms = excluded.accepted_ms, coverage = excluded.coverage`,
    [
      sessionId,
      new Date(now),
      plainArray(rows.map((row) => row.id)),
      plainArray(rows.map((row) => row.personId)),
      plainArray(rows.map((row) => row.deviceId)),
      instantArray(rows.map((row) => row.openedAt)),
      plainArray(rows.map((row) => row.acceptedMs)),
      arrayOfArrays(rows.map((row) => row.coverage)),
    ],
  );
}

export async function updateAttendees(
  client: pg.PoolClient,
  sessionId: string,
  rows: AttendeeRow[],
  now: number,
): Promise<void> {
  const credits = rows.map(creditOf);
  await client.query(
    `update attendee a set
       coverage = n.coverage::bigint[], looked_back = n.looked_back, credited_ms = n.credited_ms, live_ms = n.live_ms,
       replay_ms = n.replay_ms, venue_ms = n.venue_ms, last_beat_at = $2
     from (select $1::uuid as session_id, * from unnest($3::uuid[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::bool[])
       as row (person_id, coverage, credited_ms, live_ms, replay_ms, venue_ms, looked_back) offset 0) n
     where a.session_id = n.session_id and a.person_id = n.person_id`,
    [
      sessionId,
      new Date(now),
      plainArray(rows.map((row) => row.personId)),
      arrayOfArrays(rows.map((row) => row.coverage)),
      plainArray(rows.map((row) => row.creditedMs)),
      plainArray(credits.map(({ liveMs }) => liveMs)),
      plainArray(credits.map(({ replayMs }) => replayMs)),
      plainArray(credits.map(({ venueMs }) => venueMs)),
      plainArray(rows.map((row) => row.lookedBack)),
    ],
  );
}

/** Entries of every kind. */
export async function insertEntries(
  client: pg.PoolClient,
  sessionId: string,
  batch: number,
  entries: readonly ChainedEntry[],
): Promise<void> {
  await client.query(
    `insert into attendance_entry (session_id, batch, kind, person_id, conn_id, seq, claimed_from, claimed_to, "from", "to", hidden,
       received_at, delta_ms, actor_id, reason, check_id, correction_id, effect, evidence_sha256, withdraws)
     select $1, $2, e.kind::entry_kind, e.person_id, e.conn_id, e.seq, e.claimed_from, e.claimed_to, e."from", e."to", e.hidden,
       e.received_at, e.delta_ms, e.actor_id, e.reason, e.check_id, e.correction_id, e.effect::correction_effect,
       decode(e.evidence, 'hex'), e.withdraws
     from unnest($3::text[], $4::uuid[], $5::uuid[], $6::int[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bool[],
       $12::timestamptz[], $13::int[], $14::uuid[], $15::text[], $16::uuid[], $17::uuid[], $18::text[], $19::text[], $20::uuid[])
       as e (kind, person_id, conn_id, seq, claimed_from, claimed_to, "from", "to", hidden, received_at, delta_ms, actor_id, reason,
         check_id, correction_id, effect, evidence, withdraws)`,
    [
      sessionId,
      batch,
      entries.map((e) => e.kind),
      entries.map((e) => e.personId),
      entries.map((e) => e.connId),
      entries.map((e) => e.seq),
      entries.map((e) => e.claimedFrom),
      entries.map((e) => e.claimedTo),
      entries.map((e) => e.from),
      entries.map((e) => e.to),
      entries.map((e) => e.hidden),
      entries.map((e) => new Date(e.receivedAt)),
      entries.map((e) => e.deltaMs),
      entries.map((e) => e.actorId),
      entries.map((e) => e.reason),
      entries.map((e) => e.checkId ?? null),
      entries.map((e) => e.correction?.id ?? null),
      entries.map((e) => e.correction?.effect ?? null),
      entries.map((e) => e.correction?.evidence ?? null),
      entries.map((e) => e.correction?.withdraws ?? null),
    ],
  );
}

/** Writes entries, if there are any, as the link that follows `head`. */
export async function append(
  client: pg.PoolClient,
  sessionId: string,
  head: Head,
  entries: readonly ChainedEntry[],
  now: number,
): Promise<void> {
  if (entries.length === 0) return;
  const link = nextLink(head, entries);
  await insertEntries(client, sessionId, link.batch, entries);
  await appendLink(client, sessionId, link, now);
}

/** Who was not due and has not come is in the record from here on, as they are now. Each with when they came, epoch ms; null where they did not. */
export async function addAttendees(
  client: pg.PoolClient,
  sessionId: string,
  people: ReadonlyMap<string, number | null>,
): Promise<void> {
  await client.query(
    `insert into attendee (session_id, first_joined_at, person_id, unit_id, area_id, unit_kind, industry, high_risk, category)
     select $1, came.at, person.id, unit.id, unit.area_id, unit.kind, unit.industry, unit.high_risk, person.category
     from unnest($2::uuid[], $3::timestamptz[]) as came (person_id, at) join person on person.id = came.person_id
       join unit on unit.id = person.unit_id
     order by person.id
     on conflict (session_id, person_id) do update
       set first_joined_at = least(attendee.first_joined_at, excluded.first_joined_at)`,
    [sessionId, [...people.keys()], [...people.values()].map((at) => (at === null ? null : new Date(at)))],
  );
}

/** Writes the link and moves the head to it. */
export async function appendLink(client: pg.PoolClient, sessionId: string, link: Link, now: number): Promise<void> {
  await client.query(
    `insert into attendance_batch (session_id, batch, previous, digest, entries, fingerprints, committed_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [sessionId, link.batch, link.previous, link.digest, link.entries, link.fingerprints, new Date(now)],
  );
  await client.query('update attendance_chain set batch = $2, digest = $3 where session_id = $1', [
    sessionId,
    link.batch,
    link.digest,
  ]);
}
