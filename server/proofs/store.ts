import type pg from 'pg';
import type { Visibility } from '../accounts/principal.ts';
import { visibilityParameters, visible } from '../accounts/visible.ts';
import type { Actor } from '../audit.ts';
import type { Statement } from './statement.ts';

/* The SQL of proofs. */

export interface ProvenSession {
  mode: 'online' | 'offline' | 'both';
  plannedMinutes: number;
  completePercent: number;
  startedAt: Date | null;
  endedAt: Date | null;
  statutory: boolean;
  statutoryBasis: string | null;
  statutoryApprover: string | null;
}

export async function readSession(client: pg.PoolClient, sessionId: string): Promise<ProvenSession | null> {
  const { rows } = await client.query<ProvenSession>(
    `select s.mode, s.planned_minutes as "plannedMinutes", s.started_at as "startedAt", s.ended_at as "endedAt",
       c.complete_percent as "completePercent", c.statutory, c.statutory_basis as "statutoryBasis", c.statutory_approver as "statutoryApprover"
     from session s join course c on c.id = s.course_id where s.id = $1`,
    [sessionId],
  );
  return rows[0] ?? null;
}

/** Each with an audit entry of its own. */
export async function withdrawByRule(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[] | null,
  requiredMs: number,
  actor: Actor,
  now: number,
): Promise<number> {
  const { rows } = await client.query<{ withdrawn: number }>(
    `with gone as (
       update proof set withdrawn_at = $4, withdrawal = case
           when person.verification = 'refused' then 'identity_refused'
           when attendee.credited_ms < $3 then 'below_threshold' else 'less_credited' end::proof_withdrawal
       from attendee join person on person.id = attendee.person_id
       where proof.session_id = $1 and ($2::uuid[] is null or proof.person_id = any ($2)) and proof.withdrawn_at is null
         and attendee.session_id = $1 and attendee.person_id = proof.person_id
         and (person.verification = 'refused' or attendee.credited_ms < $3 or attendee.credited_ms < proof.credited_ms)
       returning proof.number, proof.person_id, proof.withdrawal, attendee.credited_ms
     ), noted as (
       insert into audit_entry (account_id, person_id, request_id, at, action, subject, subject_id, detail)
       select $5, $6, $7, $4, 'proof:withdraw', 'session', $1::text, jsonb_build_object('number', number, 'personId', person_id,
         'withdrawal', withdrawal, 'creditedMs', credited_ms)
       from gone
     ) select count(*)::int as withdrawn from gone`,
    [sessionId, personIds, requiredMs, new Date(now), actor.accountId, actor.personId, actor.requestId],
  );
  return rows[0]?.withdrawn ?? 0;
}

/** Who has what completes the session and neither a valid proof nor one that was withdrawn by hand. */
export async function readEntitled(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[] | null,
  requiredMs: number,
): Promise<{ personId: string; creditedMs: number }[]> {
  const { rows } = await client.query<{ personId: string; creditedMs: number }>(
    `select a.person_id as "personId", a.credited_ms as "creditedMs"
     from attendee a join person on person.id = a.person_id and person.verification = 'verified' and person.erased_at is null
     where a.session_id = $1 and ($2::uuid[] is null or a.person_id = any ($2)) and a.credited_ms >= $3
       and not exists (
         select 1 from proof p where p.session_id = $1 and p.person_id = a.person_id
           and (p.withdrawn_at is null or (p.withdrawal = 'by_hand' and not p.superseded)))
     order by a.person_id`,
    [sessionId, personIds, requiredMs],
  );
  return rows;
}

