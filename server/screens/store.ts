import type pg from 'pg';
import type { Screen, ScreenPerson } from '#contract/screens.ts';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import { OPEN_END } from '../attendance/presence.ts';

/* The reads of shared screens. */

type Instants = 'openedAt' | 'closedAt' | 'heardAt' | 'counted';
type ScreenRow = Omit<Screen, Instants> & {
  openedAt: Date;
  closedAt: Date | null;
  heardAt: Date | null;
  countedAt: Date | null;
  countedHeads: number;
  countedPresent: number;
  countedFor: string | null;
};

const SCREENS = `
  select screen.id, screen.session_id as "sessionId", screen.unit_id as "unitId", unit.name as "unitName",
    area.name as "areaName", screen.room, screen.declared_heads as "declaredHeads", screen.opened_at as "openedAt",
    screen.closed_at as "closedAt", heard.at as "heardAt", coalesce(heads.signed_in, 0)::int as "signedIn",
    coalesce(heads.present, 0)::int as present, coalesce(heads.added, 0)::int as added,
    counted.counted_at as "countedAt", counted.heads as "countedHeads", counted.present as "countedPresent",
    counted.check_id as "countedFor",
    coalesce(phones.phones, 0)::int as "sharedPhones", coalesce(phones.people, 0)::int as "bySharedPhones"
  from screen join unit on unit.id = screen.unit_id join area on area.id = unit.area_id
  left join lateral (
    select count(distinct person_id) as signed_in, count(distinct person_id) filter (where added) as added,
      count(*) filter (where signed_out_at is null) as present
    from screen_sign_in where screen_id = screen.id
  ) heads on true
  left join lateral (
    select count(*) as phones, sum(people) as people from (
      select count(distinct person_id) as people from screen_sign_in
      where screen_id = screen.id and device_id is not null group by device_id having count(distinct person_id) > 1
    ) phone
  ) phones on true
  left join lateral (
    select counted_at, heads, present, check_id from screen_count where screen_id = screen.id
    order by counted_at desc, id desc limit 1
  ) counted on true
  left join lateral (
    select max(last_beat_at) as at from connection
    where connection.session_id = screen.session_id and connection.kind = 'screen' and connection.person_id = screen.id
  ) heard on true`;

export async function readScreen(pool: pg.Pool, screenId: string): Promise<Screen | null> {
  const { rows } = await pool.query<ScreenRow>(`${SCREENS} where screen.id = $1`, [screenId]);
  return rows[0] ? screenOf(rows[0]) : null;
}

/** Of the units that the caller may see, those that are open first. */
export async function readScreens(pool: pg.Pool, sessionId: string, visibility: Visibility): Promise<Screen[]> {
  const { rows } = await pool.query<ScreenRow>(
    `${SCREENS} where screen.session_id = $1
       and (${visible('unit.area_id', 'unit.industry', 'unit.id', 2)}
         or unit.id = (select unit_id from person where id = $6::uuid))
     order by screen.closed_at is not null, unit.name, screen.opened_at, screen.id`,
    [sessionId, ...visibilityParameters(visibility), visibility.all ? null : visibility.personId],
  );
  return rows.map(screenOf);
}

function screenOf({ openedAt, closedAt, heardAt, ...row }: ScreenRow): Screen {
  const { countedAt, countedHeads: heads, countedPresent: present, countedFor: checkId, ...screen } = row;
  return {
    ...screen,
    counted: countedAt && { heads, present, at: countedAt.toISOString(), checkId },
    openedAt: openedAt.toISOString(),
    closedAt: closedAt?.toISOString() ?? null,
    heardAt: heardAt?.toISOString() ?? null,
  };
}

/** Names of those who signed in last, newest first. */
export async function lastNames(pool: pg.Pool, screenId: string, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select person.name from screen_sign_in join person on person.id = person_id
     where screen_id = $1 and signed_out_at is null order by signed_in_at desc, screen_sign_in.id desc limit $2`,
    [screenId, limit],
  );
  return rows.map(({ name }) => name);
}

/** Everybody who signed in, newest first. */
export async function readPeople(pool: pg.Pool, screenId: string): Promise<ScreenPerson[]> {
  const { rows } = await pool.query<
    Omit<ScreenPerson, 'signedInAt' | 'signedOutAt'> & { signedInAt: Date; signedOutAt: Date | null }
  >(
    `select person_id as "personId", person.name, signed_in_at as "signedInAt", signed_out_at as "signedOutAt", way, added,
       case when device_id is null then 0 else (
         select count(distinct other.person_id) from screen_sign_in other
         where other.screen_id = $1 and other.device_id = screen_sign_in.device_id
       ) end::int as "phoneSigned"
     from screen_sign_in join person on person.id = person_id
     where screen_id = $1 order by signed_in_at desc, screen_sign_in.id desc`,
    [screenId],
  );
  return rows.map(({ signedInAt, signedOutAt, ...row }) => ({
    ...row,
    signedInAt: signedInAt.toISOString(),
    signedOutAt: signedOutAt?.toISOString() ?? null,
  }));
}

/** Who is signed in and not out, with their sign-in's id. */
export async function presentPeople(pool: pg.Pool, screenId: string): Promise<Map<string, string>> {
  const { rows } = await pool.query<{ id: string; person_id: string }>(
    'select id, person_id from screen_sign_in where screen_id = $1 and signed_out_at is null',
    [screenId],
  );
  return new Map(rows.map((row) => [row.person_id, row.id]));
}

/** From where on nothing is credited to somebody before the screen, because a presence check was missed; null: to everybody is. */
export async function missedSince(pool: pg.Pool, screenId: string): Promise<Date | null> {
  const { rows } = await pool.query<{ since: Date | null }>(
    `select to_timestamp(min(attendee.gaps[cardinality(attendee.gaps) - 1]) / 1000.0) as since
     from screen join screen_sign_in on screen_sign_in.screen_id = screen.id and screen_sign_in.signed_out_at is null
       join attendee on attendee.session_id = screen.session_id and attendee.person_id = screen_sign_in.person_id
     where screen.id = $1 and attendee.gaps[cardinality(attendee.gaps)] = $2`,
    [screenId, OPEN_END],
  );
  return rows[0]?.since ?? null;
}
