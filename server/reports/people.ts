import type pg from 'pg';
import type { PersonCategory, Verification } from '#contract/organisations.ts';
import { parametersOf, type Scope, withRecord } from './record.ts';

export interface PersonRow {
  personId: string;
  personName: string;
  phoneCipher: Buffer | null;
  phoneLast4: string | null;
  unitId: string;
  unitName: string;
  creditCode: string | null;
  areaName: string;
  category: PersonCategory;
  verification: Verification;
  due: boolean;
  firstJoinedAt: Date | null;
  waitedSeconds: number;
  creditedSeconds: number;
  present: boolean;
  complete: boolean;
  checksConfirmed: number;
  checksMissed: number;
  devices: number;
  liveAnswered: number;
  liveCorrect: number;
  paperPercent: number | null;
  paperPassed: boolean | null;
}

/** Which people of a session. */
export interface PeopleFilter {
  /** Part of the person's or the unit's name. */
  q?: string | undefined;
  /** `no`: due, and not attending. */
  present?: 'yes' | 'no' | undefined;
  limit?: number;
  offset?: number;
}

const FILTERED = `
  chosen as (
    select record.*, person.name as person_name, person.phone_cipher, person.phone_last4, person.verification,
      unit.name as unit_name, unit.credit_code, area.name as area_name, area.position
    from record join person on person.id = record.person_id join unit on unit.id = record.unit_id
      join area on area.id = record.area_id
    where ($9::text is null or position($9 in person.name) > 0 or position($9 in unit.name) > 0)
      and ($10::text is null or ($10 = 'yes' and attended) or ($10 = 'no' and due and not attended))
  )`;

/** People of one session, by area, unit and name. */
export async function readPeople(pool: pg.Pool, scope: Scope, filter: PeopleFilter): Promise<PersonRow[]> {
  const { rows } = await pool.query<AttendedRow>(
    `${withRecord(scope)}, ${FILTERED}
     select person_id as "personId", person_name as "personName", phone_cipher as "phoneCipher",
       phone_last4 as "phoneLast4", unit_id as "unitId", unit_name as "unitName", credit_code as "creditCode",
       area_name as "areaName", category, verification, due, first_joined_at as "firstJoinedAt",
       credited_ms / 1000 as "creditedSeconds", attended as present, complete
     from chosen order by position, area_name, unit_name, unit_id, person_name, person_id limit $11::int offset $12::int`,
    [...parametersOf(scope), ...filterParameters(filter), filter.limit ?? null, filter.offset ?? 0],
  );
  // With ids at hand instead of one large join, whose rows the planner can't guess.
  const sessionIds = scope.measures.map((measure) => measure.id);
  const personIds = rows.map((row) => row.personId);
  const [waited, checked, used, answered, sat] = await Promise.all([
    byPerson<{ seconds: number }>(pool, WAITS, sessionIds, personIds),
    byPerson<{ confirmed: number; missed: number }>(pool, CHECKS, sessionIds, personIds),
    byPerson<{ devices: number }>(pool, DEVICES, sessionIds, personIds),
    byPerson<{ answered: number; correct: number }>(pool, ANSWERS, sessionIds, personIds),
    byPerson<{ percent: number | null; passed: boolean | null }>(pool, PAPERS, sessionIds, personIds),
  ]);
  return rows.map((row) => ({
    ...row,
    waitedSeconds: waited.get(row.personId)?.seconds ?? 0,
    checksConfirmed: checked.get(row.personId)?.confirmed ?? 0,
    checksMissed: checked.get(row.personId)?.missed ?? 0,
    devices: used.get(row.personId)?.devices ?? 0,
    liveAnswered: answered.get(row.personId)?.answered ?? 0,
    liveCorrect: answered.get(row.personId)?.correct ?? 0,
    paperPercent: sat.get(row.personId)?.percent ?? null,
    paperPassed: sat.get(row.personId)?.passed ?? null,
  }));
}

