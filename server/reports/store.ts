import type pg from 'pg';
import type { SessionMode, SessionState } from '#contract/courses.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import { invitedPeople } from '../courses/audience.ts';
import type { Cell, DeviceCount } from './counts.ts';
import { parametersOf, type Scope, withRecord } from './record.ts';

export interface SessionRow {
  id: string;
  number: number;
  topic: string;
  state: SessionState;
  mode: SessionMode;
  plannedMinutes: number;
  startedAt: Date | null;
  endedAt: Date | null;
  dueFrozenAt: Date | null;
  peakDevices: number;
}

export interface CourseRow {
  id: string;
  title: string;
  attendanceSeconds: number;
  completePercent: number;
}

/** The course of a session, or one by its own id. */
export async function readCourse(pool: pg.Pool, id: string): Promise<CourseRow | null> {
  const { rows } = await pool.query<CourseRow>(
    `select id, title, attendance_seconds as "attendanceSeconds", complete_percent as "completePercent" from course
     where id = $1 or id = (select course_id from session where id = $1)`,
    [id],
  );
  return rows[0] ?? null;
}

export async function readSessions(pool: pg.Pool, courseId: string): Promise<SessionRow[]> {
  const { rows } = await pool.query<SessionRow>(
    `select id, number, topic, state, mode, planned_minutes as "plannedMinutes", started_at as "startedAt", ended_at as "endedAt",
       coalesce(due_frozen_at, started_at) as "dueFrozenAt", peak_devices as "peakDevices"
     from session where course_id = $1 order by number`,
    [courseId],
  );
  return rows;
}

/** Each person once, where they stood in the last session that knows them. */
const PERSONS = `
  sums as (
    select person_id, max(number) as latest, bool_or(due) as due, count(*) filter (where attended) as attendances,
      count(*) filter (where attended and way = 'replay') as attendances_replay,
      count(*) filter (where attended and way = 'venue') as attendances_venue,
      sum(credited_ms / 1000) as credited_seconds, count(*) filter (where complete) as complete
    from record group by person_id
  ),
  persons as materialized (
    select sums.*, record.unit_id, record.area_id, record.unit_kind, record.industry, record.high_risk, record.category
    from sums join record on record.person_id = sums.person_id and record.number = sums.latest
  )`;

/** One statement for both, since finding the people is most of the work. */
export async function readCounts(pool: pg.Pool, scope: Scope): Promise<{ cells: Cell[]; devices: DeviceCount[] }> {
  const { rows } = await pool.query<{ cell: Cell | null; device: DeviceCount | null }>(
    `${withRecord(scope)}, ${PERSONS}, ${CELLS}, ${DEVICES}
     select to_json(cells) as cell, null::json as device from cells
     union all select null, to_json(device_counts) from device_counts`,
    parametersOf(scope),
  );
  return { cells: rows.flatMap(({ cell }) => cell ?? []), devices: rows.flatMap(({ device }) => device ?? []) };
}

const CELLS = `
  papers as (
    select attempt.person_id, bool_or(attempt.passed) as passed
    from measure join paper on paper.session_id = measure.id
      join attempt on attempt.paper_id = paper.id and attempt.submitted_at is not null
    group by attempt.person_id
  ),
  sums_of_cells as (
    select unit_id, area_id, unit_kind, industry, high_risk, category,
      count(*) filter (where due) as due,
      count(*) filter (where due and attendances > 0) as present,
      count(*) filter (where attendances > 0) as people,
      sum(attendances) as attendances, sum(attendances_replay) as attendances_replay,
      sum(attendances_venue) as attendances_venue,
      sum(credited_seconds) as credited_seconds,
      sum(complete) as complete,
      count(papers.person_id) as paper_submitted,
      count(*) filter (where papers.passed) as paper_passed
    from persons left join papers using (person_id)
    group by unit_id, area_id, unit_kind, industry, high_risk, category
  ),
  cells as (
    select sums.unit_id as "unitId", unit.name as "unitName", unit.credit_code as "creditCode",
      sums.area_id as "areaId", area.name as "areaName", area.position as "areaPosition", sums.unit_kind as "unitKind",
      sums.industry, sums.high_risk as "highRisk", sums.category, due, present, people, attendances,
      attendances_replay as "attendancesReplay", attendances_venue as "attendancesVenue",
      credited_seconds as "creditedSeconds", complete, paper_submitted as "paperSubmitted", paper_passed as "paperPassed"
    from sums_of_cells as sums join unit on unit.id = sums.unit_id join area on area.id = sums.area_id
  )`;

