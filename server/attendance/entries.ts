import type pg from 'pg';
import type { PersonCategory, UnitKind } from '#contract/organisations.ts';
import type { PresenceStanding } from '#contract/presence.ts';
import { missedFrom } from './presence.ts';
import { ofPeople } from './store.ts';

/** Who enters a room, as they are now: kept with the session, since units and categories change. */
export interface Entering {
  personId: string;
  unitId: string;
  areaId: string;
  unitKind: UnitKind;
  industry: string | null;
  highRisk: boolean;
  category: PersonCategory;
}

/** Where a person stands who comes into the room. */
export interface Entered {
  creditedMs: number;
  standing: PresenceStanding;
}

export const NOTHING_ASKED: PresenceStanding = { confirmed: null, missedFrom: null };

interface Known {
  personId: string;
  creditedMs: number;
  joined: boolean;
  gaps: number[];
  confirmedCheckId: string | null;
}

/** Notes people as present in a session's room, since `now` (epoch ms) those who were not before; one result each, in their order. */
export async function enter(pool: pg.Pool, sessionId: string, people: Entering[], now: number): Promise<Entered[]> {
  const { rows } = await pool.query<Known>(
    `select person_id as "personId", credited_ms as "creditedMs", first_joined_at is not null as joined,
       gaps, confirmed_check_id as "confirmedCheckId"
     from ${ofPeople('attendee')}`,
    [sessionId, people.map(({ personId }) => personId)],
  );
  const known = new Map(rows.map((row) => [row.personId, row]));
  const first = new Map(
    people.filter(({ personId }) => !known.get(personId)?.joined).map((one) => [one.personId, one]),
  );
  if (first.size > 0) await note(pool, sessionId, [...first.values()], now);
  return people.map(({ personId }) => {
    const row = known.get(personId);
    if (!row) return { creditedMs: 0, standing: NOTHING_ASKED };
    const standing = { confirmed: row.confirmedCheckId, missedFrom: missedFrom(row.gaps) };
    return { creditedMs: row.creditedMs, standing };
  });
}

/** Whoever is in 应到 stays what they were when it was frozen. */
async function note(pool: pg.Pool, sessionId: string, people: Entering[], now: number): Promise<void> {
  await pool.query(
    `insert into attendee
       (session_id, first_joined_at, person_id, unit_id, area_id, unit_kind, industry, high_risk, category)
     select $1, $2, person_id, unit_id, area_id, unit_kind::unit_kind, industry, high_risk, category::person_category
     from unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::bool[], $9::text[])
       as entering (person_id, unit_id, area_id, unit_kind, industry, high_risk, category)
     -- In one order everywhere: two workers with the same people must not wait for each other.
     order by person_id
     on conflict (session_id, person_id) do update
       set first_joined_at = coalesce(attendee.first_joined_at, excluded.first_joined_at)`,
    [
      sessionId,
      new Date(now),
      people.map(({ personId }) => personId),
      people.map(({ unitId }) => unitId),
      people.map(({ areaId }) => areaId),
      people.map(({ unitKind }) => unitKind),
      people.map(({ industry }) => industry),
      people.map(({ highRisk }) => highRisk),
      people.map(({ category }) => category),
    ],
  );
}
