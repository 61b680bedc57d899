import { Industry, PersonCategory, UnitKind } from '#contract/organisations.ts';
import type { Counts, Report, UnitCounts } from '#contract/reports.ts';

/**
 * People of one unit and category, counted. Everybody is in exactly one cell, so sums over cells are sums over people; in a
 * course report they stand where they stood in the last session that knows them.
 *
 * A person *attends* a session (one 人次) when at least the course's attendance seconds are credited to them there.
 */
export interface Cell {
  unitId: string;
  unitName: string;
  creditCode: string | null;
  areaId: string;
  areaName: string;
  areaPosition: number;
  unitKind: UnitKind;
  industry: Industry | null;
  highRisk: boolean;
  category: PersonCategory;
  /** 应到: due in one of the sessions. */
  due: number;
  /** 实到: due, and attending one of the sessions. */
  present: number;
  /** 人数: attending one of the sessions, due or not. */
  people: number;
  /** 人次: person × session. */
  attendances: number;
  /** Of them, those in which the replay (补课) gave the most time, and those in which the venue (线下) did. */
  attendancesReplay: number;
  attendancesVenue: number;
  /** 有效时长, whole seconds of each person × session, including those too short for an attendance. */
  creditedSeconds: number;
  /** 达标: person × session with the credited length that completes it. */
  complete: number;
  /** 交卷人数: handed in a paper of one of the sessions. */
  paperSubmitted: number;
  /** 及格人数: passed one. */
  paperPassed: number;
}

/** 设备: distinct devices of a group. They are counted apart, since one may serve several people, units and categories. */
export interface DeviceCount {
  by: 'total' | 'unit' | 'area' | 'unit_kind' | 'industry' | 'category';
  /** Null for the total, and for units without an industry. */
  key: string | null;
  devices: number;
}

export type Figures = Pick<Report, 'totals' | 'byArea' | 'byUnitKind' | 'byIndustry' | 'byCategory' | 'units'>;

/** Makes totals and groups of what was counted. */
export function assemble(cells: readonly Cell[], devices: readonly DeviceCount[]): Figures {
  const played = new Map(devices.map((count) => [`${count.by}:${count.key}`, count.devices]));
  const counted = (by: DeviceCount['by'], key: string | null, group: readonly Cell[]) =>
    countsOf(group, played.get(`${by}:${key}`) ?? 0);

  const areas = [...grouped(cells, (cell) => cell.areaId).values()].sort(inOrder);
  const units = [...grouped(cells, (cell) => cell.unitId).values()].sort(inOrder);
  const byKind = grouped(cells, (cell) => cell.unitKind);
  const byIndustry = grouped(cells, (cell) => cell.industry);
  const byCategory = grouped(cells, (cell) => cell.category);
  return {
    totals: counted('total', null, cells),
    byArea: areas.map((group) => {
      const { areaId, areaName } = group[0];
      return { ...counted('area', areaId, group), areaId, areaName };
    }),
    byUnitKind: UnitKind.options.flatMap((unitKind) => {
      const group = byKind.get(unitKind);
      return group ? [{ ...counted('unit_kind', unitKind, group), unitKind }] : [];
    }),
    byIndustry: [...Industry.options, null].flatMap((industry) => {
      const group = byIndustry.get(industry);
      return group ? [{ ...counted('industry', industry, group), industry }] : [];
    }),
    byCategory: PersonCategory.options.flatMap((category) => {
      const group = byCategory.get(category);
      return group ? [{ ...counted('category', category, group), category }] : [];
    }),
    units: units.map((group) => unitCounts(group, counted('unit', group[0].unitId, group))),
  };
}

function countsOf(cells: readonly Cell[], devices: number): Counts {
  const units = [...grouped(cells, (cell) => cell.unitId).values()];
  const invited = units.filter((group) => group.some((cell) => cell.due > 0));
  const due = sum(cells, (cell) => cell.due);
  const present = sum(cells, (cell) => cell.present);
  const people = sum(cells, (cell) => cell.people);
  return {
    // 参训单位 are counted among those invited, so that the difference is what 未参训名单 lists.
    unitsDue: invited.length,
    unitsPresent: invited.filter((group) => group.some((cell) => cell.people > 0)).length,
    due,
    present,
    presentNotDue: people - present,
    rate: due === 0 ? null : present / due,
    devices,
    attendances: sum(cells, (cell) => cell.attendances),
    attendancesReplay: sum(cells, (cell) => cell.attendancesReplay),
    attendancesVenue: sum(cells, (cell) => cell.attendancesVenue),
    people,
    creditedSeconds: sum(cells, (cell) => cell.creditedSeconds),
    complete: sum(cells, (cell) => cell.complete),
    paperSubmitted: sum(cells, (cell) => cell.paperSubmitted),
    paperPassed: sum(cells, (cell) => cell.paperPassed),
  };
}

/** A unit that changed its area or risk between sessions stands where most of its people due stand. */
function unitCounts(group: Group, counts: Counts): UnitCounts {
  const { unitId, unitName, unitKind, creditCode, areaId, areaName, industry, highRisk } = group.reduce((best, cell) =>
    cell.due > best.due ? cell : best,
  );
  return { ...counts, unitId, unitName, unitKind, creditCode, areaId, areaName, industry, highRisk };
}

type Group = [Cell, ...Cell[]];

function grouped<K>(cells: readonly Cell[], keyOf: (cell: Cell) => K): Map<K, Group> {
  const groups = new Map<K, Group>();
  for (const cell of cells) {
    const group = groups.get(keyOf(cell));
    if (group) group.push(cell);
    else groups.set(keyOf(cell), [cell]);
  }
  return groups;
}

function sum(cells: readonly Cell[], number: (cell: Cell) => number): number {
  return cells.reduce((total, cell) => total + number(cell), 0);
}

const chinese = new Intl.Collator('zh');

function inOrder([a]: Group, [b]: Group): number {
  return (
    a.areaPosition - b.areaPosition ||
    chinese.compare(a.areaName, b.areaName) ||
    chinese.compare(a.unitName, b.unitName) ||
    (a.unitId < b.unitId ? -1 : 1)
  );
}
