import type pg from 'pg';
import type { ChainedCorrection, ChainedEntry } from './chain.ts';

/* The SQL of checking a session's chain. All of it is to read one snapshot, so that a class may go on meanwhile. */

export interface LinkRow {
  batch: number;
  previous: Buffer;
  digest: Buffer;
  entries: number;
  /** Of a link from which entries were removed by rule. */
  kept: number | null;
  keptDigest: Buffer | null;
}

interface Head {
  batch: number | null;
  digest: Buffer | null;
  startedAt: Date | null;
  endedAt: Date | null;
}

export interface EntryRow extends ChainedEntry {
  id: number;
  batch: number;
}

/** Rows that are fetched, and then worked on, at once: few enough that whatever else this process does waits some ms. */
const SLICE = 1_000;

/** The head of a session's chain, and when the class ran; null when there is no such session. */
export async function readHead(client: pg.PoolClient, sessionId: string): Promise<Head | null> {
  const { rows } = await client.query<Head>(
    `select c.batch, c.digest, s.started_at as "startedAt", s.ended_at as "endedAt" from session s left join attendance_chain c on c.session_id = s.id where s.id = $1`,
    [sessionId],
  );
  return rows[0] ?? null;
}

export async function readLinks(client: pg.PoolClient, sessionId: string): Promise<LinkRow[]> {
  const { rows } = await client.query<LinkRow>(
    'select batch, previous, digest, entries, kept, kept_digest as "keptDigest" from attendance_batch where session_id = $1 order by batch',
    [sessionId],
  );
  return rows;
}

export async function readFingerprints(
  client: pg.PoolClient,
  sessionId: string,
  batch: number,
): Promise<Buffer | null> {
  const { rows } = await client.query<{ fingerprints: Buffer | null }>(
    'select fingerprints from attendance_batch where session_id = $1 and batch = $2',
    [sessionId, batch],
  );
  return rows[0]?.fingerprints ?? null;
}

const ENTRY = `id, batch, person_id, kind, conn_id, seq, claimed_from, claimed_to, "from", "to", hidden,
  (extract(epoch from received_at) * 1000)::bigint, delta_ms, actor_id, reason, check_id,
  correction_id, effect, encode(evidence_sha256, 'hex'), withdraws`;

/** The entries of one link in their order. */
export async function readLink(client: pg.PoolClient, sessionId: string, batch: number): Promise<EntryRow[]> {
  const { rows } = await client.query<EntryColumns>({
    text: `select ${ENTRY} from attendance_entry where session_id = $1 and batch = $2 order by id`,
    values: [sessionId, batch],
    rowMode: 'array',
  });
  return rows.map(entryOf);
}

/** Every entry of a session in the order of its chain, some at a time. */
export async function* readEntries(client: pg.PoolClient, sessionId: string): AsyncGenerator<EntryRow[]> {
  await client.query(
    `declare chained_entry no scroll cursor for
     select ${ENTRY} from attendance_entry where session_id = $1 order by batch, id`,
    [sessionId],
  );
  for (;;) {
    const { rows } = await client.query<EntryColumns>({
      text: `fetch ${SLICE} from chained_entry`,
      rowMode: 'array',
    });
    if (rows.length > 0) yield rows.map(entryOf);
    if (rows.length < SLICE) return;
  }
}

type EntryColumns = [
  ...[number, number, string, string, string | null, number | null],
  ...[number, number, number, number, boolean, number],
  ...[number | null, string | null, string | null, string | null],
  ...[string | null, ChainedCorrection['effect'] | null, string | null, string | null],
];

function entryOf(row: EntryColumns): EntryRow {
  const [id, batch, personId, kind, connId, seq, claimedFrom, claimedTo, from, to, hidden, receivedAt, ...rest] = row;
  const [deltaMs, actorId, reason, checkId, correctionId, effect, evidence, withdraws] = rest;
  return {
    ...{ id, batch, personId, kind, connId, seq, claimedFrom, claimedTo, from, to, hidden, receivedAt },
    ...{ deltaMs, actorId, reason, checkId },
    correction: correctionId === null || effect === null ? null : { id: correctionId, effect, evidence, withdraws },
  };
}

/** Credited milliseconds as they are kept, by person; null of those whose record is being removed. */
export async function readCredit(client: pg.PoolClient, sessionId: string): Promise<Map<string, number | null>> {
  const { rows } = await client.query<{ personId: string; creditedMs: number | null }>(
    `select person_id as "personId", case when not removing then credited_ms end as "creditedMs"
     from attendee where session_id = $1 order by person_id`,
    [sessionId],
  );
  return new Map(rows.map(({ personId, creditedMs }) => [personId, creditedMs]));
}

/** Entries that were removed by rule, as the removals say. */
export async function readRemoved(client: pg.PoolClient, sessionId: string): Promise<number> {
  const { rows } = await client.query<{ entries: number }>(
    'select coalesce(sum(entries), 0)::int as entries from record_removal where session_id = $1',
    [sessionId],
  );
  return rows[0]?.entries ?? 0;
}

/** Who these people are: in the session, or now. */
export async function readNames(
  client: pg.PoolClient | pg.Pool,
  sessionId: string,
  personIds: string[],
): Promise<Map<string, { personName: string; unitName: string }>> {
  const { rows } = await client.query<{ personId: string; personName: string; unitName: string }>(
    `select person.id as "personId", person.name as "personName", unit.name as "unitName"
     from person left join attendee on attendee.person_id = person.id and attendee.session_id = $1
       join unit on unit.id = coalesce(attendee.unit_id, person.unit_id)
     where person.id = any ($2::uuid[])`,
    [sessionId, personIds],
  );
  return new Map(rows.map(({ personId, ...names }) => [personId, names]));
}
