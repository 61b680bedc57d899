import type pg from 'pg';
import { arrayOfArrays, instantArray, plainArray } from '../array-literals.ts';
import { transaction } from '../db.ts';

/** An answer given in the room, graded. */
export interface AnswerRow {
  personId: string;
  unitId: string;
  connId: string;
  choice: number[];
  correct: boolean;
  /** Epoch ms. */
  receivedAt: number;
}

/** What became of an answer: `stored` also when the same one was stored before. */
export type Outcome = 'stored' | 'already-answered' | 'question-closed';

/**
 * Stores answers to one question with one statement; each person's first stands. The question's row is held shared, so
 * that closing it waits for answers under way, and its result counts all of them.
 */
export async function insertAnswers(pool: pg.Pool, liveQuestionId: string, answers: AnswerRow[]): Promise<Outcome[]> {
  return transaction(pool, async (client) => {
    const { rows: open } = await client.query(
      'select 1 from live_question where id = $1 and closed_at is null for share',
      [liveQuestionId],
    );
    if (open.length > 0) {
      await client.query(
        `insert into live_answer (live_question_id, person_id, unit_id, conn_id, choice, correct, received_at)
         select $1, given.person_id, given.unit_id, given.conn_id, given.choice::int[], given.correct, given.received_at
         from unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::bool[], $7::timestamptz[])
           as given (person_id, unit_id, conn_id, choice, correct, received_at)
         on conflict (live_question_id, person_id) do nothing`,
        [
          liveQuestionId,
          plainArray(answers.map((answer) => answer.personId)),
          plainArray(answers.map((answer) => answer.unitId)),
          plainArray(answers.map((answer) => answer.connId)),
          arrayOfArrays(answers.map((answer) => answer.choice)),
          plainArray(answers.map((answer) => answer.correct)),
          instantArray(answers.map((answer) => answer.receivedAt)),
        ],
      );
    }
    const { rows } = await client.query<{ person_id: string; choice: number[] }>(
      // One by one: the statistics know nothing of a question that was just asked, and all its answers would be read for each batch.
      `select a.person_id, a.choice from unnest($2::uuid[]) as who (id) cross join lateral
         (select person_id, choice from live_answer where live_question_id = $1 and person_id = who.id offset 0) a`,
      [liveQuestionId, plainArray(answers.map((answer) => answer.personId))],
    );
    const stored = new Map(rows.map((row) => [row.person_id, row.choice.join()]));
    return answers.map(({ personId, choice }) => {
      const first = stored.get(personId);
      if (first === undefined) return 'question-closed';
      return first === choice.join() ? 'stored' : 'already-answered';
    });
  });
}

export interface Tally {
  answered: number;
  correct: number;
  /** How many chose each option, by its index; options nobody chose may be missing at the end. */
  counts: number[];
}

/** Results so far of these questions. One without answers is not in the map. */
export async function tallies(pool: pg.Pool, liveQuestionIds: string[]): Promise<Map<string, Tally>> {
  const { rows } = await pool.query<{ id: string; choice: number[]; correct: boolean; people: number }>(
    `select live_question_id as id, choice, correct, count(*)::int as people
     from live_answer where live_question_id = any ($1::uuid[]) group by live_question_id, choice, correct`,
    [liveQuestionIds],
  );
  const byId = new Map<string, Tally>();
  for (const { id, choice, correct, people } of rows) {
    const tally = byId.get(id) ?? { answered: 0, correct: 0, counts: [] };
    tally.answered += people;
    if (correct) tally.correct += people;
    for (const index of choice) tally.counts[index] = (tally.counts[index] ?? 0) + people;
    byId.set(id, tally);
  }
  return byId;
}

/** When these people answered questions of a session. */
export async function answerTimes(
  pool: pg.Pool,
  sessionId: string,
  personIds: string[],
): Promise<{ personId: string; at: number }[]> {
  const { rows } = await pool.query<{ personId: string; at: Date }>(
    `select live_answer.person_id as "personId", live_answer.received_at as at from live_answer
     join live_question on live_question.id = live_answer.live_question_id
     where live_question.session_id = $1 and live_answer.person_id = any ($2::uuid[])`,
    [sessionId, personIds],
  );
  return rows.map(({ personId, at }) => ({ personId, at: at.getTime() }));
}

/** The sessions' questions that these people have answered, in the order in which they were opened; one list each. */
export async function answeredBy(pool: pg.Pool, asked: { sessionId: string; personId: string }[]): Promise<string[][]> {
  const { rows } = await pool.query<{ id: string; n: number }>(
    `select live_question.id, asked.n::int as n
     from unnest($1::uuid[], $2::uuid[]) with ordinality as asked (session_id, person_id, n)
     join live_question on live_question.session_id = asked.session_id
     join live_answer on live_answer.live_question_id = live_question.id and live_answer.person_id = asked.person_id
     order by live_question.opened_at`,
    [asked.map(({ sessionId }) => sessionId), asked.map(({ personId }) => personId)],
  );
  const lists = asked.map((): string[] => []);
  for (const row of rows) lists[row.n - 1]?.push(row.id);
  return lists;
}
