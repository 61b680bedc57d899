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
  creditedSeconds: number;
  present: boolean;
  complete: boolean;
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
  unitIds?: string[] | undefined;
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
    where ($8::text is null or position($8 in person.name) > 0 or position($8 in unit.name) > 0)
      and ($9::uuid[] is null or record.unit_id = any ($9))
      and ($10::text is null or ($10 = 'yes' and attended) or ($10 = 'no' and due and not attended))
  )`;

/** People of one session, by area, unit and name. */
export async function readPeople(pool: pg.Pool, scope: Scope, filter: PeopleFilter): Promise<PersonRow[]> {
  const { rows } = await pool.query<PersonRow>(
    `${withRecord(scope)}, ${FILTERED},
     page as materialized (
       select * from chosen order by position, area_name, unit_name, unit_id, person_name, person_id
       limit $11::int offset $12::int
     ),
     used as (
       select person_id, count(distinct device_id)::int as devices from connection
       where session_id in (select id from measure) and accepted_ms > 0 and person_id in (select person_id from page)
       group by person_id
     ),
     answered as (
       select live_answer.person_id, count(*)::int as answered, count(*) filter (where live_answer.correct)::int as correct
       from live_question join live_answer on live_answer.live_question_id = live_question.id
       where live_question.session_id in (select id from measure) and live_answer.person_id in (select person_id from page)
       group by live_answer.person_id
     ),
     sat as (
       select attempt.person_id, bool_or(attempt.passed) as passed,
         max(floor(attempt.points * 1000.0 / nullif(attempt.points_max, 0)) / 10)::float8 as percent
       from paper join attempt on attempt.paper_id = paper.id and attempt.submitted_at is not null
       where paper.session_id in (select id from measure) and attempt.person_id in (select person_id from page)
       group by attempt.person_id
     )
     select page.person_id as "personId", person_name as "personName", phone_cipher as "phoneCipher",
       phone_last4 as "phoneLast4", unit_id as "unitId", unit_name as "unitName", credit_code as "creditCode",
       area_name as "areaName", category, verification, due, first_joined_at as "firstJoinedAt",
       credited_ms / 1000 as "creditedSeconds", attended as present, complete, coalesce(devices, 0) as devices,
       coalesce(answered, 0) as "liveAnswered", coalesce(correct, 0) as "liveCorrect", percent as "paperPercent",
       passed as "paperPassed"
     from page left join used using (person_id) left join answered using (person_id) left join sat using (person_id)
     order by position, area_name, unit_name, unit_id, person_name, page.person_id`,
    [...parametersOf(scope), ...filterParameters(filter), filter.limit ?? null, filter.offset ?? 0],
  );
  return rows;
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
    yield await readPeople(pool, scope, { unitIds });
    unitIds = [];
    people = 0;
  }
  if (unitIds.length > 0) yield await readPeople(pool, scope, { unitIds });
}

/** People of a chunk, at least. */
const CHUNK = 2_000;

function filterParameters({ q, unitIds, present }: PeopleFilter): unknown[] {
  return [q?.trim() || null, unitIds ?? null, present ?? null];
}
