import type pg from 'pg';
import type { Screen, ScreenPerson } from '#contract/screens.ts';
import type { Visibility } from '../accounts/principal.ts';

/* The reads of shared screens. */

type Instants = 'openedAt' | 'closedAt' | 'heardAt';
type ScreenRow = Omit<Screen, Instants> & { openedAt: Date; closedAt: Date | null; heardAt: Date | null };

const SCREENS = `
  select screen.id, screen.session_id as "sessionId", screen.unit_id as "unitId", unit.name as "unitName",
    area.name as "areaName", screen.room, screen.declared_heads as "declaredHeads", screen.opened_at as "openedAt",
    screen.closed_at as "closedAt", heard.at as "heardAt", coalesce(heads.signed_in, 0)::int as "signedIn",
    coalesce(heads.present, 0)::int as present, coalesce(heads.added, 0)::int as added,
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
    select max(last_beat_at) as at from connection
    where connection.session_id = screen.session_id and connection.kind = 'screen' and connection.person_id = screen.id
  ) heard on true`;

export async function readScreen(pool: pg.Pool, screenId: string): Promise<Screen | null> {
  const { rows } = await pool.query<ScreenRow>(`${SCREENS} where screen.id = $1`, [screenId]);
  return rows[0] ? screenOf(rows[0]) : null;
}

/** Of the units that the caller may see, those that are open first. */
export async function readScreens(pool: pg.Pool, sessionId: string, visibility: Visibility): Promise<Screen[]> {
  const seen = visibility.all ? null : visibility;
  const { rows } = await pool.query<ScreenRow>(
    `${SCREENS} where screen.session_id = $1
       and ($2 or unit.area_id = any($3::uuid[]) or unit.industry = any($4::text[]) or unit.id = any($5::uuid[])
         or unit.id = (select unit_id from person where id = $6::uuid))
     order by screen.closed_at is not null, unit.name, screen.opened_at, screen.id`,
    [
      sessionId,
      visibility.all,
      seen?.areaIds ?? [],
      seen?.industries ?? [],
      seen?.unitIds ?? [],
      seen?.personId ?? null,
    ],
  );
  return rows.map(screenOf);
}

function screenOf({ openedAt, closedAt, heardAt, ...row }: ScreenRow): Screen {
  return {
    ...row,
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

export async function presentPeople(pool: pg.Pool, screenId: string): Promise<Set<string>> {
  const { rows } = await pool.query<{ person_id: string }>(
    'select person_id from screen_sign_in where screen_id = $1 and signed_out_at is null',
    [screenId],
  );
  return new Set(rows.map((row) => row.person_id));
}
