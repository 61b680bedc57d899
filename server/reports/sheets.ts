import type { Industry, PersonCategory, UnitKind, Verification } from '#contract/organisations.ts';
import type { Counts, MissingUnit, Report, UnitCounts } from '#contract/reports.ts';
import { CATEGORIES, INDUSTRIES, UNIT_KINDS } from '../organisations/labels.ts';
import { type CellKind, type CellValue, type Column, minutes } from './cells.ts';
import type { DetailedPerson, ExportedPerson } from './service.ts';

/** The figures of a report: their names, and how each is counted (counts.ts), in the words of the sheets. */
interface Figure {
  heading: string;
  kind: CellKind;
  value(counts: Counts): CellValue;
  definition(report: Report): string;
}

const FIGURES: Figure[] = [
  {
    heading: '应到单位数',
    kind: 'count',
    value: (counts) => counts.unitsDue,
    definition: () => '有应到人员的单位数',
  },
  {
    heading: '参训单位数',
    kind: 'count',
    value: (counts) => counts.unitsPresent,
    definition: () => '应到单位中，至少有 1 人参训的单位数；与应到单位数之差即未参训单位数',
  },
  {
    heading: '应到人数',
    kind: 'count',
    value: (counts) => counts.due,
    definition: ({ scope }) =>
      scope === 'session'
        ? '开课时冻结的参训名单人数；尚未开课时为当前名单人数'
        : '各期开课时冻结的参训名单去重后的人数；均未开课时为当前名单人数',
  },
  {
    heading: '实到人数',
    kind: 'count',
    value: (counts) => counts.present,
    definition: ({ attendanceSeconds, scope }) =>
      `应到人员中，${scope === 'session' ? '本期' : '至少一期'}有效时长不少于 ${attendanceSeconds} 秒的人数`,
  },
  {
    heading: '参训率',
    kind: 'percent',
    value: (counts) => counts.rate,
    definition: () => '实到人数 ÷ 应到人数',
  },
  {
    heading: '计划外参训人数',
    kind: 'count',
    value: (counts) => counts.presentNotDue,
    definition: () => '不在应到名单、但有效时长达到同一要求的人数',
  },
  {
    heading: '参训人数',
    kind: 'count',
    value: (counts) => counts.people,
    definition: () => '参训的不同人员数 = 实到人数 + 计划外参训人数',
  },
  {
    heading: '人次',
    kind: 'count',
    value: (counts) => counts.attendances,
    definition: () => '人 × 场次，去重：同一人同一期无论用几台设备、进出几次，只计 1 人次',
  },
  {
    heading: '直播人次',
    kind: 'count',
    value: (counts) => counts.attendances - counts.attendancesReplay - counts.attendancesVenue,
    definition: () => '人次中，以直播时段为主的；直播、补课、线下三项之和等于人次',
  },
  {
    heading: '补课人次',
    kind: 'count',
    value: (counts) => counts.attendancesReplay,
    definition: () => '人次中，以补课（回放）时段为主的',
  },
  {
    heading: '线下人次',
    kind: 'count',
    value: (counts) => counts.attendancesVenue,
    definition: () => '人次中，以线下会场签到签出时段为主的',
  },
  {
    heading: '设备数',
    kind: 'count',
    value: (counts) => counts.devices,
    definition: () => '播放过画面的不同设备数；一台设备可多人共用，因此不等于人数，各组之和可大于总数',
  },
  {
    heading: '有效时长（分钟）',
    kind: 'minutes',
    value: (counts) => minutes(counts.creditedSeconds),
    definition: () => '每人在所有设备上实际播放时间的并集之和；重叠、重复进入不重复计算',
  },
  {
    heading: '达标人次',
    kind: 'count',
    value: (counts) => counts.complete,
    definition: ({ completePercent }) => `有效时长达到该期计划时长（提前结束的按实际时长）${completePercent}% 的人次`,
  },
  {
    heading: '交卷人数',
    kind: 'count',
    value: (counts) => counts.paperSubmitted,
    definition: ({ scope }) =>
      scope === 'session' ? '提交课后试卷的不同人员数' : '至少提交过一份课后试卷的不同人员数',
  },
  {
    heading: '及格人数',
    kind: 'count',
    value: (counts) => counts.paperPassed,
    definition: ({ scope }) =>
      scope === 'session' ? '交卷人员中，至少一次作答及格的人数' : '交卷人员中，至少有一份试卷及格的人数',
  },
  {
    heading: '及格率',
    kind: 'percent',
    value: (counts) => (counts.paperSubmitted === 0 ? null : counts.paperPassed / counts.paperSubmitted),
    definition: () => '及格人数 ÷ 交卷人数',
  },
];

/** A line of the summary. */
export interface SummaryLine {
  name: string;
  kind: CellKind;
  value: CellValue;
  definition: string;
}

