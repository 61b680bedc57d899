import type { AudienceRule } from '#contract/courses.ts';
import type { Tx } from '../db.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { invitedPeople, peopleMatchingJson, rulesAsJson } from './audience.ts';

/** Queries that ask who is invited. */
export interface InvitationStore {
  isInvited(courseId: string, who: Invitee): Promise<boolean>;
  /** Of courses that are (not) archived, those with a session that is no draft and to which one of `who` is invited. */
  coursesFor(who: { personId: string | null; unitIds: string[] }): Promise<string[]>;
  /** Courses, not archived, to which a person is invited. */
  coursesOf(personId: string): Promise<ReadonlySet<string>>;
  count(rules: AudienceRule[]): Promise<{ units: number; people: number }>;
}

/** A person, or anybody of a unit. */
export interface Invitee {
  personId: string | null;
  unitId: string | null;
}

export function createInvitationStore(services: Pick<Services, 'db' | 'logger' | 'metrics'>): InvitationStore {
  const { pool } = services.db;

  const isInvited = createLookUps<Invitee & { courseId: string }, boolean>(
    services,
    'invitation-looks',
    async (asked) => {
      const { rows } = await pool.query<{ invited: boolean }>(
        // Apart, so that each goes by its own index: of an "or" within one of them every person there is would be read, for each who asks.
        `select exists (
           select 1 from (${invitedPeople('asked.course_id')}) as invited where invited.person_id = asked.person_id
         ) or exists (
           select 1 from (${invitedPeople('asked.course_id')}) as invited where invited.unit_id = asked.unit_id
         ) as invited
         from unnest($1::uuid[], $2::uuid[], $3::uuid[]) with ordinality as asked (course_id, person_id, unit_id, n)
         order by asked.n`,
        [
          asked.map(({ courseId }) => courseId),
          asked.map(({ personId }) => personId),
          asked.map(({ unitId }) => unitId),
        ],
      );
      return rows.map((row) => row.invited);
    },
  );

  const coursesOf = createLookUps<string, ReadonlySet<string>>(services, 'list-looks', async (personIds) => {
    const { rows } = await pool.query<{ person_id: string; course_id: string }>(
      `select invited.person_id, course.id as course_id
       from course, lateral (${invitedPeople('course.id')}) as invited
       where course.archived_at is null and invited.person_id = any ($1::uuid[])`,
      [personIds],
    );
    const found = new Map<string, Set<string>>(personIds.map((personId) => [personId, new Set()]));
    for (const row of rows) found.get(row.person_id)?.add(row.course_id);
    return personIds.map((personId) => found.get(personId) ?? new Set());
  });

  return {
    isInvited: (courseId, who) => isInvited({ ...who, courseId }),
    coursesOf,

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
