import type { AudienceRule } from '#contract/courses.ts';
import type { Db, Tx } from '../db.ts';
import { invitedPeople, peopleMatchingJson, rulesAsJson } from './audience.ts';

/** Queries that ask who is invited. */
export interface InvitationStore {
  isInvited(courseId: string, who: Invitee): Promise<boolean>;
  /** Of courses that are (not) archived, those with a session that is no draft and to which one of `who` is invited. */
  coursesFor(who: { personId: string | null; unitIds: string[] }): Promise<string[]>;
  /** Sessions, no drafts, of courses that are not archived, earliest first. */
  sessionsFor(personId: string): Promise<string[]>;
  count(rules: AudienceRule[]): Promise<{ units: number; people: number }>;
}

/** A person, or anybody of a unit. */
export interface Invitee {
  personId: string | null;
  unitId: string | null;
}

export function createInvitationStore({ pool }: Db): InvitationStore {
  return {
    async isInvited(courseId, { personId, unitId }) {
      const { rows } = await pool.query<{ invited: boolean }>(
        `select exists (
           select 1 from (${invitedPeople('$1::uuid')}) as invited
           where invited.person_id = $2::uuid or invited.unit_id = $3::uuid
         ) as invited`,
        [courseId, personId, unitId],
      );
      return rows[0]?.invited ?? false;
    },

    async coursesFor({ personId, unitIds }) {
      const { rows } = await pool.query<{ id: string }>(
        `select course.id from course
         where exists (select 1 from session where session.course_id = course.id and session.state <> 'draft')
           and exists (
             select 1 from (${invitedPeople('course.id')}) as invited
             where invited.person_id = $1::uuid or invited.unit_id = any ($2::uuid[]))`,
        [personId, unitIds],
      );
      return rows.map((row) => row.id);
    },

    async sessionsFor(personId) {
      const { rows } = await pool.query<{ id: string }>(
        `select session.id from session join course on course.id = session.course_id
         where session.state <> 'draft' and course.archived_at is null
           and exists (
             select 1 from (${invitedPeople('course.id')}) as invited where invited.person_id = $1::uuid)
         order by session.starts_at, session.id`,
        [personId],
      );
      return rows.map((row) => row.id);
    },

    async count(rules) {
      const { rows } = await pool.query<{ units: number; people: number }>(
        `select count(distinct unit_id)::int as units, count(*)::int as people
         from (${peopleMatchingJson('$1')}) as invited`,
        [rulesAsJson(rules)],
      );
      return rows[0] ?? { units: 0, people: 0 };
    },
  };
}

/** Holds a session's row until the transaction ends, so that of two changes at once the second sees the first. */
export async function lockSession(tx: Tx, sessionId: string): Promise<void> {
  await tx.$queryRaw`select 1 as locked from session where id = ${sessionId}::uuid for update`;
}

export async function lockCourse(tx: Tx, courseId: string): Promise<void> {
  await tx.$queryRaw`select 1 as locked from course where id = ${courseId}::uuid for update`;
}
