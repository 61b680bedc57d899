import type pg from 'pg';
import { type ClassHourFigures, dueHours } from '#contract/class-hours.ts';
import type { LedgerPeopleFilter, LedgerPerson, LedgerSession, SessionAhead } from '#contract/hours.ts';
import { Industry, PersonCategory } from '#contract/organisations.ts';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import { invitedPeople } from '../courses/audience.ts';
import { readByCursor } from '../db.ts';

/*
 * The ledger as SQL. Nothing of it is stored: what is done follows from attendee.credited_ms, and what is due from the pure rule, which is
 * handed over as a table of every kind of person there is.
 */

/** Which year, and of whom. */
export interface LedgerScope extends Omit<LedgerPeopleFilter, 'year'> {
  year: number;
  /** Epoch ms; the year's end is not in it. */
  from: number;
  to: number;
  /** It is over: then people are what they were in their last session of it. */
  past: boolean;
  figures: ClassHourFigures;
  visibility: Visibility;
  personId?: string;
}

/** Parameters $1–$16 of every query that starts with {@link withLedger}. */
function parametersOf(scope: LedgerScope): unknown[] {
  const { year, from, to, past, figures, visibility } = scope;
  return [
    ...[new Date(from), new Date(to), year, past, JSON.stringify(dues(figures)), figures.minutes * 60_000],
    ...visibilityParameters(visibility),
    ...[scope.areaId ?? null, scope.industry ?? null, scope.category ?? null, scope.unitId ?? null],
    ...[scope.personId ?? null, scope.q?.trim() || null],
  ];
}

/** What is due of every kind of person in an enterprise. */
function dues(figures: ClassHourFigures) {
  return [...Industry.options, null].flatMap((industry) =>
    PersonCategory.options.flatMap((category) =>
      [false, true].map((initial) => ({
        ...{ industry: industry ?? '', category, initial },
        hours: dueHours({ unitKind: 'enterprise', industry, category, initial }, figures),
      })),
    ),
  );
}

const LEDGER = `with due as materialized (
    select * from jsonb_to_recordset($5::jsonb) as d (industry text, category text, initial boolean, hours float8)
  ),
  done as materialized (
    select a.person_id, count(*) filter (where a.credited_ms >= c.attendance_seconds * 1000)::int as sessions,
      sum(a.credited_ms)::bigint as attended_ms,
      coalesce(sum(a.credited_ms) filter (where c.statutory), 0)::bigint as statutory_ms,
      (array_agg(a.session_id order by s.started_at desc, s.id) filter (where $4::bool))[1] as last_session
    from session s join course c on c.id = s.course_id join attendee a on a.session_id = s.id
    where s.started_at >= $1 and s.started_at < $2 and a.credited_ms > 0
      and ($15::uuid is null or a.person_id = $15)
    group by a.person_id
  ),
  known as (
    select p.id as person_id, p.name as person_name, u.id as unit_id, u.name as unit_name, u.area_id,
      area.name as area_name, area.position, coalesce(stood.unit_kind, u.kind) as unit_kind,
      case when stood.person_id is null then u.industry else stood.industry end as industry,
      coalesce(stood.category, p.category) as category,
      p.verification <> 'refused' and p.created_at < $2 and (p.left_at is null or p.left_at >= $2)
        and (u.closed_at is null or u.closed_at >= $2) as on_roster,
      i.person_id is not null as initial, coalesce(done.sessions, 0) as sessions,
      coalesce(done.attended_ms, 0) as attended_ms, coalesce(done.statutory_ms, 0) as statutory_ms
    from person p join unit u on u.id = p.unit_id join area on area.id = u.area_id
      left join done on done.person_id = p.id
      left join attendee stood on stood.session_id = done.last_session and stood.person_id = p.id
      left join initial_training i on i.person_id = p.id and i.year = $3
    where ${visible('u.area_id', 'u.industry', 'u.id', 7)}
      and ($11::uuid is null or u.area_id = $11) and ($14::uuid is null or u.id = $14) and ($15::uuid is null or p.id = $15)
      and ($16::text is null or position($16 in p.name) > 0 or position($16 in u.name) > 0)
  ),
  owed as (
    select known.*, case when on_roster and unit_kind = 'enterprise' then due.hours else 0 end as due_hours
    from known join due on due.industry = coalesce(known.industry, '') and due.category = known.category::text
      and due.initial = known.initial
    where ($12::text is null or known.industry = $12) and ($13::text is null or known.category::text = $13)
      and (on_roster or attended_ms > 0 or $15::uuid is not null)
  ),
  ledger as (
    select owed.*, case when due_hours = 0 then 'none' when statutory_ms >= due_hours * $6::bigint then 'fulfilled'
      else 'behind' end as standing
    from owed
  )`;

const CHOSEN = `chosen as (
    select * from ledger where ($17::text is null or standing = $17) and ($18::bool is null or initial = $18))`;

const PERSON = `person_id as "personId", person_name as "personName", unit_id as "unitId", unit_name as "unitName",
  area_name as "areaName", industry, category, on_roster as "onRoster", initial, due_hours as "dueHours", standing,
  statutory_ms as "statutoryMs", attended_ms as "attendedMs", sessions`;
const IN_ORDER = 'order by position, area_name, unit_name, unit_id, person_name, person_id';

function chosenBy(scope: LedgerScope): unknown[] {
  return [...parametersOf(scope), scope.standing ?? null, scope.initial ?? null];
}