export function summaryOf(report: Report): SummaryLine[] {
  const lines = FIGURES.map(({ heading, kind, value, definition }) => ({
    name: heading,
    kind,
    value: value(report.totals),
    definition: definition(report),
  }));
  const kind = 'count';
  if (report.peakDevices !== null) {
    const definition = '同一时刻在线设备数的最大值；课程报表取各期中最高的一期';
    lines.push({ name: '峰值同时在线（台）', kind, value: report.peakDevices, definition });
  }
  const definition = '开课后新列入参训范围的人数，不计入应到';
  lines.push({ name: '开课后新增人数', kind, value: report.addedAfterFreeze, definition });
  return lines;
}

const COUNTS: Column<Counts>[] = FIGURES.map(({ heading, kind, value }) => ({
  heading,
  kind,
  width: Math.max(10, heading.length * 2 + 2),
  value,
}));

export const UNIT_COLUMNS: Column<UnitCounts>[] = [
  text('单位名称', 34, (unit) => unit.unitName),
  text('统一社会信用代码', 22, (unit) => unit.creditCode),
  text('单位类型', 10, (unit) => unitKindName(unit.unitKind)),
  text('街道/功能区', 16, (unit) => unit.areaName),
  text('行业', 14, (unit) => industryName(unit.industry)),
  text('高危', 8, (unit) => (unit.highRisk ? '是' : '否')),
  ...COUNTS,
];

export const AREA_COLUMNS: Column<Counts & { areaName: string }>[] = [
  text('街道/功能区', 18, (group) => group.areaName),
  ...COUNTS,
];

export const UNIT_KIND_COLUMNS: Column<Counts & { unitKind: UnitKind }>[] = [
  text('单位类型', 14, (group) => unitKindName(group.unitKind)),
  ...COUNTS,
];

export const INDUSTRY_COLUMNS: Column<Counts & { industry: Industry | null }>[] = [
  text('行业', 16, (group) => industryGroup(group.industry)),
  ...COUNTS,
];

export const CATEGORY_COLUMNS: Column<Counts & { category: PersonCategory }>[] = [
  text('人员类别', 16, (group) => CATEGORIES[group.category].zh),
  ...COUNTS,
];

/** What was counted together, whatever it was grouped by. */
export interface CountedGroup extends Counts {
  groupedBy: string;
  name: string;
  creditCode: string | null;
}

export const GROUP_COLUMNS: Column<CountedGroup>[] = [
  text('分组', 14, (group) => group.groupedBy),
  text('名称', 34, (group) => group.name),
  text('统一社会信用代码', 22, (group) => group.creditCode),
  ...COUNTS,
];

/** The total and every group of a report, one after the other. */
export function groupsOf(report: Report): CountedGroup[] {
  const group = (groupedBy: string, name: string, counts: Counts, creditCode: string | null = null) => ({
    ...counts,
    groupedBy,
    name,
    creditCode,
  });
  return [
    group('合计', '合计', report.totals),
    ...report.byArea.map((counts) => group('街道/功能区', counts.areaName, counts)),
    ...report.byUnitKind.map((counts) => group('单位类型', unitKindName(counts.unitKind), counts)),
    ...report.byIndustry.map((counts) => group('行业', industryGroup(counts.industry), counts)),
    ...report.byCategory.map((counts) => group('人员类别', CATEGORIES[counts.category].zh, counts)),
    ...report.units.map((counts) => group('单位', counts.unitName, counts, counts.creditCode)),
  ];
}

/** The sessions of a course. */
export const SESSION_COLUMNS: Column<Report>[] = [
  { heading: '期', width: 6, kind: 'count', value: (report) => report.number },
  text('主题', 30, (report) => report.topic),
  time('开课时间', (report) => report.startedAt),
  ...COUNTS.map(({ value, ...column }) => ({ ...column, value: (report: Report) => value(report.totals) })),
];

export const PERSON_COLUMNS: Column<ExportedPerson>[] = [
  text('街道/功能区', 16, (person) => person.areaName),
  text('单位名称', 34, (person) => person.unitName),
  text('统一社会信用代码', 22, (person) => person.creditCode),
  text('姓名', 12, (person) => person.personName),
  text('手机号', 14, (person) => person.phoneMasked),
  text('人员类别', 14, (person) => CATEGORIES[person.category].zh),
  text('身份核实', 10, (person) => VERIFICATIONS[person.verification]),
  text('应到', 8, (person) => (person.due ? '是' : '否')),
  text('参训', 8, (person) => (person.present ? '是' : '否')),
  text('达标', 8, (person) => (person.complete ? '是' : '否')),
  time('首次进入时间', (person) => person.firstJoinedAt),
  // Nobody is late in a class because our machine was.
  { heading: '进入前排队（秒）', width: 16, kind: 'count', value: (person) => person.waitedSeconds },
  { heading: '有效时长（分钟）', width: 16, kind: 'minutes', value: (person) => minutes(person.creditedSeconds) },
  { heading: '在线确认次数', width: 14, kind: 'count', value: (person) => person.checksConfirmed },
  { heading: '未确认次数', width: 12, kind: 'count', value: (person) => person.checksMissed },
  { heading: '设备数', width: 8, kind: 'count', value: (person) => person.devices },
  { heading: '课堂答题数', width: 12, kind: 'count', value: (person) => person.liveAnswered },
  { heading: '答对数', width: 8, kind: 'count', value: (person) => person.liveCorrect },
  {
    heading: '试卷最好成绩',
    width: 14,
    kind: 'percent',
    value: (person) => (person.paperPercent === null ? null : person.paperPercent / 100),
  },
  text('试卷及格', 10, (person) => (person.paperPassed === null ? null : person.paperPassed ? '是' : '否')),
];

