import { randomUUID } from 'node:crypto';
import type pg from 'pg';

export interface PastCourse {
  people: number;
  /** Of each enterprise. */
  unitPeople: number;
  sessions: number;
  plannedMinutes: number;
  attendanceSeconds: number;
  completePercent: number;
  /** Somebody whose number everybody has. */
  phoneOf: string;
}

/** Writes a district's enterprises and people, and sessions of a course that are over, in which nearly everybody was. */
export async function makePastCourse(
  client: pg.Client,
  { people, unitPeople, sessions, plannedMinutes, attendanceSeconds, completePercent, phoneOf }: PastCourse,
): Promise<{ courseId: string; sessionIds: string[] }> {
  const sessionIds = Array.from({ length: sessions }, () => randomUUID());
  const courseId = randomUUID();
  await client.query(
    `insert into course (id, title, attendance_seconds, complete_percent, updated_at) values ($1, '云课堂', $2, $3, now())`,
    [courseId, attendanceSeconds, completePercent],
  );
  for (const [n, id] of sessionIds.entries()) {
    await client.query(
      `insert into session (id, course_id, number, topic, starts_at, started_at, ended_at, due_frozen_at, planned_minutes, state,
         stream_key_hash, stream_key_cipher, updated_at)
       select $1::uuid, $2::uuid, $3::int, '第' || $3::int || '讲', at, at, at + interval '1 hour', at, $4::int, 'ended', decode(md5($1::uuid::text), 'hex'), '', now()
       from (select now() - ($5::int * interval '7 days') as at) as began`,
      [id, courseId, n + 1, plannedMinutes, sessions - n],
    );
  }
  await client.query(
    `insert into unit (id, kind, name, credit_code, area_id, industry, high_risk, join_code, updated_at)
     select gen_random_uuid(), 'enterprise', '临江第' || n || '精密机械制造有限公司', lpad(n::text, 18, '0'), area.id, 'machinery', n % 5 = 0,
       'B' || lpad(n::text, 8, '0'), now()
     from generate_series(1, $1::int) n cross join (select id from area order by name limit 1) area`,
    [people / unitPeople],
  );
  await client.query(
    `insert into person (id, unit_id, name, category, phone_hash, phone_cipher, phone_last4, updated_at)
     select gen_random_uuid(), unit.id, '职工' || n, 'worker', decode(md5(unit.id::text || n), 'hex'), known.phone_cipher, known.phone_last4, now()
     from unit cross join generate_series(1, $1::int) n cross join (select * from person where id = $2) known
     where unit.join_code like 'B%'`,
    [unitPeople, phoneOf],
  );
  await client.query(
    `insert into attendee (session_id, person_id, unit_id, area_id, unit_kind, industry, high_risk, category, due, first_joined_at,
       credited_ms, live_ms)
     select session.id, person.id, unit.id, unit.area_id, unit.kind, unit.industry, unit.high_risk, person.category, true,
       session.started_at + random() * interval '10 minutes', ms, ms
     from session cross join person join unit on unit.id = person.unit_id
       cross join lateral (select (random() * 3600000 + 0 * length(person.name))::int as ms) credit
     where session.course_id = $1 and unit.join_code like 'B%'`,
    [courseId],
  );
  await client.query(
    `insert into connection (id, session_id, person_id, device_id, opened_at, last_beat_at, accepted_ms)
     select gen_random_uuid(), session_id, person_id, gen_random_uuid(), first_joined_at, first_joined_at, credited_ms from attendee
     where session_id = any ($1::uuid[])`,
    [sessionIds],
  );
  return { courseId, sessionIds };
}
