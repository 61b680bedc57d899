import { Pool } from 'pg';
import { batchesOf } from '#server/batches.ts';
import type { CrowdRecord } from './messages.ts';

const BATCH = 10_000;

export interface Truth {
  ackedBeats: number;
  ackedAnswers: number;
  ackedQuestions: number;
  ackedConfirmations: number;
  /** Acked and not there, or there with other content. */
  lostBeats: number;
  lostAnswers: number;
  lostQuestions: number;
  lostConfirmations: number;
  /** Stored more than once. */
  doubled: number;
  /** People whose credited time is further from the generator's record than one beat. */
  creditedWrong: number;
  /** Largest difference of one person, ms. */
  creditedOffMs: number;
}

/** Compares what was acked with what the database has. @param toleranceMs of a person's credited time */
export async function compareWithDatabase(
  databaseUrl: string,
  sessionId: string,
  records: CrowdRecord[],
  toleranceMs: number,
): Promise<Truth> {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  const number = async (sql: string, values: unknown[]): Promise<number> => {
    const { rows } = await pool.query<{ n: string }>(sql, values);
    return Number(rows[0]?.n ?? 0);
  };
  const truth: Truth = {
    ackedBeats: 0,
    ackedAnswers: 0,
    ackedQuestions: 0,
    ackedConfirmations: 0,
    lostBeats: 0,
    lostAnswers: 0,
    lostQuestions: 0,
    lostConfirmations: 0,
    doubled: 0,
    creditedWrong: 0,
    creditedOffMs: 0,
  };
  try {
    for (const { connections, beats, answers, asked, confirmed } of records) {
      const idOf = (at: number) => connections.id[at] ?? '';
      truth.ackedBeats += beats.at.length;
      for (const some of batchesOf([...beats.at.keys()], BATCH)) {
        truth.lostBeats += await number(LOST_BEATS, [
          some.map((k) => idOf(beats.at[k] ?? -1)),
          some.map((k) => beats.seq[k]),
          some.map((k) => beats.from[k]),
          some.map((k) => beats.to[k]),
        ]);
      }
      truth.ackedAnswers += answers.at.length;
      truth.lostAnswers += await number(LOST_ANSWERS, [answers.at.map(idOf), answers.question, answers.choice]);
      truth.ackedQuestions += asked.id.length;
      truth.lostQuestions += await number(LOST_QUESTIONS, [asked.id]);
      truth.ackedConfirmations += confirmed.check.length;
      truth.lostConfirmations += await number(LOST_CONFIRMATIONS, [confirmed.at.map(idOf), confirmed.check]);
      const { rows } = await pool.query<{ off: string }>(CREDITED, [sessionId, connections.id, connections.playedMs]);
      for (const { off } of rows) {
        const ms = Math.abs(Number(off));
        truth.creditedOffMs = Math.max(truth.creditedOffMs, ms);
        if (ms > toleranceMs) truth.creditedWrong += 1;
      }
    }
    truth.doubled = await number(DOUBLED, [sessionId]);
    return truth;
  } finally {
    await pool.end();
  }
}

const LOST_BEATS = `
  select count(*) as n from unnest($1::uuid[], $2::int[], $3::bigint[], $4::bigint[]) as k (conn_id, seq, claimed_from, claimed_to)
  left join attendance_entry e on e.conn_id = k.conn_id and e.seq = k.seq
  where e.id is null or e.claimed_from <> k.claimed_from or e.claimed_to <> k.claimed_to`;

const LOST_ANSWERS = `
  select count(*) as n from unnest($1::uuid[], $2::uuid[], $3::int[]) as k (conn_id, question_id, choice)
  left join live_answer a on a.live_question_id = k.question_id and a.conn_id = k.conn_id
  where a.person_id is null or a.choice <> array[k.choice]`;

const LOST_QUESTIONS = `
  select count(*) as n from unnest($1::uuid[]) as k (id)
  left join room_question q on q.id = k.id where q.id is null`;

const LOST_CONFIRMATIONS = `
  select count(*) as n from unnest($1::uuid[], $2::uuid[]) as k (conn_id, check_id)
  join connection c on c.id = k.conn_id
  left join attendance_entry e on e.check_id = k.check_id and e.person_id = c.person_id and e.kind = 'sign'
  where e.id is null`;

/** A connection without a beat that was stored is in no table, and has played nothing. */
const CREDITED = `
  select a.credited_ms - k.played_ms as off
  from unnest($2::uuid[], $3::float8[]) as k (conn_id, played_ms)
  join connection c on c.id = k.conn_id
  join attendee a on a.session_id = $1 and a.person_id = c.person_id`;

const DOUBLED = `
  select count(*) as n from (
    select 1 from attendance_entry where session_id = $1 and seq is not null group by conn_id, seq having count(*) > 1
  ) as twice`;

/** Of all that was acked, how much is not there. */
export function lostOf({ lostBeats, lostAnswers, lostQuestions, lostConfirmations }: Truth): number {
  return lostBeats + lostAnswers + lostQuestions + lostConfirmations;
}
