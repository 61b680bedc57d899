import type pg from 'pg';
import type { Stay } from './screen-credit.ts';

/* The SQL of shared screens. All of it runs inside a transaction that holds the head of the session's chain (store.ts). */

export type ScreenWay = 'code' | 'convenor' | 'end';

export interface ScreenRow {
  id: string;
  numbered: number;
  closed: boolean;
}

/** Screens of one session, by their id. */
export async function screens(
  client: pg.PoolClient,
  sessionId: string,
  ids: string[],
): Promise<Map<string, ScreenRow>> {
  const { rows } = await client.query<ScreenRow>(
    `select id, numbered, closed_at is not null as closed from screen where session_id = $1 and id = any($2::uuid[])`,
    [sessionId, ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
}

export async function noteNumbers(client: pg.PoolClient, rows: ScreenRow[]): Promise<void> {
  await client.query(
    `update screen set numbered = n.numbered from unnest($1::uuid[], $2::int[]) as n (id, numbered) where screen.id = n.id`,
    [rows.map(({ id }) => id), rows.map(({ numbered }) => numbered)],
  );
}

export interface SignInRow extends Stay {
  id: string;
  screenId: string;
  personId: string;
  ticketId: string | null;
}

const SIGN_IN = `id, screen_id as "screenId", person_id as "personId", ticket_id as "ticketId",
  (extract(epoch from signed_in_at) * 1000)::bigint as "signedInAt",
  (extract(epoch from signed_out_at) * 1000)::bigint as "signedOutAt"`;

/** Everybody who has signed in to these screens. */
export async function signIns(client: pg.PoolClient, screenIds: string[]): Promise<SignInRow[]> {
  const { rows } = await client.query<SignInRow>(
    `select ${SIGN_IN} from screen_sign_in where screen_id = any($1::uuid[])`,
    [screenIds],
  );
  return rows;
}

/** Those of these people who are signed in to the screens now, and whoever was signed in with one of these tickets. */
export async function standing(
  client: pg.PoolClient,
  screenIds: string[],
  personIds: string[],
  ticketIds: string[],
): Promise<SignInRow[]> {
  const { rows } = await client.query<SignInRow>(
    `select ${SIGN_IN} from screen_sign_in
     where (screen_id = any($1::uuid[]) and person_id = any($2::uuid[]) and signed_out_at is null)
       or ticket_id = any($3::uuid[])`,
    [screenIds, personIds, ticketIds],
  );
  return rows;
}

export interface NewSignIn extends SignInRow {
  way: ScreenWay;
  deviceId: string | null;
  added: boolean;
}

export async function insertSignIns(client: pg.PoolClient, rows: NewSignIn[]): Promise<void> {
  await client.query(
    `insert into screen_sign_in (id, screen_id, person_id, signed_in_at, way, device_id, ticket_id, added)
     select id, screen_id, person_id, signed_in_at, way::screen_way, device_id, ticket_id, added
     from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::uuid[], $7::uuid[], $8::bool[])
       as n (id, screen_id, person_id, signed_in_at, way, device_id, ticket_id, added)`,
    [
      rows.map((row) => row.id),
      rows.map((row) => row.screenId),
      rows.map((row) => row.personId),
      rows.map((row) => new Date(row.signedInAt)),
      rows.map((row) => row.way),
      rows.map((row) => row.deviceId),
      rows.map((row) => row.ticketId),
      rows.map((row) => row.added),
    ],
  );
}

export async function signOut(client: pg.PoolClient, id: string, way: ScreenWay, at: number): Promise<void> {
  await client.query('update screen_sign_in set signed_out_at = $3, out_way = $2::screen_way where id = $1', [
    id,
    way,
    new Date(at),
  ]);
}

/** Which of these beats are stored already, as `connId:seq`. */
export async function storedSpans(
  client: pg.PoolClient,
  keys: { connId: string; seq: number }[],
): Promise<Set<string>> {
  const { rows } = await client.query<{ key: string }>(
    `select k.conn_id || ':' || k.seq as key from unnest($1::uuid[], $2::int[]) as k (conn_id, seq)
     where exists (select 1 from screen_span where conn_id = k.conn_id and seq = k.seq offset 0)`,
    [keys.map((key) => key.connId), keys.map((key) => key.seq)],
  );
  return new Set(rows.map((row) => row.key));
}

export interface ScreenSpanRow {
  screenId: string;
  number: number;
  connId: string;
  seq: number;
  claimedFrom: number;
  claimedTo: number;
  from: number;
  to: number;
  hidden: boolean;
  receivedAt: number;
}

export async function insertSpans(client: pg.PoolClient, rows: ScreenSpanRow[]): Promise<void> {
  await client.query(
    `insert into screen_span (screen_id, number, conn_id, seq, claimed_from, claimed_to, "from", "to", hidden, received_at)
     select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::int[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
       $9::bool[], $10::timestamptz[])`,
    [
      rows.map((row) => row.screenId),
      rows.map((row) => row.number),
      rows.map((row) => row.connId),
      rows.map((row) => row.seq),
      rows.map((row) => row.claimedFrom),
      rows.map((row) => row.claimedTo),
      rows.map((row) => row.from),
      rows.map((row) => row.to),
      rows.map((row) => row.hidden),
      rows.map((row) => new Date(row.receivedAt)),
    ],
  );
}

/** A connection of a screen's page is a device of its own kind. */
export async function markAsScreens(client: pg.PoolClient, connIds: string[]): Promise<void> {
  await client.query(`update connection set kind = 'screen' where id = any($1::uuid[]) and kind <> 'screen'`, [
    connIds,
  ]);
}

export async function close(client: pg.PoolClient, screenIds: string[], at: number): Promise<void> {
  await client.query('update screen set closed_at = $2 where id = any($1::uuid[])', [screenIds, new Date(at)]);
}