/** A row for each person and session. */
export const DETAIL_COLUMNS: Column<DetailedPerson>[] = [
  { heading: '期', width: 6, kind: 'count', value: (row) => row.sessionNumber },
  text('街道/功能区', 16, (row) => row.areaName),
  text('单位名称', 34, (row) => row.unitName),
  text('统一社会信用代码', 22, (row) => row.creditCode),
  text('姓名', 12, (row) => row.personName),
  text('手机号', 14, (row) => row.phone),
  text('人员类别', 14, (row) => CATEGORIES[row.category].zh),
  text('身份核实', 10, (row) => VERIFICATIONS[row.verification]),
  text('应到', 8, (row) => (row.due ? '是' : '否')),
  text('参训', 8, (row) => (row.present ? '是' : '否')),
  text('达标', 8, (row) => (row.complete ? '是' : '否')),
  { heading: '首次进入时间', width: 20, kind: 'time', value: (row) => row.firstJoinedAt },
  { heading: '进入前排队（秒）', width: 16, kind: 'count', value: (row) => row.waitedSeconds },
  { heading: '有效时长（分钟）', width: 16, kind: 'minutes', value: (row) => minutes(row.creditedSeconds) },
  { heading: '直播（分钟）', width: 12, kind: 'minutes', value: (row) => minutes(row.liveSeconds) },
  { heading: '补课（分钟）', width: 12, kind: 'minutes', value: (row) => minutes(row.replaySeconds) },
  { heading: '线下（分钟）', width: 12, kind: 'minutes', value: (row) => minutes(row.venueSeconds) },
  { heading: '在线确认次数', width: 14, kind: 'count', value: (row) => row.checksConfirmed },
  { heading: '未确认次数', width: 12, kind: 'count', value: (row) => row.checksMissed },
  { heading: '设备数', width: 8, kind: 'count', value: (row) => row.devices },
  { heading: '课堂答题数', width: 12, kind: 'count', value: (row) => row.liveAnswered },
  { heading: '答对数', width: 8, kind: 'count', value: (row) => row.liveCorrect },
  { heading: '试卷最好成绩', width: 14, kind: 'percent', value: (row) => percent(row.paperPercent) },
  text('试卷及格', 10, (row) => (row.paperPassed === null ? null : row.paperPassed ? '是' : '否')),
];

function percent(points: number | null): number | null {
  return points === null ? null : points / 100;
}

export const MISSING_COLUMNS: Column<MissingUnit>[] = [
  text('街道/功能区', 16, (unit) => unit.areaName),
  text('单位名称', 34, (unit) => unit.unitName),
  text('单位类型', 10, (unit) => unitKindName(unit.unitKind)),
  text('行业', 14, (unit) => industryName(unit.industry)),
  text('高危', 8, (unit) => (unit.highRisk ? '是' : '否')),
  { heading: '应到人数', width: 10, kind: 'count', value: (unit) => unit.due },
  text('联系人', 12, (unit) => unit.contactName),
  text('联系电话', 16, (unit) => unit.contactPhone),
];

const VERIFICATIONS: Record<Verification, string> = {
  verified: '已核实',
  unverified: '未核实',
  refused: '非本单位人员',
};

function unitKindName(kind: UnitKind): string {
  return UNIT_KINDS[kind].zh;
}

function industryName(industry: Industry | null): string {
  return industry === null ? '' : INDUSTRIES[industry].zh;
}

function industryGroup(industry: Industry | null): string {
  return industry === null ? '（机关单位等）' : industryName(industry);
}

function text<Row>(heading: string, width: number, value: (row: Row) => string | null): Column<Row> {
  return { heading, width, kind: 'text', value };
}

function time<Row>(heading: string, value: (row: Row) => string | null): Column<Row> {
  return {
    heading,
    width: 20,
    kind: 'time',
    value(row) {
      const instant = value(row);
      return instant === null ? null : Date.parse(instant);
    },
  };
}
