import type pg from 'pg';
import { PRESENCE_GRACE_MS, type PresenceTimes } from '#contract/presence-moment.ts';
import { arrayOfArrays, plainArray } from '../array-literals.ts';
import { type Attended, creditOf, type Miss, OPEN_END, type Sign } from './presence.ts';
import { type AttendeeRow, ofPeople } from './store.ts';

/* The SQL of signs of life and missed presence checks. */

/** A check whose time is over. */
export interface Asked extends PresenceTimes {
  windowMs: number;
}

/** Somebody who was asked at `at` and gave no sign of life in their time; sure before at `since`. Epoch ms. */
export interface Missing {
  personId: string;
  since: number;
  at: number;
}

/** Of these confirmations, those that are stored already, as `checkId:personId`. */
export async function confirmations(
  client: pg.Pool | pg.PoolClient,
  keys: { checkId: string | null; personId: string }[],
): Promise<Set<string>> {
  const named = keys.filter(({ checkId }) => checkId !== null);
  if (named.length === 0) return new Set();
  const { rows } = await client.query<{ key: string }>(
    `select k.check_id || ':' || k.person_id as key from unnest($1::uuid[], $2::uuid[]) as k (check_id, person_id)
     where exists (select 1 from attendance_entry where check_id = k.check_id and person_id = k.person_id
       and check_id is not null and kind in ('sign', 'replay_sign') offset 0)`,
    [plainArray(named.map((key) => key.checkId)), plainArray(named.map((key) => key.personId))],
  );
  return new Set(rows.map((row) => row.key));
}

/** Who of these has confirmed or missed the check already. */
export async function onRecord(client: pg.PoolClient, checkId: string, people: Missing[]): Promise<Set<string>> {
  const { rows } = await client.query<{ person_id: string }>(
    `select who.id as person_id from unnest($2::uuid[]) as who (id)
     where exists (select 1 from attendance_entry where check_id = $1 and person_id = who.id and check_id is not null offset 0)`,
    [checkId, plainArray(people.map(({ personId }) => personId))],
  );
  return new Set(rows.map((row) => row.person_id));
}

/** When somebody signed in to a screen and out: {@link isSignOfLife} in SQL. */
const SIGNED = `lateral (
    values (i.signed_in_at), (case when i.out_way <> 'end' then i.signed_out_at end)
  ) as moment (at)`;

