import type pg from 'pg';
import type { Correction, Evidence } from '#contract/corrections.ts';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import { creditLimitMs } from './admit.ts';
import { type CorrectionFact, corrected } from './corrections.ts';
import { holdSession } from './held-session.ts';
import { type Attendance, attendedIn } from './presence.ts';

/* The SQL of corrections. */

/** What is kept of a person, held to the end of the transaction. */
export async function holdAttendee(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
): Promise<Attendance | null> {
  const { rows } = await client.query<Attendance>(
    `select coverage, gaps, replay_coverage as replayed, venue_coverage as venue
     from attendee where session_id = $1 and person_id = $2 for update`,
    [sessionId, personId],
  );
  return rows[0] ?? null;
}

/** Corrections of these people in the order of the chain; only those are in it who have any. */
export async function readFacts(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, CorrectionFact[]>> {
  const { rows } = await client.query<CorrectionFact & { personId: string }>(
    `select person_id as "personId", correction_id as id, effect, delta_ms as "deltaMs", "from", "to", withdraws
     from attendance_entry where session_id = $1 and person_id = any ($2::uuid[]) and correction_id is not null
     order by batch, id`,
    [sessionId, personIds],
  );
  const byPerson = new Map<string, CorrectionFact[]>();
  for (const { personId, ...fact } of rows) byPerson.set(personId, [...(byPerson.get(personId) ?? []), fact]);
  return byPerson;
}

/**
 * What was credited to these people anew is what their corrections make of it: a replay goes on for weeks after them.
 */
export async function recorrect(
  client: pg.PoolClient,
  sessionId: string,
  people: (Attendance & { personId: string; creditedMs: number })[],
): Promise<void> {
  const known = await readFacts(
    client,
    sessionId,
    people.map(({ personId }) => personId),
  );
  if (known.size === 0) return;
  const session = await holdSession(client, sessionId);
  if (!session?.startedAt || !session.endedAt) return;
  const limitMs = creditLimitMs(session.startedAt, session.endedAt);
  for (const person of people) {
    const facts = known.get(person.personId);
    if (facts) person.creditedMs = corrected(attendedIn(person), facts, limitMs);
  }
}

/** Whose correction this is; null when the session has none with this id. */
export async function personOf(client: pg.PoolClient, sessionId: string, correctionId: string): Promise<string | null> {
  const { rows } = await client.query<{ personId: string }>(
    `select person_id as "personId" from attendance_entry
     where session_id = $1 and correction_id = $2 and effect <> 'withdrawal'`,
    [sessionId, correctionId],
  );
  return rows[0]?.personId ?? null;
}

export async function setCredit(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
  creditedMs: number,
): Promise<void> {
  await client.query('update attendee set credited_ms = $3 where session_id = $1 and person_id = $2', [
    sessionId,
    personId,
    creditedMs,
  ]);
}

export async function insertEvidence(
  client: pg.PoolClient,
  file: { id: string; sessionId: string; name: string; type: string; sha256: Buffer; content: Buffer },
  accountId: string | null,
  now: number,
): Promise<void> {
  await client.query(
    `insert into correction_evidence (id, session_id, name, type, sha256, content, uploaded_by, uploaded_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [file.id, file.sessionId, file.name, file.type, file.sha256, file.content, accountId, new Date(now)],
  );
}

/** Removes what was uploaded before `before` (epoch ms) and no correction rests on. */
export async function removeUnused(client: pg.PoolClient, sessionId: string, before: number): Promise<void> {
  await client.query(
    `delete from correction_evidence f where session_id = $1 and uploaded_at < $2 and not exists (
       select 1 from attendance_entry e where e.session_id = $1 and e.correction_id is not null and e.evidence_sha256 = f.sha256)`,
    [sessionId, new Date(before)],
  );
}

/** SHA-256 of a file of this session's, hex. */
export async function evidenceDigest(
  client: pg.PoolClient,
  sessionId: string,
  evidenceId: string,
): Promise<string | null> {
  const { rows } = await client.query<{ sha256: string }>(
    `select encode(sha256, 'hex') as sha256 from correction_evidence where session_id = $1 and id = $2`,
    [sessionId, evidenceId],
  );
  return rows[0]?.sha256 ?? null;
}

export async function readEvidence(
  pool: pg.Pool,
  sessionId: string,
  evidenceId: string,
): Promise<{ name: string; type: string; content: Buffer } | null> {
  const { rows } = await pool.query<{ name: string; type: string; content: Buffer }>(
    'select name, type, content from correction_evidence where session_id = $1 and id = $2',
    [sessionId, evidenceId],
  );
  return rows[0] ?? null;
}

type ListedRow = Omit<Correction, 'at' | 'evidence'> & { at: Date; evidence: Evidence | null; total: number };

/** Corrections, the newest first, of units that the caller may see; `total` counts all of them. */
export async function list(
  pool: pg.Pool,
  sessionId: string,
  visibility: Visibility,
  { personId, limit, offset }: { personId: string | null; limit: number | null; offset: number },
): Promise<ListedRow[]> {
  const { rows } = await pool.query<ListedRow>(
    `select e.correction_id as id, e.received_at as at, e.person_id as "personId", person.name as "personName",
       unit.name as "unitName", e.effect, e.delta_ms as "deltaMs",
       case when e.effect in ('present', 'absent') then e."from" end as "from",
       case when e.effect in ('present', 'absent') then e."to" end as "to",
       e.reason, account.display_name as "actorName", e.withdraws,
       exists (select 1 from attendance_entry w where w.withdraws = e.correction_id) as withdrawn,
       case when e.evidence_sha256 is not null then json_build_object(
         'id', file.id, 'name', file.name, 'sha256', encode(e.evidence_sha256, 'hex'), 'bytes', length(file.content)
       ) end as evidence,
       (count(*) over ())::int as total
     from attendance_entry e
       join attendee a on a.session_id = e.session_id and a.person_id = e.person_id
       join person on person.id = e.person_id join unit on unit.id = a.unit_id
       left join account on account.id = e.actor_id
       left join lateral (
         select f.id, f.name, f.content from correction_evidence f
         where f.session_id = e.session_id and f.sha256 = e.evidence_sha256 order by f.id limit 1) file on true
     where e.session_id = $1 and e.correction_id is not null and ($2::uuid is null or e.person_id = $2)
       and ${visible('a.area_id', 'a.industry', 'a.unit_id', 3)}
     order by e.id desc limit $7::int offset $8::int`,
    [sessionId, personId, ...visibilityParameters(visibility), limit, offset],
  );
  return rows;
}
