import type pg from 'pg';

/** The line as all workers of all hosts see it: places given, and those that were called. Numbers only ever grow. */
export interface Line {
  given: number;
  called: number;
}

/** Gives out so many places more, and calls in so many. The new places are the last of those given. */
export async function moveLine(pool: pg.Pool, places: number, calls: number): Promise<Line> {
  const { rows } = await pool.query<Line>(
    `insert into waiting_line as line (id, given, called) values (1, $1::bigint, least($1::bigint, $2::bigint))
     on conflict (id) do update
       set given = line.given + $1::bigint, called = least(line.given + $1::bigint, line.called + $2::bigint)
     returning given, called`,
    [places, calls],
  );
  return rows[0] as Line;
}

export async function readLine(pool: pg.Pool): Promise<Line> {
  const { rows } = await pool.query<Line>('select given, called from waiting_line where id = 1');
  return rows[0] ?? { given: 0, called: 0 };
}
