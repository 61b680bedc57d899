import { expect, test } from 'vitest';
import { assemble, type Cell } from '#server/reports/counts.ts';

function cell(changes: Partial<Cell>): Cell {
  return {
    unitId: 'u1',
    unitName: '东湖机械',
    creditCode: null,
    areaId: 'a1',
    areaName: '东湖街道',
    areaPosition: 1,
    unitKind: 'enterprise',
    industry: 'machinery',
    highRisk: false,
    category: 'worker',
    due: 0,
    present: 0,
    people: 0,
    attendances: 0,
    attendancesReplay: 0,
    attendancesVenue: 0,
    creditedSeconds: 0,
    complete: 0,
    paperSubmitted: 0,
    paperPassed: 0,
    ...changes,
  };
}

test('without anybody there is no rate and no group', () => {
  const { totals, ...groups } = assemble([], []);
  expect(totals).toMatchObject({ due: 0, present: 0, rate: null, unitsDue: 0, devices: 0 });
  expect(Object.values(groups).flat()).toEqual([]);
});

test('a unit is counted once however many categories its people have', () => {
  const { totals, byCategory } = assemble(
    [cell({ category: 'worker', due: 5 }), cell({ category: 'principal', due: 1, people: 1, present: 1 })],
    [],
  );
  expect(totals).toMatchObject({ unitsDue: 1, unitsPresent: 1, due: 6, present: 1 });
  expect(byCategory.map((group) => [group.category, group.unitsDue, group.unitsPresent])).toEqual([
    ['principal', 1, 1],
    ['worker', 1, 0],
  ]);
});

test('units of whom nobody was due are not attending units; their people stand apart', () => {
  const { totals } = assemble([cell({ unitId: 'u2', people: 3, attendances: 3 }), cell({ due: 2 })], []);
  expect(totals).toMatchObject({ unitsDue: 1, unitsPresent: 0, present: 0, presentNotDue: 3, people: 3, rate: 0 });
});

test('devices are as counted for each group, and none where none played', () => {
  const figures = assemble(
    [cell({ due: 1 }), cell({ unitId: 'u2', industry: null, due: 1 })],
    [
      { by: 'total', key: null, devices: 3 },
      { by: 'industry', key: null, devices: 2 },
      { by: 'unit', key: 'u1', devices: 2 },
    ],
  );
  expect(figures.totals.devices).toBe(3);
  expect(figures.byIndustry.map((group) => [group.industry, group.devices])).toEqual([
    ['machinery', 0],
    [null, 2],
  ]);
  expect(figures.units.map((unit) => [unit.unitId, unit.devices])).toEqual([
    ['u1', 2],
    ['u2', 0],
  ]);
});

test('areas stand as the bureau ordered them, units by area and name', () => {
  const { byArea, units } = assemble(
    [
      cell({ unitId: 'u1', unitName: '乙', areaId: 'a2', areaName: '甲街道', areaPosition: 2 }),
      cell({ unitId: 'u2', unitName: '乙' }),
      cell({ unitId: 'u3', unitName: '甲' }),
    ],
    [],
  );
  expect(byArea.map((area) => area.areaName)).toEqual(['东湖街道', '甲街道']);
  expect(units.map((unit) => unit.unitId)).toEqual(['u3', 'u2', 'u1']);
});