/** Of two that issue to the same person one does. */
export async function insertProofs(
  client: pg.PoolClient,
  proofs: (Statement & { id: string; digest: Buffer })[],
): Promise<void> {
  const [first] = proofs;
  if (!first) return;
  await client.query(
    `insert into proof (id, number, person_id, session_id, issued_at, credited_ms, class_hour_ms, statutory_basis,
       statutory_approver, digest)
     select p.id, p.number, p.person_id, $1, $2, p.credited_ms, $3, $4, $5, p.digest
     from unnest ($6::uuid[], $7::text[], $8::uuid[], $9::int[], $10::bytea[]) as p (id, number, person_id, credited_ms, digest)`,
    [
      ...[first.sessionId, new Date(first.issuedAt), first.classHourMs, first.statutoryBasis, first.statutoryApprover],
      ...[proofs.map(({ id }) => id), proofs.map(({ number }) => number), proofs.map(({ personId }) => personId)],
      ...[proofs.map(({ creditedMs }) => creditedMs), proofs.map(({ digest }) => digest)],
    ],
  );
}

/** Sessions in which nothing played can be reported any more, and whose proofs were not settled since their chain grew. */
export async function readUnsettled(pool: pg.Pool, endedBefore: number): Promise<string[]> {
  const { rows } = await pool.query<{ id: string }>(
    `select s.id from session s left join attendance_chain c on c.session_id = s.id
       left join proof_progress p on p.session_id = s.id
     where s.ended_at < $1 and (p.session_id is null or c.batch > p.batch) order by s.ended_at`,
    [new Date(endedBefore)],
  );
  return rows.map(({ id }) => id);
}

/** People whose unit confirmed or refused them since then, by session that is settled. */
export async function readVerifiedSince(
  pool: pg.Pool,
  since: number,
): Promise<{ sessionId: string; personIds: string[] }[]> {
  const { rows } = await pool.query<{ sessionId: string; personIds: string[] }>(
    `select a.session_id as "sessionId", array_agg(a.person_id) as "personIds"
     from person join attendee a on a.person_id = person.id join proof_progress p on p.session_id = a.session_id
     where person.verified_at >= $1 and a.credited_ms > 0 group by a.session_id`,
    [new Date(since)],
  );
  return rows;
}

/** Holds the head of a session's chain to the end of the transaction; its number of links. */
export async function holdChain(client: pg.PoolClient, sessionId: string): Promise<number> {
  const { rows } = await client.query<{ batch: number }>(
    'select batch from attendance_chain where session_id = $1 for update',
    [sessionId],
  );
  // Before it has one, two that settle it wait for each other here.
  if (!rows[0]) await client.query('select id from session where id = $1 for update', [sessionId]);
  return rows[0]?.batch ?? 0;
}

export async function noteProgress(client: pg.PoolClient, sessionId: string, batch: number): Promise<void> {
  await client.query(
    `insert into proof_progress (session_id, batch) values ($1, $2)
     on conflict (session_id) do update set batch = excluded.batch`,
    [sessionId, batch],
  );
}

export interface ProofRow {
  id: string;
  number: string;
  personId: string;
  personName: string;
  unitName: string;
  sessionId: string;
  courseTitle: string;
  sessionNumber: number;
  topic: string;
  startedAt: Date;
  creditedMs: number;
  classHourMs: number | null;
  statutoryBasis: string | null;
  statutoryApprover: string | null;
  issuedAt: Date;
  withdrawnAt: Date | null;
  withdrawal: 'by_hand' | 'below_threshold' | 'less_credited' | 'identity_refused' | null;
  withdrawnReason: string | null;
  superseded: boolean;
  digest: Buffer;
  issuer: string;
}

/** The unit is the one of the time. */
const SHOWN = `
  select p.id, p.number, p.person_id as "personId", person.name as "personName", unit.name as "unitName",
    p.session_id as "sessionId", c.title as "courseTitle", s.number as "sessionNumber", s.topic,
    coalesce(s.started_at, s.starts_at) as "startedAt", p.credited_ms as "creditedMs", p.class_hour_ms as "classHourMs",
    p.statutory_basis as "statutoryBasis", p.statutory_approver as "statutoryApprover", p.issued_at as "issuedAt",
    p.withdrawn_at as "withdrawnAt", p.withdrawal, p.withdrawn_reason as "withdrawnReason", p.superseded, p.digest,
    coalesce((select bureau_name from installation where id = 1), '') as issuer
  from proof p join person on person.id = p.person_id join session s on s.id = p.session_id
    join course c on c.id = s.course_id
    join attendee a on a.session_id = p.session_id and a.person_id = p.person_id join unit on unit.id = a.unit_id`;

