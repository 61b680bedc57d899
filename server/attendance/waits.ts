import type pg from 'pg';

/** Keeps how long somebody stood in line before they were let in; the longest that their place says. */
export async function noteWait(
  pool: pg.Pool,
  wait: { sessionId: string; personId: string; beganAt: number; waitedMs: number },
): Promise<void> {
  await pool.query(
    `insert into attendance_wait as known (session_id, person_id, began_at, waited_ms) values ($1, $2, $3, $4)
     on conflict (session_id, person_id, began_at) do update set waited_ms = greatest(known.waited_ms, excluded.waited_ms)`,
    [wait.sessionId, wait.personId, new Date(wait.beganAt), wait.waitedMs],
  );
}
