import type pg from 'pg';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';

/* What archives read beside reports, corrections and proofs. */

export interface SessionFacts {
  courseId: string;
  courseTitle: string;
  statutory: boolean;
  statutoryBasis: string | null;
  statutoryApprover: string | null;
  completePercent: number;
  presenceMinutes: number;
  number: number;
  topic: string;
  outline: string;
  instructorName: string;
  startsAt: Date;
  plannedMinutes: number;
  mode: 'online' | 'offline' | 'both';
  venue: string | null;
  state: string;
  startedAt: Date | null;
  endedAt: Date | null;
  endReason: 'officer' | 'publisher_lost' | null;
  archivedAt: Date | null;
}

export async function readSessionFacts(pool: pg.Pool, sessionId: string): Promise<SessionFacts | null> {
  const { rows } = await pool.query<SessionFacts>(
    `select c.id as "courseId", c.title as "courseTitle", c.statutory, c.statutory_basis as "statutoryBasis",
       c.statutory_approver as "statutoryApprover", c.complete_percent as "completePercent",
       c.presence_minutes as "presenceMinutes", s.number, s.topic, s.outline, s.instructor_name as "instructorName",
       s.starts_at as "startsAt", s.planned_minutes as "plannedMinutes", s.mode, s.venue, s.state,
       s.started_at as "startedAt", s.ended_at as "endedAt", s.end_reason as "endReason",
       coalesce(s.archived_at, c.archived_at) as "archivedAt"
     from session s join course c on c.id = s.course_id where s.id = $1`,
    [sessionId],
  );
  return rows[0] ?? null;
}

export interface AskedQuestion {
  stem: string;
  openedAt: Date;
  answered: number;
  correct: number;
}

/** Questions opened in the room, with the answers of the units that the caller may see. */
export async function readAskedQuestions(
  pool: pg.Pool,
  sessionId: string,
  visibility: Visibility,
): Promise<AskedQuestion[]> {
  const { rows } = await pool.query<AskedQuestion>(
    `select q.stem, l.opened_at as "openedAt", count(seen.person_id)::int as answered,
       count(*) filter (where seen.correct)::int as correct
     from live_question l join question q on q.id = l.question_id
       left join lateral (
         select a.person_id, a.correct from live_answer a
           join attendee t on t.session_id = l.session_id and t.person_id = a.person_id
         where a.live_question_id = l.id and ${visible('t.area_id', 't.industry', 't.unit_id', 2)}) seen on true
     where l.session_id = $1 group by l.id, q.stem, l.opened_at order by l.opened_at`,
    [sessionId, ...visibilityParameters(visibility)],
  );
  return rows;
}

export interface PresenceCheckRow {
  openedAt: Date;
  byHand: boolean;
  cancelled: boolean;
  confirmed: number;
  missed: number;
}

export async function readPresenceChecks(
  pool: pg.Pool,
  sessionId: string,
  visibility: Visibility,
): Promise<PresenceCheckRow[]> {
  const { rows } = await pool.query<PresenceCheckRow>(
    `select c.opened_at as "openedAt", c.opened_by is not null as "byHand", c.cancelled,
       count(*) filter (where seen.confirmed)::int as confirmed, count(*) filter (where not seen.confirmed)::int as missed
     from presence_check c left join lateral (
       select e.person_id, bool_or(e.kind = 'sign') as confirmed from attendance_entry e
         join attendee t on t.session_id = c.session_id and t.person_id = e.person_id
       where e.check_id = c.id and ${visible('t.area_id', 't.industry', 't.unit_id', 2)} group by e.person_id) seen on true
     where c.session_id = $1 group by c.id, c.opened_at, c.opened_by, c.cancelled order by c.opened_at`,
    [sessionId, ...visibilityParameters(visibility)],
  );
  return rows;
}

export interface UnitFacts {
  name: string;
  kind: 'bureau' | 'government' | 'enterprise';
  creditCode: string | null;
  areaName: string;
  industry: string | null;
  highRisk: boolean;
  address: string | null;
  people: number;
  closedAt: Date | null;
}

export async function readUnitFacts(pool: pg.Pool, unitId: string): Promise<UnitFacts | null> {
  const { rows } = await pool.query<UnitFacts>(
    `select unit.name, unit.kind, unit.credit_code as "creditCode", area.name as "areaName", unit.industry,
       unit.high_risk as "highRisk", unit.address, unit.closed_at as "closedAt",
       (select count(*)::int from person where unit_id = unit.id and left_at is null) as people
     from unit join area on area.id = unit.area_id where unit.id = $1`,
    [unitId],
  );
  return rows[0] ?? null;
}

/** Courses in whose sessions people of this unit were due or came, the oldest first. */
export async function readCoursesOfUnit(pool: pg.Pool, unitId: string): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select s.course_id as id from session s
     where s.started_at is not null and exists (select 1 from attendee a where a.session_id = s.id and a.unit_id = $1)
     group by s.course_id order by min(s.started_at)`,
    [unitId],
  );
  return rows.map(({ id }) => id);
}

export interface PersonFacts {
  name: string;
  unitName: string;
  category: string;
  position: string | null;
  verification: 'verified' | 'unverified' | 'refused';
  phoneCipher: Buffer | null;
  phoneLast4: string | null;
}

export async function readPersonFacts(pool: pg.Pool, personId: string): Promise<PersonFacts | null> {
  const { rows } = await pool.query<PersonFacts>(
    `select person.name, unit.name as "unitName", person.category, person.position, person.verification,
       person.phone_cipher as "phoneCipher", person.phone_last4 as "phoneLast4"
     from person join unit on unit.id = person.unit_id where person.id = $1`,
    [personId],
  );
  return rows[0] ?? null;
}

export interface PersonSession {
  sessionId: string;
  courseTitle: string;
  number: number;
  topic: string;
  startedAt: Date;
  unitName: string;
  due: boolean;
  creditedMs: number;
  liveMs: number;
  replayMs: number;
  venueMs: number;
  complete: boolean;
  statutory: boolean;
  paperPercent: number | null;
}

/** Sessions in which a person was due or came, the oldest first. */
export async function readSessionsOfPerson(pool: pg.Pool, personId: string): Promise<PersonSession[]> {
  const { rows } = await pool.query<PersonSession>(
    `select s.id as "sessionId", c.title as "courseTitle", s.number, s.topic, s.started_at as "startedAt", unit.name as "unitName",
       a.due, a.credited_ms as "creditedMs", a.live_ms as "liveMs", a.replay_ms as "replayMs", a.venue_ms as "venueMs",
       a.credited_ms > 0 and a.credited_ms >= s.planned_minutes * 600 * c.complete_percent as complete, c.statutory,
       (select max(floor(t.points * 1000.0 / nullif(t.points_max, 0)) / 10)::float8 from paper p
          join attempt t on t.paper_id = p.id and t.submitted_at is not null
        where p.session_id = s.id and t.person_id = a.person_id) as "paperPercent"
     from attendee a join session s on s.id = a.session_id join course c on c.id = s.course_id
       join unit on unit.id = a.unit_id
     where a.person_id = $1 and s.started_at is not null order by s.started_at`,
    [personId],
  );
  return rows;
}
