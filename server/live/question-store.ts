import type pg from 'pg';
import { transaction } from '../db.ts';

/** A question to the instructor, as it is asked. */
export interface Asked {
  /** Given by the page. */
  id: string;
  personId: string;
  unitName: string;
  personName: string;
  text: string;
  /** Epoch ms. */
  askedAt: number;
}

export interface QuestionRow {
  id: string;
  sessionId: string;
  personId: string;
  unitName: string;
  personName: string;
  text: string;
  askedAt: Date;
  answeredAt: Date | null;
}

/** What became of a question: its row (also when it was stored before), or why it was not taken. */
export type Outcome = QuestionRow | 'forbidden' | 'rate-limited';

/**
 * Stores questions to one session together. Somebody who asked within `everyMs` is refused; an id that somebody else used is
 * no way to read their question.
 */
export async function storeQuestions(
  pool: pg.Pool,
  sessionId: string,
  questions: Asked[],
  everyMs: number,
): Promise<Outcome[]> {
  return transaction(pool, async (client) => {
    const ids = [...new Set(questions.map(({ id }) => id))];
    const people = [...new Set(questions.map(({ personId }) => personId))];
    // One person's after the other, also over workers; in one order everywhere, so that two batches can't wait for each other.
    await client.query(
      `select pg_advisory_xact_lock(key) from (
         select hashtextextended('question ' || person, 0) as key from unnest($1::text[]) as person order by 1
       ) as keys`,
      [people],
    );
    const known = await byId(client, ids);
    const since = Math.min(...questions.map(({ askedAt }) => askedAt)) - everyMs;
    const latest = await latestOf(client, sessionId, people, since);
    const fresh = new Map<string, Asked>();
    const refused = new Set<Asked>();
    for (const question of questions) {
      if (known.has(question.id) || fresh.has(question.id)) continue;
      if (question.askedAt - (latest.get(question.personId) ?? Number.NEGATIVE_INFINITY) < everyMs) {
        refused.add(question);
        continue;
      }
      fresh.set(question.id, question);
      latest.set(question.personId, question.askedAt);
    }
    if (fresh.size > 0) await insert(client, sessionId, [...fresh.values()]);
    const stored = await byId(client, ids);
    return questions.map((question) => {
      if (refused.has(question)) return 'rate-limited';
      const row = stored.get(question.id);
      return row && row.personId === question.personId ? row : 'forbidden';
    });
  });
}

const COLUMNS = `id, session_id as "sessionId", person_id as "personId", unit_name as "unitName", person_name as "personName", text,
  asked_at as "askedAt", answered_at as "answeredAt"`;

async function byId(client: pg.PoolClient, ids: string[]): Promise<Map<string, QuestionRow>> {
  const { rows } = await client.query<QuestionRow>(`select ${COLUMNS} from room_question where id = any ($1::uuid[])`, [
    ids,
  ]);
  return new Map(rows.map((row) => [row.id, row]));
}

/** When each of these people asked last in a session, after `since`; epoch ms. */
async function latestOf(
  client: pg.PoolClient,
  sessionId: string,
  people: string[],
  since: number,
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ personId: string; at: Date }>(
    `select person_id as "personId", max(asked_at) as at from room_question
     where session_id = $1 and asked_at > $3 and person_id = any ($2::uuid[]) group by person_id`,
    [sessionId, people, new Date(since)],
  );
  return new Map(rows.map(({ personId, at }) => [personId, at.getTime()]));
}

async function insert(client: pg.PoolClient, sessionId: string, questions: Asked[]): Promise<void> {
  await client.query(
    `insert into room_question (session_id, id, person_id, unit_name, person_name, text, asked_at)
     select $1, q.* from unnest ($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::timestamptz[])
       as q (id, person_id, unit_name, person_name, text, asked_at)
     -- Of an id that somebody else uses in this moment the first stands.
     order by q.id on conflict (id) do nothing`,
    [
      sessionId,
      questions.map(({ id }) => id),
      questions.map(({ personId }) => personId),
      questions.map(({ unitName }) => unitName),
      questions.map(({ personName }) => personName),
      questions.map(({ text }) => text),
      questions.map(({ askedAt }) => new Date(askedAt)),
    ],
  );
}