const DEVICES = `
  played as materialized (
    select distinct connection.device_id, persons.unit_id, persons.area_id, persons.unit_kind, persons.industry,
      persons.category
    from connection join persons on persons.person_id = connection.person_id
    where connection.session_id = any ($1::uuid[]) and connection.accepted_ms > 0
  ),
  device_counts as (
    select 'total' as by, null as key, count(distinct device_id) as devices from played
    union all ${devicesBy('unit', 'unit_id')}
    union all ${devicesBy('area', 'area_id')}
    union all ${devicesBy('unit_kind', 'unit_kind')}
    union all ${devicesBy('industry', 'industry')}
    union all ${devicesBy('category', 'category')}
  )`;

function devicesBy(by: DeviceCount['by'], column: string): string {
  return `select '${by}' as by, key::text, count(*) as devices
    from (select distinct ${column} as key, device_id from played) as used group by key`;
}

/** People invited by now who are due in none of these sessions. */
export async function countAdded(pool: pg.Pool, courseId: string, scope: Scope): Promise<number> {
  const { rows } = await pool.query<{ people: number }>(
    `select count(*)::int as people from (${invitedPeople('$1::uuid')}) as invited
     where ${visible('invited.area_id', 'invited.industry', 'invited.unit_id', 3)}
       and not exists (
         select 1 from attendee
         where attendee.session_id = any ($2::uuid[]) and attendee.person_id = invited.person_id and attendee.due)`,
    [courseId, scope.measures.map((measure) => measure.id), ...visibilityParameters(scope.visibility)],
  );
  return rows[0]?.people ?? 0;
}

/** People who had come by the end of each minute in which somebody came. */
export async function readArrivals(pool: pg.Pool, scope: Scope): Promise<{ at: Date; people: number }[]> {
  const { rows } = await pool.query<{ at: Date; people: number }>(
    `${withRecord(scope)}
     select date_trunc('minute', first_joined_at) + interval '1 minute' as at,
       (sum(count(*)) over (order by date_trunc('minute', first_joined_at)))::int as people
     from record where first_joined_at is not null
     group by date_trunc('minute', first_joined_at) order by 1`,
    parametersOf(scope),
  );
  return rows;
}

export interface MissingRow {
  unitId: string;
  unitName: string;
  unitKind: 'bureau' | 'government' | 'enterprise';
  areaId: string;
  areaName: string;
  industry: string | null;
  highRisk: boolean;
  due: number;
  present: number;
  contactName: string | null;
  contactCipher: Buffer | null;
  contactLast4: string | null;
}

/**
 * Units with people due of whom nobody is here: `since` null – nobody attended; else nobody was heard of since then.
 * Seen are units that belong to the caller now, since their contacts are shown.
 */
export async function readMissing(pool: pg.Pool, scope: Scope, since: number | null): Promise<MissingRow[]> {
  const { rows } = await pool.query<MissingRow>(
    `${withRecord(scope, { narrowed: false })},
     absent as (
       select unit_id, count(*) filter (where due)::int as due, count(*) filter (where attended)::int as present
       from record group by unit_id
       having bool_or(due)
         and not bool_or(case when $9::timestamptz is null then attended
           else coalesce(greatest(first_joined_at, last_beat_at) >= $9::timestamptz, false) end)
     )
     select unit.id as "unitId", unit.name as "unitName", unit.kind as "unitKind", area.id as "areaId",
       area.name as "areaName", unit.industry, unit.high_risk as "highRisk", due, present,
       unit.contact_name as "contactName", unit.contact_cipher as "contactCipher", unit.contact_last4 as "contactLast4"
     from absent join unit on unit.id = absent.unit_id join area on area.id = unit.area_id
     where ${visible('unit.area_id', 'unit.industry', 'unit.id', 4)}
     order by unit.high_risk desc, area.position, area.name, unit.name, unit.id`,
    [...parametersOf(scope), since === null ? null : new Date(since)],
  );
  return rows;
}
