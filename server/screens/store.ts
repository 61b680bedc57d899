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

/** What a screen's page shows. */
export interface ShownScreen {
  screen: Screen;
  shortCode: string;
  secret: Buffer;
  /** Of those who signed in last, newest first. */
  names: string[];
  /** From where on nothing is credited to somebody before it, because a presence check was missed; null: to everybody is. */
  missedSince: Date | null;
}

/** Of each screen, in their order; null where there is none. */
export async function readShown(pool: pg.Pool, screenIds: string[], names: number): Promise<(ShownScreen | null)[]> {
  const { rows } = await pool.query<ScreenRow & Omit<ShownScreen, 'screen'>>(
    `select known.*, code.short_code as "shortCode", code.secret,
       array(
         select person.name from screen_sign_in s join person on person.id = s.person_id
         where s.screen_id = known.id and s.signed_out_at is null order by s.signed_in_at desc, s.id desc limit $2
       ) as names,
       (select to_timestamp(min(a.gaps[cardinality(a.gaps) - 1]) / 1000.0)
        from screen_sign_in s join attendee a on a.session_id = known."sessionId" and a.person_id = s.person_id
        where s.screen_id = known.id and s.signed_out_at is null and a.gaps[cardinality(a.gaps)] = $3) as "missedSince"
     from (${SCREENS} where screen.id = any ($1::uuid[])) known join screen code on code.id = known.id`,
    [[...new Set(screenIds)], names, OPEN_END],
  );
  const shown = new Map(
    rows.map(({ shortCode, secret, names, missedSince, ...row }) => [
      row.id,
      { screen: screenOf(row), shortCode, secret, names, missedSince },
    ]),
  );
  return screenIds.map((id) => shown.get(id) ?? null);
}

/** Whose each screen is, in their order; null where there is none. */
export async function readPlaces(pool: pg.Pool, screenIds: string[]) {
  const { rows } = await pool.query<{
    id: string;
    unitId: string;
    areaId: string;
    industry: string | null;
    convenorId: string | null;
  }>(
    `select screen.id, screen.unit_id as "unitId", unit.area_id as "areaId", unit.industry, screen.convenor_id as "convenorId"
     from screen join unit on unit.id = screen.unit_id where screen.id = any ($1::uuid[])`,
    [[...new Set(screenIds)]],
  );
  const places = new Map(rows.map((row) => [row.id, row]));
  return screenIds.map((id) => places.get(id) ?? null);
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