/** What the record says of these people's missed checks and signs of life. Signing in to a screen, and out, is one. */
export async function facts(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, { misses: Miss[]; signs: Sign[] }>> {
  const { rows } = await client.query<{ personId: string; kind: string; from: number; to: number; checkId: string }>(
    `select person_id as "personId", kind, "from", "to", check_id as "checkId" from attendance_entry
     where session_id = $1 and person_id = any($2::uuid[]) and seq is null and kind in ('sign', 'missed')`,
    [sessionId, personIds],
  );
  const atScreens = await client.query<{ personId: string; at: Date }>(
    `select i.person_id as "personId", moment.at from screen_sign_in i join screen on screen.id = i.screen_id, ${SIGNED}
     where screen.session_id = $1 and i.person_id = any($2::uuid[]) and moment.at is not null`,
    [sessionId, personIds],
  );
  const byPerson = new Map<string, { misses: Miss[]; signs: Sign[] }>();
  for (const { personId, at } of atScreens.rows) {
    const known = byPerson.get(personId) ?? { misses: [], signs: [] };
    known.signs.push({ at: at.getTime(), checkId: null });
    byPerson.set(personId, known);
  }
  for (const { personId, kind, from, to, checkId } of rows) {
    const known = byPerson.get(personId) ?? { misses: [], signs: [] };
    if (kind === 'sign') known.signs.push({ at: from, checkId });
    else known.misses.push({ checkId, since: from, at: to });
    byPerson.set(personId, known);
  }
  return byPerson;
}

/** What these people reported, each span with the time of its receipt. */
export async function attended(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, Attended[]>> {
  const byPerson = new Map<string, Attended[]>(personIds.map((id) => [id, []]));
  if (personIds.length === 0) return byPerson;
  const { rows } = await client.query<{ personId: string; from: number; to: number; receivedAt: Date }>(
    `select person_id as "personId", "from", "to", received_at as "receivedAt" from attendance_entry
     where session_id = $1 and person_id = any($2::uuid[]) and kind in ('live', 'screen') and "to" > "from"`,
    [sessionId, personIds],
  );
  for (const { personId, from, to, receivedAt } of rows) {
    byPerson.get(personId)?.push({ from, to, receivedAt: receivedAt.getTime() });
  }
  return byPerson;
}

export async function updateAttendees(client: pg.PoolClient, sessionId: string, rows: AttendeeRow[]): Promise<void> {
  const credits = rows.map(creditOf);
  await client.query(
    `update attendee a set coverage = n.coverage::bigint[], gaps = n.gaps::bigint[], credited_ms = n.credited_ms,
       live_ms = n.live_ms, replay_ms = n.replay_ms, venue_ms = n.venue_ms, confirmed_check_id = n.confirmed_check_id
     from (select $1::uuid as session_id, * from unnest($2::uuid[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[], $9::uuid[])
       as row (person_id, coverage, gaps, credited_ms, live_ms, replay_ms, venue_ms, confirmed_check_id) offset 0) n
     where a.session_id = n.session_id and a.person_id = n.person_id`,
    [
      sessionId,
      plainArray(rows.map((row) => row.personId)),
      arrayOfArrays(rows.map((row) => row.coverage)),
      arrayOfArrays(rows.map((row) => row.gaps)),
      plainArray(rows.map((row) => row.creditedMs)),
      plainArray(credits.map(({ liveMs }) => liveMs)),
      plainArray(credits.map(({ replayMs }) => replayMs)),
      plainArray(credits.map(({ venueMs }) => venueMs)),
      plainArray(rows.map((row) => row.confirmedCheckId)),
    ],
  );
}

/** Who of these missed a check and has given no sign of life since. */
export async function withOpenGap(pool: pg.Pool, sessionId: string, personIds: string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ person_id: string }>(
    `select person_id from ${ofPeople('attendee')} where gaps[cardinality(gaps)] = $3`,
    [sessionId, personIds, OPEN_END],
  );
  return new Set(rows.map((row) => row.person_id));
}

/** Who was not heard of for longer than this was cut off meanwhile, and need not have seen that they were asked. */
const SILENCE = '35 s';

/**
 * Who was asked and gave no sign of life. Asked was who reported that they watch both in the first half of their time and after it,
 * without a longer silence from the one to the other: who was away for one of the halves, or the middle, has had no fair chance. Sure before
 * were they at their last sign of life, at the opening of their last page, or when they first came.
 */
export async function unconfirmed(pool: pg.Pool, sessionId: string, check: Asked): Promise<Missing[]> {
  const { rows } = await pool.query<{ personId: string; since: Date; at: Date }>(
    `with recent as (
       select coalesce(min(batch), 2147483647) as batch from attendance_batch
       where session_id = $1 and committed_at >= to_timestamp($3::bigint / 1000.0)
     ), contact as (
       -- The moment: askedAt of contract/presence-moment.ts.
       select e.person_id, e.received_at, to_timestamp(($3::bigint + (((
           ('x' || right($2::text, 8))::bit(32)::bigint + ('x' || right(e.person_id::text, 8))::bit(32)::bigint
         ) % 4294967296) * $4::bigint) / 4294967296) / 1000.0) as at
       from recent, attendance_entry e left join screen_sign_in i on e.kind = 'screen' and i.id = e.conn_id
       where e.session_id = $1 and e.batch >= recent.batch and e.kind in ('live', 'screen') and e."to" > e."from"
         -- What a screen reports of who has gone meanwhile is nothing that they could have answered.
         and (i.signed_out_at is null or i.signed_out_at >= e.received_at)
     ), asked as (
       select person_id, at, at + $6::interval as over from contact group by person_id, at
       having min(received_at) filter (where received_at >= at + $5::interval and received_at <= at + $6::interval)
         - max(received_at) filter (where received_at >= at and received_at < at + $5::interval) <= $7::interval
     ), opened as (
       select asked.person_id, max(connection.opened_at) as at from asked
       join connection on connection.session_id = $1 and connection.person_id = asked.person_id
         and connection.opened_at < asked.at
       group by asked.person_id
     )
     select asked.person_id as "personId", asked.at,
       coalesce(greatest(attendee.first_joined_at, opened.at, sign.last), to_timestamp(0)) as since
     from asked
     join attendee on attendee.session_id = $1 and attendee.person_id = asked.person_id
     left join opened on opened.person_id = asked.person_id
     left join lateral (
       select max(s.at) filter (where s.at < asked.at) as last,
         bool_or(s.check_id = $2::uuid or s.at between asked.at and asked.over) as met
       from (
         select e.check_id, to_timestamp(e."from" / 1000.0) as at from attendance_entry e
         where e.session_id = $1 and e.person_id = asked.person_id and e.seq is null and e.kind = 'sign'
         union all
         select null, moment.at from screen_sign_in i join screen on screen.id = i.screen_id, ${SIGNED}
         where screen.session_id = $1 and i.person_id = asked.person_id and moment.at is not null
       ) s
     ) sign on true
     where sign.met is not true
     order by asked.person_id`,
    [
      sessionId,
      check.id,
      check.openedPdt,
      check.spreadMs,
      `${check.windowMs / 2} ms`,
      `${check.windowMs + PRESENCE_GRACE_MS} ms`,
      SILENCE,
    ],
  );
  return rows.map(({ personId, since, at }) => ({ personId, since: since.getTime(), at: at.getTime() }));
}

export async function countMissed(pool: pg.Pool, checkId: string): Promise<number> {
  const { rows } = await pool.query<{ people: number }>(
    `select count(*)::int as people from attendance_entry where check_id = $1 and kind = 'missed'`,
    [checkId],
  );
  return rows[0]?.people ?? 0;
}

/** Had the connection reported within a minute and a half before, and then nothing until `until`? Epoch ms. */
export async function wasCut(pool: pg.Pool, connId: string, pressedAt: number, until: number): Promise<boolean> {
  const { rows } = await pool.query<{ cut: boolean }>(
    `select coalesce(bool_or(received_at between $2::timestamptz - interval '90 s' and $2::timestamptz + interval '2 s')
         and not bool_or(received_at > $2::timestamptz + interval '2 s' and received_at <= $3), false) as cut
     from attendance_entry where conn_id = $1 and kind in ('live', 'replay')`,
    [connId, new Date(pressedAt), new Date(until)],
  );
  return rows[0]?.cut ?? false;
}

/** People who have confirmed a check, and who of those that have reported since `since` (epoch ms) has not. */
export async function tally(
  pool: pg.Pool,
  sessionId: string,
  checkId: string,
  since: number,
): Promise<{ confirmed: number; unconfirmed: number }> {
  const { rows } = await pool.query<{ confirmed: number; unconfirmed: number }>(
    `select (select count(*) from attendance_entry where check_id = $2 and kind = 'sign')::int as confirmed,
       count(*) filter (where last_beat_at >= $3 and confirmed_check_id is distinct from $2)::int as unconfirmed
     from attendee where session_id = $1`,
    [sessionId, checkId, new Date(since)],
  );
  return rows[0] ?? { confirmed: 0, unconfirmed: 0 };
}
