import { newId } from '../../ids.ts';
import type { Sealing } from '../../sealing.ts';
import { newJoinCode } from '../secrets.ts';
import { checkUnitRow, problemAt, UNIT_COLUMNS, type UnitKey, type UnitRow } from './columns.ts';
import type { Problem, ProblemCode } from './messages.ts';
import type { NewUnit, StoredUnit, UnitFields } from './store.ts';
import type { Table } from './workbook.ts';

export interface Plan<T> {
  inserts: T[];
  updates: T[];
  unchanged: number;
  problems: Problem[];
}

/**
 * What a sheet of units comes to. A unit is found by its credit code, else by area and name; an empty cell leaves what
 * is stored.
 */
export function planUnits(
  table: Table<UnitKey>,
  areas: { id: string; name: string }[],
  stored: StoredUnit[],
  sealing: Sealing,
): Plan<NewUnit> {
  const plan: Plan<NewUnit> = { inserts: [], updates: [], unchanged: 0, problems: [] };
  const areaIds = new Map(areas.map((area) => [area.name, area.id]));
  const byCode = new Map(stored.flatMap((unit) => (unit.credit_code ? [[unit.credit_code, unit] as const] : [])));
  const byName = new Map(stored.map((unit) => [`${unit.area_id} ${unit.name}`, unit]));
  const codesSeen = new Map<string, number>();
  const namesSeen = new Map<string, number>();

  for (const row of table.rows) {
    const input = checkUnitRow(row, table, plan.problems);
    if (!input) continue;
    const report = (key: UnitKey, code: ProblemCode, params?: Problem['params']) =>
      plan.problems.push(problemAt(row, key, UNIT_COLUMNS, table, code, row.cells[key]?.text ?? '', params));
    const areaId = areaIds.get(input.area);
    if (!areaId) {
      report('area', 'unknown-area');
      continue;
    }
    const nameKey = `${areaId} ${input.name}`;
    const sameCode = input.creditCode && codesSeen.get(input.creditCode);
    const sameName = namesSeen.get(nameKey);
    if (input.creditCode) codesSeen.set(input.creditCode, row.row);
    namesSeen.set(nameKey, row.row);
    if (sameCode) report('creditCode', 'repeated-in-sheet', { row: sameCode });
    if (sameName) report('name', 'repeated-in-sheet', { row: sameName });
    if (sameCode || sameName) continue;

    const named = byName.get(nameKey);
    const unit = (input.creditCode && byCode.get(input.creditCode)) || named;
    const closed = [unit, named].find((found) => found?.closed);
    if (closed) {
      report(closed === named ? 'name' : 'creditCode', 'closed-unit', { name: closed.name });
      continue;
    }
    if (
      named &&
      (unit !== named || (input.creditCode && named.credit_code && named.credit_code !== input.creditCode))
    ) {
      report('name', 'name-taken');
      continue;
    }
    if (!unit) plan.inserts.push(merged(blankUnit(newId()), input, areaId, sealing));
    else if (differs(unit, input, areaId, sealing)) plan.updates.push(merged(unit, input, areaId, sealing));
    else plan.unchanged++;
  }
  return plan;
}

function blankUnit(id: string): UnitFields {
  return {
    id,
    kind: 'enterprise',
    name: '',
    credit_code: null,
    area_id: '',
    industry: null,
    high_risk: false,
    address: null,
    contact_name: null,
  };
}

function merged(unit: UnitFields, input: UnitRow, areaId: string, sealing: Sealing): NewUnit {
  const phone = input.contactPhone;
  return {
    id: unit.id,
    kind: input.kind ?? unit.kind,
    name: input.name,
    credit_code: input.creditCode ?? unit.credit_code,
    area_id: areaId,
    industry: input.industry ?? unit.industry,
    high_risk: input.highRisk ?? unit.high_risk,
    address: input.address ?? unit.address,
    contact_name: input.contactName ?? unit.contact_name,
    contact_cipher: phone ? Buffer.from(sealing.seal(phone)).toString('hex') : null,
    contact_last4: phone ? phone.slice(-4) : null,
    join_code: newJoinCode(),
  };
}

function differs(unit: StoredUnit, input: UnitRow, areaId: string, sealing: Sealing): boolean {
  const after = merged(unit, { ...input, contactPhone: undefined }, areaId, sealing);
  const fields = [
    'kind',
    'name',
    'credit_code',
    'area_id',
    'industry',
    'high_risk',
    'address',
    'contact_name',
  ] as const;
  if (fields.some((field) => unit[field] !== after[field])) return true;
  if (input.contactPhone === undefined) return false;
  try {
    return !unit.contact_cipher || sealing.unseal(unit.contact_cipher) !== input.contactPhone;
  } catch {
    // Sealed with a key that is gone: the sheet brings the number back.
    return true;
  }
}
