import type pg from 'pg';
import type { SessionMode, SessionState } from '#contract/courses.ts';
import type { DoorPerson, Enrolled, EnrolmentCandidate, Visit } from '#contract/venues.ts';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import { invitedPeople } from '../courses/audience.ts';
import type { Place } from './seats.ts';

/* The SQL of offline classes. */

export interface VenueRow {
  sessionId: string;
  courseId: string;
  courseTitle: string;
  number: number;
  topic: string;
  mode: SessionMode;
  state: SessionState;
  venue: string | null;
  startsAt: Date;
  plannedMinutes: number;
  courseArchived: boolean;
  capacity: number | null;
  enrolUntil: Date | null;
  doorCode: string | null;
  secret: Buffer | null;
}

const VENUE = `
  select s.id as "sessionId", s.course_id as "courseId", c.title as "courseTitle", s.number, s.topic, s.mode, s.state, s.venue,
    s.starts_at as "startsAt", s.planned_minutes as "plannedMinutes", c.archived_at is not null as "courseArchived",
    v.capacity, v.enrol_until as "enrolUntil", v.door_code as "doorCode", v.secret
  from session s join course c on c.id = s.course_id left join venue_class v on v.session_id = s.id`;

export async function readVenue(db: pg.Pool | pg.PoolClient, sessionId: string): Promise<VenueRow | null> {
  const { rows } = await db.query<VenueRow>(`${VENUE} where s.id = $1`, [sessionId]);
  return rows[0] ?? null;
}

export async function findByDoor(pool: pg.Pool, doorCode: string): Promise<VenueRow | null> {
  const { rows } = await pool.query<VenueRow>(`${VENUE} where v.door_code = $1`, [doorCode]);
  return rows[0] ?? null;
}

/** Holds the places of a class to the end of the transaction: who enrols and who withdraws follow one another. */
export async function holdPlaces(client: pg.PoolClient, sessionId: string): Promise<boolean> {
  const { rowCount } = await client.query('select 1 from venue_class where session_id = $1 for update', [sessionId]);
  return rowCount === 1;
}

/** In the order of enrolment. */
export async function readPlaces(client: pg.PoolClient, sessionId: string): Promise<Place[]> {
  const { rows } = await client.query<Place>(
    'select person_id as "personId", seat from enrolment where session_id = $1 order by number',
    [sessionId],
  );
  return rows;
}

export async function giveSeat(
  client: pg.PoolClient,
  sessionId: string,
  { personId, seat }: { personId: string; seat: number },
): Promise<void> {
  await client.query('update enrolment set seat = $3 where session_id = $1 and person_id = $2', [
    ...[sessionId, personId, seat],
  ]);
}

/** Those of these people who are invited to a course and whom the caller sees, in their order. */
export async function invitedOf(
  client: pg.PoolClient,
  courseId: string,
  personIds: string[],
  visibility: Visibility,
): Promise<{ personId: string; unitId: string }[]> {
  const { rows } = await client.query<{ personId: string; unitId: string }>(
    `select invited.person_id as "personId", invited.unit_id as "unitId"
     from unnest($2::uuid[]) with ordinality as asked (person_id, n)
       join (${invitedPeople('$1::uuid')}) as invited on invited.person_id = asked.person_id
     where ${visible('invited.area_id', 'invited.industry', 'invited.unit_id', 3)} order by asked.n`,
    [courseId, personIds, ...visibilityParameters(visibility)],
  );
  return rows;
}

/** Puts people at the end of the waiting list, in their order; returns those who were not enrolled before. */
export async function addEnrolments(
  client: pg.PoolClient,
  sessionId: string,
  people: { personId: string; unitId: string }[],
  now: number,
): Promise<string[]> {
  const { rows } = await client.query<{ personId: string }>(
    `insert into enrolment (session_id, person_id, unit_id, enrolled_at)
     select $1, person_id, unit_id, $2 from unnest($3::uuid[], $4::uuid[]) with ordinality as p (person_id, unit_id, n) order by n
     on conflict (session_id, person_id) do nothing returning person_id as "personId"`,
    [sessionId, new Date(now), people.map(({ personId }) => personId), people.map(({ unitId }) => unitId)],
  );
  return rows.map(({ personId }) => personId);
}

