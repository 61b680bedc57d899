import type { PersonCategory, UnitKind, Verification } from '#contract/organisations.ts';
import { batchesOf } from '../../batches.ts';
import type { Db, Tx } from '../../db.ts';

/*
 * Reading and writing whole sheets. Rows travel as one JSON parameter per statement: 40,000 people are written within
 * seconds, where Prisma's createMany needs several times as long.
 */

export interface StoredUnit {
  id: string;
  kind: UnitKind;
  name: string;
  credit_code: string | null;
  area_id: string;
  industry: string | null;
  high_risk: boolean;
  address: string | null;
  contact_name: string | null;
  contact_cipher: Uint8Array | null;
  closed: boolean;
}

/** What a row of a sheet can say of a unit, but for the contact's number. */
export type UnitFields = Omit<StoredUnit, 'contact_cipher' | 'closed'>;

export interface NewUnit extends UnitFields {
  /** Hex; null leaves what is stored. */
  contact_cipher: string | null;
  contact_last4: string | null;
  join_code: string;
}

export interface StoredPerson {
  id: string;
  unit_id: string;
  name: string;
  category: PersonCategory;
  position: string | null;
  /** Hex. */
  phone_hash: string | null;
  verification: Verification;
  gone: boolean;
}

export interface NewPerson {
  id: string;
  unit_id: string;
  name: string;
  category: PersonCategory;
  position: string | null;
  /** Hex; null leaves what is stored. */
  phone_hash: string | null;
  phone_cipher: string | null;
  phone_last4: string | null;
}

const ROWS_PER_STATEMENT = 5_000;

/** One import at a time, so that two of the same sheet don't race each other row by row. */
export async function lockImports(tx: Tx): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('anke import'))`;
}

export function storedUnits(tx: Tx): Promise<StoredUnit[]> {
  return tx.$queryRaw<StoredUnit[]>`
    select id::text, kind::text, name, credit_code, area_id::text, industry, high_risk, address, contact_name,
      contact_cipher, closed_at is not null as closed
    from unit`;
}

/** Everybody who is or was on the roster of these units. */
export function peopleOf(tx: Tx, unitIds: string[]): Promise<StoredPerson[]> {
  return tx.$queryRaw<StoredPerson[]>`
    select id::text, unit_id::text, name, category::text, position, encode(phone_hash, 'hex') as phone_hash,
      verification::text, left_at is not null as gone
    from person where unit_id = any (${unitIds}::uuid[])`;
}

const UNIT_RECORD = `jsonb_to_recordset($1::jsonb) as r (id uuid, kind unit_kind, name text, credit_code text, area_id uuid,
  industry text, high_risk boolean, address text, contact_name text, contact_cipher text, contact_last4 text, join_code text)`;

export async function insertUnits(tx: Tx, units: NewUnit[], at: number): Promise<void> {
  await inChunks(units, (json) =>
    tx.$executeRawUnsafe(
      `insert into unit (id, kind, name, credit_code, area_id, industry, high_risk, address, contact_name,
         contact_cipher, contact_last4, join_code, created_at, updated_at)
       select id, kind, name, credit_code, area_id, industry, high_risk, address, contact_name,
         decode(contact_cipher, 'hex'), contact_last4, join_code, $2::timestamptz, $2::timestamptz
       from ${UNIT_RECORD}`,
      json,
      new Date(at),
    ),
  );
}

export async function updateUnits(tx: Tx, units: NewUnit[], at: number): Promise<void> {
  await inChunks(units, (json) =>
    tx.$executeRawUnsafe(
      `update unit set kind = r.kind, name = r.name, credit_code = r.credit_code, area_id = r.area_id,
         industry = r.industry, high_risk = r.high_risk, address = r.address, contact_name = r.contact_name,
         contact_cipher = coalesce(decode(r.contact_cipher, 'hex'), unit.contact_cipher),
         contact_last4 = coalesce(r.contact_last4, unit.contact_last4), updated_at = $2::timestamptz
       from ${UNIT_RECORD} where unit.id = r.id`,
      json,
      new Date(at),
    ),
  );
}

const PERSON_RECORD = `jsonb_to_recordset($1::jsonb) as r (id uuid, unit_id uuid, name text, category person_category,
  position text, phone_hash text, phone_cipher text, phone_last4 text)`;

export async function insertPeople(tx: Tx, people: NewPerson[], at: number): Promise<void> {
  await inChunks(people, (json) =>
    tx.$executeRawUnsafe(
      `insert into person (id, unit_id, name, category, position, phone_hash, phone_cipher, phone_last4,
         verification, verified_at, created_at, updated_at)
       select id, unit_id, name, category, position, decode(phone_hash, 'hex'), decode(phone_cipher, 'hex'), phone_last4,
         'verified', $2::timestamptz, $2::timestamptz, $2::timestamptz
       from ${PERSON_RECORD}`,
      json,
      new Date(at),
    ),
  );
}

/** Being in the sheet confirms a person and brings one back who had left. */
export async function updatePeople(tx: Tx, people: NewPerson[], at: number): Promise<void> {
  await inChunks(people, (json) =>
    tx.$executeRawUnsafe(
      `update person set name = r.name, category = r.category, position = r.position,
         phone_hash = coalesce(decode(r.phone_hash, 'hex'), person.phone_hash),
         phone_cipher = coalesce(decode(r.phone_cipher, 'hex'), person.phone_cipher),
         phone_last4 = coalesce(r.phone_last4, person.phone_last4),
         verified_at = case when person.verification = 'verified' then person.verified_at else $2::timestamptz end,
         verification = 'verified', left_at = null, erasure_asked_at = null,
         updated_at = $2::timestamptz
       from ${PERSON_RECORD} where person.id = r.id`,
      json,
      new Date(at),
    ),
  );
}

/** People who left and whose number now belongs to somebody else. */
export async function releasePhones(tx: Tx, personIds: string[]): Promise<void> {
  if (personIds.length > 0) {
    await tx.$executeRaw`update person set phone_hash = null where id = any (${personIds}::uuid[])`;
  }
}

/**
 * After a big write: until autovacuum comes by, the planner takes the tables for small, and counting who is invited
 * takes seconds instead of 50 ms.
 */
export async function refreshStatistics({ pool }: Db): Promise<void> {
  await pool.query('analyze unit, person');
}

async function inChunks(rows: object[], write: (json: string) => Promise<unknown>): Promise<void> {
  for (const some of batchesOf(rows, ROWS_PER_STATEMENT)) await write(JSON.stringify(some));
}
