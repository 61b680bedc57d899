import type { AudienceRule } from '#contract/courses.ts';
import { plainArray } from '../array-literals.ts';
import type { Tx } from '../db.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { invitedPeople, invitedPerson, peopleMatchingJson, rulesAsJson } from './audience.ts';

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

  const isPersonInvited = createLookUps<{ courseId: string; personId: string }, boolean>(
    services,
    'invitation-looks',
    async (asked) => {
      const { rows } = await pool.query<{ invited: boolean }>(
        `select exists (select 1 from (${invitedPerson('asked.course_id', 'asked.person_id')}) as invited) as invited
         from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (course_id, person_id, n)
         order by asked.n`,
        [plainArray(asked.map(({ courseId }) => courseId)), plainArray(asked.map(({ personId }) => personId))],
      );
      return rows.map((row) => row.invited);
    },
  );

  async function isUnitInvited(courseId: string, unitId: string): Promise<boolean> {
    const { rowCount } = await pool.query(
      `select 1 from (${invitedPeople('$1::uuid')}) as invited where invited.unit_id = $2 limit 1`,
      [courseId, unitId],
    );
    return (rowCount ?? 0) > 0;
  }

  const coursesOf = createLookUps<string, ReadonlySet<string>>(services, 'list-looks', async (personIds) => {
    const { rows } = await pool.query<{ person_id: string; course_id: string }>(
      `select invited.person_id, course.id as course_id
       from unnest($1::uuid[]) as who (id), course, lateral (${invitedPerson('course.id', 'who.id')}) as invited
       where course.archived_at is null`,
      [plainArray(personIds)],
    );
    const found = new Map<string, Set<string>>(personIds.map((personId) => [personId, new Set()]));
    for (const row of rows) found.get(row.person_id)?.add(row.course_id);
    return personIds.map((personId) => found.get(personId) ?? new Set());
  });

  return {
    isInvited: async (courseId, { personId, unitId }) =>
      (personId !== null && (await isPersonInvited({ courseId, personId }))) ||
      (unitId !== null && (await isUnitInvited(courseId, unitId))),
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
