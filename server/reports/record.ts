import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import { invitedPeople } from '../courses/audience.ts';

/*
 * Who a report is about, as SQL. Parameters of every query that starts with `withRecord`:
 * $1 sessions, $2 their required milliseconds, $3 attendance milliseconds, $4–$7 what the caller may see, $8 units.
 */

/** What a report is over. `measures` in the order of the sessions' numbers. */
export interface Scope {
  /** Nothing of it has begun: then those invited now are due, and `measures` names the course instead of sessions. */
  planned: boolean;
  measures: { id: string; requiredMs: number }[];
  attendanceMs: number;
  visibility: Visibility;
  /** These units alone. */
  unitIds?: string[];
}

export function parametersOf({ measures, attendanceMs, visibility, unitIds }: Scope): unknown[] {
  return [
    measures.map((measure) => measure.id),
    measures.map((measure) => measure.requiredMs),
    attendanceMs,
    ...visibilityParameters(visibility),
    unitIds ?? null,
  ];
}

/**
 * `with … record`: a row for each person × session, as the person was at the time; whoever handed in a paper without
 * having been due or come is there, too. Continue with `, next as (…)` or `select`, numbering parameters from $9 on.
 * `narrowed: false` leaves it to the rest of the query what the caller may see.
 */
export function withRecord(scope: Scope, { narrowed } = { narrowed: true }): string {
  return `with measure as (
      select * from unnest($1::uuid[], $2::bigint[]) with ordinality as m (id, required_ms, number)
    ),
    record as materialized (
      select *, credited_ms >= $3::bigint as attended, credited_ms > 0 and credited_ms >= required_ms as complete
      from (${scope.planned ? PLANNED : RECORDED}) as known
      where ($8::uuid[] is null or known.unit_id = any ($8)) and ${narrowed ? visible('known.area_id', 'known.industry', 'known.unit_id', 4) : 'true'}
    )`;
}

const PLANNED = `
  select measure.number, measure.required_ms, i.person_id, i.unit_id, i.area_id, i.unit_kind, i.industry, i.high_risk,
    i.category, true as due, 0 as credited_ms, 'live' as way, null::timestamptz as first_joined_at, null::timestamptz as last_beat_at
  from measure cross join lateral (${invitedPeople('measure.id')}) as i`;

/** What gave the most time of a person × session; time by a correction alone is the class's. */
const WAY = `case when a.venue_ms > 0 and a.venue_ms >= greatest(a.live_ms, a.replay_ms) then 'venue'
    when a.replay_ms > a.live_ms then 'replay' else 'live' end`;

const RECORDED = `
  select measure.number, measure.required_ms, a.person_id, a.unit_id, a.area_id, a.unit_kind, a.industry, a.high_risk,
    a.category, a.due, a.credited_ms, ${WAY} as way, a.first_joined_at, a.last_beat_at
  from measure join attendee a on a.session_id = measure.id
  where a.session_id = any ($1::uuid[])
  union all
  select distinct measure.number, measure.required_ms, person.id, unit.id, unit.area_id, unit.kind, unit.industry,
    unit.high_risk, person.category, false, 0, 'live', null::timestamptz, null::timestamptz
  from measure join paper on paper.session_id = measure.id
    join attempt on attempt.paper_id = paper.id and attempt.submitted_at is not null
    join person on person.id = attempt.person_id join unit on unit.id = person.unit_id
  where not exists (
    select 1 from attendee a
    where a.session_id = any ($1::uuid[]) and a.session_id = measure.id and a.person_id = attempt.person_id)`;