/** Whether somebody whom the caller sees was enrolled, and is no more. */
export async function removeEnrolment(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
  visibility: Visibility,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `delete from enrolment e using unit u
     where e.session_id = $1 and e.person_id = $2 and u.id = e.unit_id and ${visible('u.area_id', 'u.industry', 'u.id', 3)}`,
    [sessionId, personId, ...visibilityParameters(visibility)],
  );
  return rowCount === 1;
}

export interface VenueCounts {
  enrolled: number;
  waiting: number;
  ownEnrolled: number;
  ownWaiting: number;
  present: number;
  signedIn: number;
}

export async function readCounts(pool: pg.Pool, sessionId: string, visibility: Visibility): Promise<VenueCounts> {
  const { rows } = await pool.query<VenueCounts>(
    `select count(*) filter (where e.seat is not null)::int as enrolled, count(*) filter (where e.seat is null)::int as waiting,
       count(*) filter (where e.seat is not null and seen.it)::int as "ownEnrolled",
       count(*) filter (where e.seat is null and seen.it)::int as "ownWaiting",
       (select count(*)::int from venue_visit v where v.session_id = $1 and v.signed_out_at is null) as present,
       (select count(distinct v.person_id)::int from venue_visit v where v.session_id = $1) as "signedIn"
     from enrolment e join unit u on u.id = e.unit_id
       cross join lateral (select ${visible('u.area_id', 'u.industry', 'u.id', 2)} as it) seen
     where e.session_id = $1`,
    [sessionId, ...visibilityParameters(visibility)],
  );
  return rows[0] as VenueCounts;
}

export async function readEnrolled(
  pool: pg.Pool,
  sessionId: string,
  visibility: Visibility,
  { limit, offset }: { limit: number; offset: number },
): Promise<{ items: Enrolled[]; total: number }> {
  const { rows } = await pool.query<Omit<Enrolled, 'enrolledAt'> & { enrolledAt: Date; total: number }>(
    `select e.person_id as "personId", p.name as "personName", u.id as "unitId", u.name as "unitName", p.category, e.seat,
       e.waiting_at as "waitingAt", e.enrolled_at as "enrolledAt", (count(*) over ())::int as total
     from (
       select *, case when seat is null then (row_number() over (partition by seat is null order by number))::int end as waiting_at
       from enrolment where session_id = $1) e
       join person p on p.id = e.person_id join unit u on u.id = e.unit_id
     where ${visible('u.area_id', 'u.industry', 'u.id', 2)}
     order by e.seat is null, e.seat, e.number limit $6 offset $7`,
    [sessionId, ...visibilityParameters(visibility), limit, offset],
  );
  return {
    items: rows.map(({ total: _, enrolledAt, ...row }) => ({ ...row, enrolledAt: enrolledAt.toISOString() })),
    total: rows[0]?.total ?? 0,
  };
}

const CANDIDATES_LIMIT = 500;

export async function readCandidates(
  pool: pg.Pool,
  { sessionId, courseId }: Pick<VenueRow, 'sessionId' | 'courseId'>,
  q: string | undefined,
  visibility: Visibility,
): Promise<EnrolmentCandidate[]> {
  const { rows } = await pool.query<EnrolmentCandidate>(
    `select p.id as "personId", p.name as "personName", u.name as "unitName", p.category
     from (${invitedPeople('$1::uuid')}) as invited join person p on p.id = invited.person_id join unit u on u.id = p.unit_id
     where ${visible('invited.area_id', 'invited.industry', 'invited.unit_id', 4)}
       and ($3::text is null or position($3 in p.name) > 0 or position($3 in u.name) > 0)
       and not exists (select 1 from enrolment e where e.session_id = $2 and e.person_id = p.id)
     order by u.name, u.id, p.name, p.id limit ${CANDIDATES_LIMIT}`,
    [courseId, sessionId, q?.trim() || null, ...visibilityParameters(visibility)],
  );
  return rows;
}

