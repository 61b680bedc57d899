import type pg from 'pg';
import type { PersonCategory, UnitKind } from '#contract/organisations.ts';
import type { Actor } from '../audit.ts';
import { newId } from '../ids.ts';
import type { Sealing } from '../sealing.ts';
import type { PersonForLogin } from './joining.ts';
import { normaliseJoinCode } from './secrets.ts';

/** Somebody who comes by their unit's code. */
export interface Joining {
  /** As people type it. */
  joinCode: string;
  name: string;
  /** 11 plain digits. */
  phone: string;
  category?: PersonCategory | undefined;
  actor: Actor;
}

/** The code opens no unit (any more), the phone is somebody else's, or the unit has refused the person. */
export type NotJoined = 'unknown-join-code' | 'name-phone-mismatch' | 'person-refused';

type Joined = PersonForLogin | NotJoined;

interface Found {
  unitId: string | null;
  unitName: string;
  unitKind: UnitKind;
  personId: string | null;
  name: string;
  category: PersonCategory;
  verification: PersonForLogin['verification'];
  left: boolean;
}

/**
 * Who these people are on their units' rosters, as one transaction of the caller's; somebody new is put there, 未核实 until the unit confirms
 * them, and so is again who had left. One result each, in their order.
 */
export async function joinPeople(
  client: pg.PoolClient,
  sealing: Sealing,
  joinings: Joining[],
  now: number,
): Promise<Joined[]> {
  const hashes = joinings.map(({ phone }) => Buffer.from(sealing.phoneHash(phone)));
  const found = await find(client, joinings, hashes);
  const results: (Joined | undefined)[] = [];
  const made = new Map<string, Newcomer>();
  const back = new Map<string, Returned>();
  const handedOn: string[] = [];
  joinings.forEach((joining, n) => {
    const row = found[n] as Found;
    const { unitId, unitName } = row;
    if (unitId === null) {
      results[n] = 'unknown-join-code';
      return;
    }
    const key = `${unitId} ${hashes[n]?.toString('hex')}`;
    // Tapped twice.
    const twin = made.get(key);
    if (twin) {
      results[n] = twin.person.name === joining.name ? twin.person : 'name-phone-mismatch';
      return;
    }
    const mine = row.personId !== null && row.name === joining.name;
    if (row.personId !== null && !row.left && !mine) results[n] = 'name-phone-mismatch';
    else if (mine && row.verification === 'refused') results[n] = 'person-refused';
    else if (mine && row.personId !== null) {
      const person = { personId: row.personId, name: row.name, unitId, unitName, category: row.category };
      results[n] = { ...person, verification: row.left ? 'unverified' : row.verification };
      // The same person with the same record, to be confirmed anew.
      if (row.left) back.set(row.personId, { personId: row.personId, unitId, actor: joining.actor });
    } else {
      // The number has changed hands.
      if (row.personId !== null) handedOn.push(row.personId);
      const category = joining.category ?? usualCategory(row.unitKind);
      const person = {
        personId: newId(),
        name: joining.name,
        unitId,
        unitName,
        category,
        verification: 'unverified' as const,
      };
      made.set(key, { person, joining });
      results[n] = person;
    }
  });

  if (handedOn.length > 0) await handOn(client, handedOn, now);
  const returned = await takeBack(client, [...back.keys()], now);
  const taken = await takeIn(client, sealing, [...made.values()], now);
  await note(
    client,
    'person:rejoin',
    [...back.values()].filter(({ personId }) => returned.has(personId)),
    now,
  );
  const newcomers = [...made.values()].filter(({ person }) => taken.has(person.personId));
  await note(
    client,
    'person:join',
    newcomers.map(({ person, joining }) => ({ ...person, actor: joining.actor })),
    now,
  );
  if (newcomers.length === made.size) return results as Joined[];

  // Another worker has taken the rest in just now: there they are found.
  const elsewhere = new Set<unknown>(
    [...made.values()].map(({ person }) => person).filter(({ personId }) => !taken.has(personId)),
  );
  const rest = results.flatMap((result, n) => (elsewhere.has(result) ? [n] : []));
  const second = await joinPeople(
    client,
    sealing,
    rest.map((n) => joinings[n] as Joining),
    now,
  );
  rest.forEach((n, k) => {
    results[n] = second[k];
  });
  return results as Joined[];
}

