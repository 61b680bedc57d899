import type pg from 'pg';

/** A session and its course, as far as they decide what may still be added to the record. */
export interface HeldSession {
  state: string;
  courseArchived: boolean;
  startsAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
  plannedMinutes: number;
  completePercent: number;
}

/** Holds the session as it is to the end of the transaction: it can't be archived meanwhile. */
export async function holdSession(client: pg.PoolClient, sessionId: string): Promise<HeldSession | null> {
  const { rows } = await client.query<HeldSession>(
    `select s.state, c.archived_at is not null as "courseArchived", s.starts_at as "startsAt", s.started_at as "startedAt",
       s.ended_at as "endedAt", s.planned_minutes as "plannedMinutes", c.complete_percent as "completePercent"
     from session s join course c on c.id = s.course_id where s.id = $1 for share`,
    [sessionId],
  );
  return rows[0] ?? null;
}