type AttendedRow = Omit<
  PersonRow,
  | 'waitedSeconds'
  | 'checksConfirmed'
  | 'checksMissed'
  | 'devices'
  | 'liveAnswered'
  | 'liveCorrect'
  | 'paperPercent'
  | 'paperPassed'
>;

const WAITS = `select person_id, (sum(waited_ms) / 1000)::int as seconds from attendance_wait
  where session_id = any ($1::uuid[]) and person_id = any ($2::uuid[]) group by person_id`;

/** A check that somebody missed and confirmed late is confirmed. */
const CHECKS = `select person_id, count(*) filter (where confirmed)::int as confirmed,
    count(*) filter (where not confirmed)::int as missed
  from (
    select person_id, check_id, bool_or(kind = 'sign') as confirmed from attendance_entry
    where session_id = any ($1::uuid[]) and person_id = any ($2::uuid[]) and seq is null and check_id is not null
    group by person_id, check_id
  ) checked group by person_id`;

const DEVICES = `select person_id, count(distinct device_id)::int as devices from connection
  where session_id = any ($1::uuid[]) and accepted_ms > 0 and person_id = any ($2::uuid[]) group by person_id`;

const ANSWERS = `select person_id, count(*)::int as answered, count(*) filter (where correct)::int as correct
  from live_question join live_answer on live_answer.live_question_id = live_question.id
  where session_id = any ($1::uuid[]) and person_id = any ($2::uuid[]) group by person_id`;

/** The best result, to one decimal, rounded down as grading does. */
const PAPERS = `select person_id, bool_or(passed) as passed,
    max(floor(points * 1000.0 / nullif(points_max, 0)) / 10)::float8 as percent
  from paper join attempt on attempt.paper_id = paper.id and submitted_at is not null
  where session_id = any ($1::uuid[]) and person_id = any ($2::uuid[]) group by person_id`;

async function byPerson<T>(
  pool: pg.Pool,
  sql: string,
  sessionIds: string[],
  personIds: string[],
): Promise<Map<string, T>> {
  const { rows } = await pool.query<T & { person_id: string }>(sql, [sessionIds, personIds]);
  return new Map(rows.map((row) => [row.person_id, row]));
}

export async function countPeople(pool: pg.Pool, scope: Scope, filter: PeopleFilter): Promise<number> {
  const { rows } = await pool.query<{ people: number }>(
    `${withRecord(scope)}, ${FILTERED} select count(*)::int as people from chosen`,
    [...parametersOf(scope), ...filterParameters(filter)],
  );
  return rows[0]?.people ?? 0;
}

/** Everybody of a session, some thousand at a time: whole units, in the order of {@link readPeople}. */
export async function* allPeople(pool: pg.Pool, scope: Scope): AsyncGenerator<PersonRow[]> {
  const { rows: units } = await pool.query<{ id: string; people: number }>(
    `${withRecord(scope)}
     select unit_id as id, count(*)::int as people
     from record join unit on unit.id = record.unit_id join area on area.id = record.area_id
     group by unit_id, unit.name, area.position, area.name order by area.position, area.name, unit.name, unit_id`,
    parametersOf(scope),
  );
  // A unit whose people stood in two areas comes twice here and once below.
  const sizes = new Map<string, number>();
  for (const { id, people } of units) sizes.set(id, (sizes.get(id) ?? 0) + people);
  let unitIds: string[] = [];
  let people = 0;
  for (const [id, size] of sizes) {
    unitIds.push(id);
    people += size;
    if (people < CHUNK) continue;
    yield await readPeople(pool, { ...scope, unitIds }, {});
    unitIds = [];
    people = 0;
  }
  if (unitIds.length > 0) yield await readPeople(pool, { ...scope, unitIds }, {});
}

/** People of a chunk, at least. */
const CHUNK = 2_000;

function filterParameters({ q, present }: PeopleFilter): unknown[] {
  return [q?.trim() || null, present ?? null];
}