interface Newcomer {
  person: PersonForLogin;
  joining: Joining;
}

interface Returned {
  personId: string;
  unitId: string;
  actor: Actor;
}

async function find(client: pg.PoolClient, joinings: Joining[], hashes: Buffer[]): Promise<Found[]> {
  const { rows } = await client.query<Found>(
    `select unit.id as "unitId", unit.name as "unitName", unit.kind as "unitKind", person.id as "personId",
       person.name, person.category, person.verification, person.left_at is not null as left
     from unnest($1::text[], $2::bytea[]) with ordinality as asked (code, phone_hash, n)
     left join unit on unit.join_code = asked.code and unit.closed_at is null
     left join person on person.unit_id = unit.id and person.phone_hash = asked.phone_hash
     order by asked.n`,
    [joinings.map(({ joinCode }) => normaliseJoinCode(joinCode)), hashes],
  );
  return rows;
}

async function handOn(client: pg.PoolClient, personIds: string[], now: number): Promise<void> {
  await client.query(
    'update person set phone_hash = null, updated_at = $2 where id = any ($1::uuid[]) and left_at is not null',
    [personIds, new Date(now)],
  );
}

/** @returns who was gone and is back; the others came back by another hand */
async function takeBack(client: pg.PoolClient, personIds: string[], now: number): Promise<Set<string>> {
  if (personIds.length === 0) return new Set();
  const { rows } = await client.query<{ id: string }>(
    `update person set left_at = null, verification = 'unverified', updated_at = $2
     where id = any ($1::uuid[]) and left_at is not null returning id`,
    [personIds, new Date(now)],
  );
  return new Set(rows.map((row) => row.id));
}

/** @returns who was put on a roster; the others are there already, by another hand */
async function takeIn(
  client: pg.PoolClient,
  sealing: Sealing,
  newcomers: Newcomer[],
  now: number,
): Promise<Set<string>> {
  if (newcomers.length === 0) return new Set();
  const phones = newcomers.map(({ joining }) => sealing.phone(joining.phone));
  const { rows } = await client.query<{ id: string }>(
    `insert into person (id, unit_id, name, category, verification, phone_hash, phone_cipher, phone_last4, created_at, updated_at)
     select id, unit_id, name, category::person_category, 'unverified', phone_hash, phone_cipher, phone_last4, $8, $8
     from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::bytea[], $6::bytea[], $7::text[])
       as new (id, unit_id, name, category, phone_hash, phone_cipher, phone_last4)
     -- In one order everywhere: two workers with the same people must not wait for each other.
     order by unit_id, phone_hash
     on conflict (unit_id, phone_hash) do nothing returning id`,
    [
      newcomers.map(({ person }) => person.personId),
      newcomers.map(({ person }) => person.unitId),
      newcomers.map(({ person }) => person.name),
      newcomers.map(({ person }) => person.category),
      phones.map(({ phoneHash }) => Buffer.from(phoneHash)),
      phones.map(({ phoneCipher }) => Buffer.from(phoneCipher)),
      phones.map(({ phoneLast4 }) => phoneLast4),
      new Date(now),
    ],
  );
  return new Set(rows.map((row) => row.id));
}

async function note(client: pg.PoolClient, action: string, people: Returned[], now: number): Promise<void> {
  if (people.length === 0) return;
  await client.query(
    `insert into audit_entry (at, action, account_id, person_id, request_id, subject, subject_id, detail)
     select $1, $2, account_id, person_id, request_id, 'person', subject_id, jsonb_build_object('unitId', unit_id)
     from unnest($3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[])
       as entry (account_id, person_id, request_id, subject_id, unit_id)`,
    [
      new Date(now),
      action,
      people.map(({ actor }) => actor.accountId),
      people.map(({ actor }) => actor.personId),
      people.map(({ actor }) => actor.requestId),
      people.map(({ personId }) => personId),
      people.map(({ unitId }) => unitId),
    ],
  );
}

/** What most people of a unit are, when they don't say. */
function usualCategory(kind: UnitKind): PersonCategory {
  return kind === 'enterprise' ? 'worker' : 'official';
}