export async function readProof(pool: pg.Pool | pg.PoolClient, number: string): Promise<ProofRow | null> {
  const { rows } = await pool.query<ProofRow>(`${SHOWN} where p.number = $1`, [number]);
  return rows[0] ?? null;
}

export async function readOwn(pool: pg.Pool, personId: string): Promise<ProofRow[]> {
  const { rows } = await pool.query<ProofRow>(
    `${SHOWN} where p.person_id = $1 order by p.withdrawn_at is not null, s.started_at desc, p.issued_at desc`,
    [personId],
  );
  return rows;
}

export interface ProofFilter {
  /** Part of the person's or the unit's name, or the number. */
  q?: string | undefined;
  unitId?: string | undefined;
  state?: 'valid' | 'withdrawn' | undefined;
}

const FILTERED = `where p.session_id = $1
    and ${visible('a.area_id', 'a.industry', 'a.unit_id', 2)}
    and ($6::text is null or position($6 in person.name) > 0 or position($6 in unit.name) > 0 or p.number = $6)
    and ($7::uuid is null or a.unit_id = $7)
    and ($8::text is null or ($8 = 'valid') = (p.withdrawn_at is null))`;

function filterParameters(sessionId: string, visibility: Visibility, { q, unitId, state }: ProofFilter): unknown[] {
  return [sessionId, ...visibilityParameters(visibility), q?.trim() || null, unitId ?? null, state ?? null];
}

export async function readProofs(
  pool: pg.Pool,
  sessionId: string,
  visibility: Visibility,
  filter: ProofFilter,
  { limit, offset }: { limit: number; offset: number },
): Promise<ProofRow[]> {
  const { rows } = await pool.query<ProofRow>(
    `${SHOWN} ${FILTERED} order by unit.name, unit.id, person.name, p.person_id, p.issued_at desc limit $9::int offset $10::int`,
    [...filterParameters(sessionId, visibility, filter), limit, offset],
  );
  return rows;
}

export async function countProofs(
  pool: pg.Pool,
  sessionId: string,
  visibility: Visibility,
  filter: ProofFilter,
): Promise<number> {
  const { rows } = await pool.query<{ proofs: number }>(
    `select count(*)::int as proofs from proof p join person on person.id = p.person_id
       join attendee a on a.session_id = p.session_id and a.person_id = p.person_id join unit on unit.id = a.unit_id
     ${FILTERED}`,
    filterParameters(sessionId, visibility, filter),
  );
  return rows[0]?.proofs ?? 0;
}

/** Of one that is valid: false when it was not. */
export async function withdrawByHand(
  client: pg.PoolClient,
  proof: { sessionId: string; number: string },
  { reason, by }: { reason: string; by: string | null },
  now: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `update proof set withdrawn_at = $3, withdrawal = 'by_hand', withdrawn_by = $4, withdrawn_reason = $5
     where session_id = $1 and number = $2 and withdrawn_at is null`,
    [proof.sessionId, proof.number, new Date(now), by, reason],
  );
  return rowCount === 1;
}

/** Whoever was without proof because of a withdrawal by hand is not any more; false when nobody was. */
export async function supersede(client: pg.PoolClient, sessionId: string, personId: string): Promise<boolean> {
  const { rowCount } = await client.query(
    `update proof set superseded = true
     where session_id = $1 and person_id = $2 and withdrawal = 'by_hand' and not superseded`,
    [sessionId, personId],
  );
  return (rowCount ?? 0) > 0;
}

export async function readValidNumber(
  client: pg.PoolClient,
  sessionId: string,
  personId: string,
): Promise<string | null> {
  const { rows } = await client.query<{ number: string }>(
    'select number from proof where session_id = $1 and person_id = $2 and withdrawn_at is null',
    [sessionId, personId],
  );
  return rows[0]?.number ?? null;
}
