import type pg from 'pg';
import { plainArray } from '../array-literals.ts';
import type { Coverage } from './credit.ts';

/** Tickets of scans are good for three minutes. */
const SPENT_FOR_MS = 3_600_000;

/* The SQL of signing in at a venue. All of it runs with the head of the session's chain held. */

/** For whom these scans were spent. */
export async function spentScans(client: pg.PoolClient, scanIds: string[]): Promise<Map<string, string>> {
  const { rows } = await client.query<{ id: string; personId: string }>(
    'select id, person_id as "personId" from spent_scan where id = any ($1::uuid[])',
    [scanIds],
  );
  return new Map(rows.map(({ id, personId }) => [id, personId]));
}

/** Spends scans, and forgets those whose tickets ran out long ago. */
export async function spendScans(client: pg.PoolClient, spent: Map<string, string>, now: number): Promise<void> {
  await client.query('delete from spent_scan where at < $1', [new Date(now - SPENT_FOR_MS)]);
  await client.query(
    `insert into spent_scan (id, person_id, at) select id, person_id, $3 from unnest($1::uuid[], $2::uuid[]) as s (id, person_id)
     on conflict (id) do nothing`,
    [[...spent.keys()], [...spent.values()], new Date(now)],
  );
}

type Instants = 'signedInAt' | 'sureAt' | 'signedOutAt';

export type VenueWay = 'code' | 'hand';

/** A visit that began, or went on, at these signs. `inWay` and `deviceId` stay as they were when it began. */
export interface WrittenVisit extends VisitRow {
  inWay: VenueWay;
  outWay: VenueWay | null;
  deviceId: string | null;
}

/** Times in epoch ms. */
export interface VisitRow {
  id: string;
  personId: string;
  signedInAt: number;
  sureAt: number;
  signedOutAt: number | null;
  numbered: number;
}

/** Each person's newest visit. */
export async function lastVisits(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, VisitRow>> {
  const { rows } = await client.query<
    Omit<VisitRow, Instants> & { signedInAt: Date; sureAt: Date; signedOutAt: Date | null }
  >(
    `select distinct on (person_id) id, person_id as "personId", signed_in_at as "signedInAt", sure_at as "sureAt",
       signed_out_at as "signedOutAt", numbered
     from venue_visit where session_id = $1 and person_id = any ($2::uuid[])
     order by person_id, signed_out_at is null desc, signed_in_at desc, id desc`,
    [sessionId, personIds],
  );
  return new Map(
    rows.map(({ signedInAt, sureAt, signedOutAt, ...row }) => [
      row.personId,
      {
        ...row,
        signedInAt: signedInAt.getTime(),
        sureAt: sureAt.getTime(),
        signedOutAt: signedOutAt?.getTime() ?? null,
      },
    ]),
  );
}

/** Writes visits as they are now. Those that are over go first, since somebody has one open at most. */
export async function writeVisits(client: pg.PoolClient, sessionId: string, visits: WrittenVisit[]): Promise<void> {
  const instant = (ms: number | null) => (ms === null ? null : new Date(ms));
  for (const some of [
    visits.filter(({ signedOutAt }) => signedOutAt !== null),
    visits.filter(({ signedOutAt }) => signedOutAt === null),
  ]) {
    if (some.length === 0) continue;
    await client.query(
      `insert into venue_visit (session_id, id, person_id, signed_in_at, sure_at, signed_out_at, in_way, out_way, device_id, numbered)
       select $1, id, person_id, signed_in_at, sure_at, signed_out_at, in_way::venue_way, out_way::venue_way, device_id, numbered
       from unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[], $7::text[], $8::text[],
         $9::uuid[], $10::int[])
         as v (id, person_id, signed_in_at, sure_at, signed_out_at, in_way, out_way, device_id, numbered)
       on conflict (id) do update set sure_at = excluded.sure_at, signed_out_at = excluded.signed_out_at,
         out_way = excluded.out_way, numbered = excluded.numbered`,
      [
        sessionId,
        some.map(({ id }) => id),
        some.map(({ personId }) => personId),
        some.map(({ signedInAt }) => instant(signedInAt)),
        some.map(({ sureAt }) => instant(sureAt)),
        some.map(({ signedOutAt }) => instant(signedOutAt)),
        some.map(({ inWay }) => inWay),
        some.map(({ outWay }) => outWay),
        some.map(({ deviceId }) => deviceId),
        some.map(({ numbered }) => numbered),
      ],
    );
  }
}

export async function setVenue(
  client: pg.PoolClient,
  sessionId: string,
  people: { personId: string; venue: Coverage; venueMs: number; creditedMs: number }[],
): Promise<void> {
  await client.query(
    `update attendee set venue_coverage = c.coverage::bigint[], venue_ms = c.venue_ms, credited_ms = c.credited_ms
     from unnest($2::uuid[], $3::text[], $4::int[], $5::int[]) as c (person_id, coverage, venue_ms, credited_ms)
     where attendee.session_id = $1 and attendee.person_id = c.person_id`,
    [
      sessionId,
      people.map(({ personId }) => personId),
      people.map(({ venue }) => plainArray(venue)),
      people.map(({ venueMs }) => venueMs),
      people.map(({ creditedMs }) => creditedMs),
    ],
  );
}
