import { setImmediate } from 'node:timers/promises';
import { newId } from '../../ids.ts';
import type { Sealing } from '../../sealing.ts';
import { checkPersonRow, PERSON_COLUMNS, type PersonKey, type PersonRow, problemAt } from './columns.ts';
import type { Problem, ProblemCode } from './messages.ts';
import type { NewPerson, StoredPerson } from './store.ts';
import type { Plan } from './units.ts';
import type { Table } from './workbook.ts';

/** A unit that the importer may see. */
export interface KnownUnit {
  id: string;
  name: string;
  creditCode: string | null;
  closedAt: Date | null;
}

export interface PlacedRow extends PersonRow {
  unitId: string;
}

export interface PeoplePlan extends Plan<NewPerson> {
  /** People who left and whose number now belongs to somebody else. */
  released: string[];
}

/** Sealing 40,000 numbers takes a second: sockets of this worker get their turn in between. */
const ROWS_PER_TURN = 1_000;

/** Checks the rows and finds each one's unit. Of an importer with a single unit, rows needn't name it. */
export function placeRows(table: Table<PersonKey>, units: KnownUnit[], problems: Problem[]): PlacedRow[] {
  const find = unitFinder(units);
  const placed: PlacedRow[] = [];
  for (const row of table.rows) {
    const input = checkPersonRow(row, table, problems);
    if (!input) continue;
    const { key, unit, problem } = find(input);
    const report = (code: ProblemCode, params?: Problem['params']) =>
      problems.push(problemAt(row, key, PERSON_COLUMNS, table, code, row.cells[key]?.text ?? '', params));
    if (!unit) report(problem);
    else if (unit.closedAt) report('closed-unit', { name: unit.name });
    else placed.push({ ...input, unitId: unit.id });
  }
  return placed;
}

/** `key`: the column that decided. */
type Found =
  | { key: PersonKey; unit: KnownUnit; problem?: never }
  | { key: PersonKey; unit?: never; problem: ProblemCode };

/** Of units with one name those that are open come first: a closed one is found when there is no other. */
function unitFinder(units: KnownUnit[]): (row: PersonRow) => Found {
  const byCode = new Map(units.flatMap((unit) => (unit.creditCode ? [[unit.creditCode, unit] as const] : [])));
  const byName = grouped(units, (unit) => unit.name);
  const ofImporter = openFirst(units);

  return ({ creditCode, unit: name }) => {
    if (creditCode !== undefined) {
      const unit = byCode.get(creditCode);
      if (!unit) return { key: 'creditCode', problem: 'unknown-unit' };
      if (name !== undefined && name !== unit.name) return { key: 'unit', problem: 'unit-mismatch' };
      return { key: 'creditCode', unit };
    }
    const [unit, another] = name === undefined ? ofImporter : openFirst(byName.get(name) ?? []);
    if (unit && !another) return { key: 'unit', unit };
    if (name === undefined) return { key: 'unit', problem: 'required' };
    return { key: 'unit', problem: unit ? 'ambiguous-unit' : 'unknown-unit' };
  };
}

/** The open ones; all, when none is open. */
function openFirst(units: KnownUnit[]): KnownUnit[] {
  const open = units.filter((unit) => !unit.closedAt);
  return open.length > 0 ? open : units;
}

/**
 * What placed rows come to. A person is found by unit and phone; without one stored or given, by unit and name. An empty
 * cell leaves what is stored.
 */
export async function planPeople(
  rows: PlacedRow[],
  table: Table<PersonKey>,
  stored: StoredPerson[],
  sealing: Sealing,
): Promise<PeoplePlan> {
  const plan: PeoplePlan = { inserts: [], updates: [], unchanged: 0, problems: [], released: [] };
  const byPhone = new Map<string, StoredPerson>(
    stored.flatMap((person) =>
      person.phone_hash ? [[`${person.unit_id} ${person.phone_hash}`, person] as const] : [],
    ),
  );
  const present = stored.filter((person) => !person.gone);
  const byName = grouped(present, (person) => `${person.unit_id} ${person.name}`);
  const rowsByName = grouped(rows, (row) => `${row.unitId} ${row.name}`);
  const phonesSeen = new Map<string, number>();
  const taken = new Set<string>();

  for (const [index, row] of rows.entries()) {
    if (index % ROWS_PER_TURN === 0) await setImmediate();
    const report = (key: PersonKey, code: ProblemCode, params?: Problem['params']) =>
      plan.problems.push(
        problemAt(row, key, PERSON_COLUMNS, table, code, (key === 'phone' ? row.phone : row.name) ?? '', params),
      );
    const nameKey = `${row.unitId} ${row.name}`;
    const hash = row.phone === undefined ? null : Buffer.from(sealing.phoneHash(row.phone)).toString('hex');
    const phoneKey = hash && `${row.unitId} ${hash}`;

    const namesakes = rowsByName.get(nameKey) ?? [];
    const earlier = namesakes.find((other) => other.row < row.row && (!other.phone || !row.phone));
    const samePhone = phoneKey ? phonesSeen.get(phoneKey) : undefined;
    if (phoneKey) phonesSeen.set(phoneKey, row.row);
    if (samePhone !== undefined) {
      report('phone', 'repeated-in-sheet', { row: samePhone });
      continue;
    }
    if (earlier) {
      report('name', 'repeated-in-sheet', { row: earlier.row });
      continue;
    }

    const candidates = (byName.get(nameKey) ?? []).filter((person) => hash === null || person.phone_hash === null);
    let person = phoneKey ? byPhone.get(phoneKey) : undefined;
    if (person?.gone && person.name !== row.name) {
      plan.released.push(person.id);
      person = undefined;
    }
    if (!person) {
      if (candidates.length > 1) {
        report('name', 'ambiguous-name');
        continue;
      }
      person = candidates.find((candidate) => !taken.has(candidate.id));
    }
    if (person) taken.add(person.id);
    if (person && isUnchanged(person, row, hash)) plan.unchanged++;
    else if (person) plan.updates.push(merged(person, row, hash, sealing));
    else plan.inserts.push(merged({ id: newId(), position: null, phone_hash: null }, row, hash, sealing));
  }
  return plan;
}

function isUnchanged(person: StoredPerson, row: PlacedRow, hash: string | null): boolean {
  return (
    !person.gone &&
    person.verification === 'verified' &&
    person.name === row.name &&
    person.category === row.category &&
    (row.position === undefined || row.position === person.position) &&
    (hash === null || hash === person.phone_hash)
  );
}

function merged(
  person: Pick<StoredPerson, 'id' | 'position' | 'phone_hash'>,
  row: PlacedRow,
  hash: string | null,
  sealing: Sealing,
): NewPerson {
  const newPhone = hash !== null && hash !== person.phone_hash ? row.phone : undefined;
  return {
    id: person.id,
    unit_id: row.unitId,
    name: row.name,
    category: row.category,
    position: row.position ?? person.position,
    phone_hash: newPhone ? hash : null,
    phone_cipher: newPhone ? Buffer.from(sealing.seal(newPhone)).toString('hex') : null,
    phone_last4: newPhone ? newPhone.slice(-4) : null,
  };
}

function grouped<T>(items: T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