const SEATED = `
  select p.id as "personId", p.name, u.name as "unitName", p.category,
    exists (select 1 from venue_visit v where v.session_id = $1 and v.person_id = p.id and v.signed_out_at is null) as present
  from enrolment e join person p on p.id = e.person_id join unit u on u.id = e.unit_id
  where e.session_id = $1 and e.seat is not null`;

/** Somebody with a seat, with their name as it is. */
export async function readSeated(pool: pg.Pool, sessionId: string, personId: string): Promise<DoorPerson | null> {
  const { rows } = await pool.query<DoorPerson>(`${SEATED} and e.person_id = $2`, [sessionId, personId]);
  return rows[0] ?? null;
}

/** People with a seat, by each of what some say of themselves: whole name or last four digits. */
export async function findSeated(
  pool: pg.Pool,
  sessionId: string,
  asked: string[],
  limit: number,
): Promise<DoorPerson[][]> {
  const { rows } = await pool.query<DoorPerson & { last4: string | null }>(
    `with seated as (${SEATED} and (p.name = any ($2::text[]) or p.phone_last4 = any ($2::text[])))
     select seated.*, (select phone_last4 from person where id = seated."personId") as last4 from seated
     order by "unitName", name, "personId"`,
    [sessionId, asked],
  );
  return asked.map((q) =>
    rows
      .filter(({ name, last4 }) => name === q || last4 === q)
      .slice(0, limit)
      .map(({ last4: _, ...person }) => person),
  );
}

type Instants = 'signedInAt' | 'sureAt' | 'signedOutAt';
type VisitRow = Omit<Visit, Instants> & { signedInAt: Date; sureAt: Date; signedOutAt: Date | null };

export async function readVisits(pool: pg.Pool, sessionId: string, visibility: Visibility): Promise<Visit[]> {
  const { rows } = await pool.query<VisitRow>(
    `select v.id as "visitId", v.person_id as "personId", p.name as "personName", u.name as "unitName",
       v.signed_in_at as "signedInAt", v.sure_at as "sureAt", v.signed_out_at as "signedOutAt", v.in_way as "inWay",
       v.out_way as "outWay", e.seat is not null as enrolled,
       case when v.device_id is null then 0 else (
         select count(distinct o.person_id)::int from venue_visit o where o.session_id = $1 and o.device_id = v.device_id
       ) end as "phoneSigned"
     from venue_visit v join attendee a on a.session_id = v.session_id and a.person_id = v.person_id
       join person p on p.id = v.person_id join unit u on u.id = a.unit_id
       left join enrolment e on e.session_id = v.session_id and e.person_id = v.person_id
     where v.session_id = $1 and ${visible('a.area_id', 'a.industry', 'a.unit_id', 2)}
     order by v.signed_in_at desc, v.id desc`,
    [sessionId, ...visibilityParameters(visibility)],
  );
  return rows.map(({ signedInAt, sureAt, signedOutAt, ...row }) => ({
    ...row,
    signedInAt: signedInAt.toISOString(),
    sureAt: sureAt.toISOString(),
    signedOutAt: signedOutAt?.toISOString() ?? null,
  }));
}

/** Names of those who were signed in last. */
export async function lastNames(pool: pg.Pool, sessionId: string, limit: number): Promise<string[]> {
  const { rows } = await pool.query<{ name: string }>(
    `select p.name from venue_visit v join person p on p.id = v.person_id
     where v.session_id = $1 order by v.signed_in_at desc, v.id desc limit $2`,
    [sessionId, limit],
  );
  return rows.map(({ name }) => name);
}