/** People of a year, by area, unit and name. */
export async function readPeople(
  pool: pg.Pool,
  scope: LedgerScope,
  page: { limit: number; offset: number } | null,
): Promise<{ people: LedgerPerson[]; total: number }> {
  const { rows } = await pool.query<LedgerPerson & { total: number }>(
    `${LEDGER}, ${CHOSEN}
     select ${PERSON}, (count(*) over ())::int as total from chosen ${IN_ORDER} limit $19::int offset $20::int`,
    [...chosenBy(scope), page?.limit ?? null, page?.offset ?? 0],
  );
  return { people: rows.map(({ total: _, ...person }) => person), total: rows[0]?.total ?? 0 };
}

type PersonColumns = [
  ...[string, string, string, string, string],
  ...[LedgerPerson['industry'], LedgerPerson['category'], boolean, boolean, number, LedgerPerson['standing']],
  ...[number, number, number],
];

/** All of them, some at a time: the ledger is worked out once. */
export async function* readEverybody(client: pg.PoolClient, scope: LedgerScope): AsyncGenerator<LedgerPerson[]> {
  const sql = `${LEDGER}, ${CHOSEN} select ${PERSON} from chosen ${IN_ORDER}`;
  for await (const rows of readByCursor<PersonColumns>(client, sql, chosenBy(scope))) yield rows.map(personOf);
}

function personOf(row: PersonColumns): LedgerPerson {
  const [personId, personName, unitId, unitName, areaName, industry, category, onRoster, initial, ...figures] = row;
  const [dueHours, standing, statutoryMs, attendedMs, sessions] = figures;
  return {
    ...{ personId, personName, unitId, unitName, areaName, industry, category, onRoster, initial },
    ...{ dueHours, standing, statutoryMs, attendedMs, sessions },
  };
}

/** People of one area, industry and category, counted. */
export interface LedgerCell {
  areaId: string;
  areaName: string;
  areaPosition: number;
  industry: Industry | null;
  category: PersonCategory;
  people: number;
  due: number;
  fulfilled: number;
  behind: number;
  dueHours: number;
  countedMs: number;
  statutoryMs: number;
  attendedMs: number;
}

export async function readCells(pool: pg.Pool, scope: LedgerScope): Promise<LedgerCell[]> {
  const { rows } = await pool.query<LedgerCell>(
    `${LEDGER}
     select area_id as "areaId", area_name as "areaName", position as "areaPosition", industry, category,
       count(*) filter (where on_roster)::int as people, count(*) filter (where standing <> 'none')::int as due,
       count(*) filter (where standing = 'fulfilled')::int as fulfilled,
       count(*) filter (where standing = 'behind')::int as behind, sum(due_hours) as "dueHours",
       sum(least(statutory_ms, due_hours * $6::bigint))::bigint as "countedMs", sum(statutory_ms)::bigint as "statutoryMs",
       sum(attended_ms)::bigint as "attendedMs"
     from ledger group by area_id, area_name, position, industry, category`,
    parametersOf(scope),
  );
  return rows;
}

/** What a person has of each session of a year that credits them anything, the earliest first. */
export async function readSessions(
  pool: pg.Pool,
  personId: string,
  { from, to }: { from: number; to: number },
): Promise<LedgerSession[]> {
  const { rows } = await pool.query<Omit<LedgerSession, 'startedAt'> & { startedAt: Date }>(
    `select s.id as "sessionId", c.title as "courseTitle", s.number, s.topic, s.mode, s.started_at as "startedAt",
       a.credited_ms as "creditedMs", a.credited_ms >= s.planned_minutes * 600 * c.complete_percent as complete,
       c.statutory, case when c.statutory then c.statutory_basis end as "statutoryBasis",
       case when c.statutory then c.statutory_approver end as "statutoryApprover"
     from attendee a join session s on s.id = a.session_id join course c on c.id = s.course_id
     where a.person_id = $1 and a.credited_ms > 0 and s.started_at >= $2 and s.started_at < $3
     order by s.started_at, s.id`,
    [personId, new Date(from), new Date(to)],
  );
  return rows.map((row) => ({ ...row, startedAt: row.startedAt.toISOString() }));
}

/** Sessions ahead, or running, of courses that count, to which this person, or anybody whom the caller sees, is invited. */
export async function readAhead(
  pool: pg.Pool,
  who: { personId: string } | { visibility: Visibility },
  now: number,
): Promise<SessionAhead[]> {
  const person = 'personId' in who ? who.personId : null;
  const visibility: Visibility = 'personId' in who ? { all: true } : who.visibility;
  const { rows } = await pool.query<Omit<SessionAhead, 'startsAt'> & { startsAt: Date }>(
    `select s.id as "sessionId", c.title as "courseTitle", s.number, s.topic, s.mode, s.venue, s.state,
       s.starts_at as "startsAt", s.planned_minutes as "plannedMinutes",
       case when e.person_id is null then null when e.seat is null then 'waiting' else 'seat' end as enrolled
     from session s join course c on c.id = s.course_id
       left join enrolment e on e.session_id = s.id and e.person_id = $2::uuid
     where c.statutory and c.archived_at is null and (s.state = 'live' or (s.state = 'scheduled' and s.starts_at > $1))
       and exists (
         select 1 from (${invitedPeople('c.id')}) as invited
         where ($2::uuid is null or invited.person_id = $2)
           and ${visible('invited.area_id', 'invited.industry', 'invited.unit_id', 3)})
     order by s.starts_at, s.id limit 50`,
    [new Date(now), person, ...visibilityParameters(visibility)],
  );
  return rows.map((row) => ({ ...row, startsAt: row.startsAt.toISOString() }));
}

/** When the first session of all began; null: none has. */
export async function firstStart(pool: pg.Pool): Promise<number | null> {
  const { rows } = await pool.query<{ at: Date | null }>('select min(started_at) as at from session');
  return rows[0]?.at?.getTime() ?? null;
}
