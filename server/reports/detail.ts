import type pg from 'pg';
import { readByCursor } from '../db.ts';
import type { PersonRow } from './people.ts';
import { parametersOf, type Scope, withRecord } from './record.ts';

/** A person in a session, with how it was attended. */
export interface DetailRow extends Omit<PersonRow, 'phoneCipher' | 'phoneLast4' | 'firstJoinedAt'> {
  /** Masked, unless it was asked for in full. */
  phone: string | null;
  /** Epoch ms. */
  firstJoinedAt: number | null;
  sessionNumber: number;
  liveSeconds: number;
  replaySeconds: number;
  venueSeconds: number;
}

/**
 * The sort of a whole district's rows fits; and what the planner can't guess the rows of is hashed, and not looked up row by row in lists without
 * an index.
 */
export const DETAIL_SETTINGS = `set local work_mem = '64MB'; set local enable_nestloop = off`;

/**
 * Everybody of every session, by area, unit, person and session. In one statement, so on one snapshot: what comes while it is
 * read is not in it.
 */
export async function* readDetail(
  client: pg.PoolClient,
  scope: Scope,
  { phoneOf, total }: { phoneOf: PhoneOf; total?: ((rows: number) => void) | undefined },
): AsyncGenerator<DetailRow[]> {
  await client.query(DETAIL_SETTINGS);
  let told = false;
  for await (const rows of readByCursor<DetailColumns>(client, detailSql(scope), parametersOf(scope))) {
    if (!told) total?.(rows[0]?.[27] ?? 0);
    told = true;
    yield rows.map((row) => rowOf(row, phoneOf));
  }
  if (!told) total?.(0);
}

/** A person's number as it is to be shown. Rows of one person come one after the other. */
type PhoneOf = (personId: string, cipher: Buffer | null, last4: string | null) => string | null;

/** What a file has of each row, in the order of {@link DetailColumns}, and last how many rows there are; the bench gives the same to psql. */
export function detailSql(scope: Scope): string {
  return `${withRecord(scope)},
    checked as (
      select session_id, person_id, count(*) filter (where confirmed) as confirmed, count(*) filter (where not confirmed) as missed
      from (
        select session_id, person_id, check_id, bool_or(kind = 'sign') as confirmed from attendance_entry
        where session_id = any ($1::uuid[]) and seq is null and check_id is not null
        group by session_id, person_id, check_id
      ) each group by session_id, person_id
    ),
    waited as (
      select session_id, person_id, (sum(waited_ms) / 1000)::int as seconds from attendance_wait
      where session_id = any ($1::uuid[]) group by session_id, person_id
    ),
    used as (
      select session_id, person_id, count(distinct device_id) as devices from connection
      where session_id = any ($1::uuid[]) and accepted_ms > 0 group by session_id, person_id
    ),
    answered as (
      select session_id, person_id, count(*) as answered, count(*) filter (where correct) as correct
      from live_question join live_answer on live_answer.live_question_id = live_question.id
      where session_id = any ($1::uuid[]) group by session_id, person_id
    ),
    sat as (
      select session_id, person_id, bool_or(passed) as passed, max(floor(points * 1000.0 / nullif(points_max, 0)) / 10) as percent
      from paper join attempt on attempt.paper_id = paper.id and submitted_at is not null
      where session_id = any ($1::uuid[]) group by session_id, person_id
    )
    select session.number, record.person_id, person.name, person.phone_cipher, person.phone_last4, record.unit_id,
      unit.name, unit.credit_code, area.name, record.category, person.verification, record.due,
      (extract(epoch from record.first_joined_at) * 1000)::bigint, record.credited_ms / 1000, record.attended,
      record.complete, coalesce(checked.confirmed, 0)::int, coalesce(checked.missed, 0)::int,
      coalesce(used.devices, 0)::int, coalesce(answered.answered, 0)::int, coalesce(answered.correct, 0)::int,
      sat.percent::float8, sat.passed, coalesce(attendee.live_ms, 0) / 1000, coalesce(attendee.replay_ms, 0) / 1000,
      coalesce(attendee.venue_ms, 0) / 1000, coalesce(waited.seconds, 0),
      (select count(*) from record)
    from record join measure on measure.number = record.number join session on session.id = measure.id
      join person on person.id = record.person_id join unit on unit.id = record.unit_id
      join area on area.id = record.area_id
      left join attendee on attendee.session_id = measure.id and attendee.person_id = record.person_id
      left join checked on checked.session_id = measure.id and checked.person_id = record.person_id
      left join waited on waited.session_id = measure.id and waited.person_id = record.person_id
      left join used on used.session_id = measure.id and used.person_id = record.person_id
      left join answered on answered.session_id = measure.id and answered.person_id = record.person_id
      left join sat on sat.session_id = measure.id and sat.person_id = record.person_id
    order by area.position, area.name, unit.name, unit.id, person.name, person.id, session.number`;
}

type DetailColumns = [
  ...[number, string, string, Buffer | null, string | null, string],
  ...[string, string | null, string, PersonRow['category'], PersonRow['verification'], boolean],
  ...[number | null, number, boolean, boolean, number, number, number, number, number],
  ...[number | null, boolean | null, number, number, number, number, number],
];

/** Column by column: unpacked all at once, a row costs five times as much. */
function rowOf(row: DetailColumns, phoneOf: PhoneOf): DetailRow {
  return {
    sessionNumber: row[0],
    personId: row[1],
    personName: row[2],
    phone: phoneOf(row[1], row[3], row[4]),
    unitId: row[5],
    unitName: row[6],
    creditCode: row[7],
    areaName: row[8],
    category: row[9],
    verification: row[10],
    due: row[11],
    firstJoinedAt: row[12],
    creditedSeconds: row[13],
    present: row[14],
    complete: row[15],
    checksConfirmed: row[16],
    checksMissed: row[17],
    devices: row[18],
    liveAnswered: row[19],
    liveCorrect: row[20],
    paperPercent: row[21],
    paperPassed: row[22],
    liveSeconds: row[23],
    replaySeconds: row[24],
    venueSeconds: row[25],
    waitedSeconds: row[26],
  };
}
