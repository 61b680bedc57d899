import { type ClassHourFigures, classHours, missingHours } from '#contract/class-hours.ts';
import type { LedgerGroup, LedgerPeopleFilter, LedgerPerson, LedgerStanding } from '#contract/hours.ts';
import type { Industry } from '#contract/organisations.ts';
import type { Visibility } from '../accounts/principal.ts';
import type { Actor } from '../audit.ts';
import type { Clock } from '../clock.ts';
import { CATEGORIES, INDUSTRIES } from '../organisations/labels.ts';
import { type Column, minutes, shanghaiTime } from '../reports/cells.ts';
import { streamCsv } from '../reports/csv.ts';
import { EXPORT_TYPES, type ExportFile, type ExportFormat } from '../reports/exports.ts';
import { type Line, streamWorkbook } from '../reports/workbook.ts';
import type { Hours } from './service.ts';

export type LedgerExport = ReturnType<typeof createLedgerExport>;

/** The ledger as a file. Who took one is on record before it is sent. */
export function createLedgerExport(hours: Hours, clock: Clock) {
  return async (
    filter: LedgerPeopleFilter,
    format: ExportFormat,
    visibility: Visibility,
    actor: Actor,
  ): Promise<ExportFile> => {
    const { year, rule, ...groups } = await hours.overview(filter, visibility);
    await hours.recordExport(filter, format, actor);
    const people = hours.everybody({ ...filter, year }, visibility);
    const columns = personColumns(rule.minutes);
    const heading = (what: string) => ({
      title: `${year} 年学时台账 ${what}`,
      note: `生成时间：${shanghaiTime(clock())}（北京时间）；口径见“口径”表`,
    });
    const content =
      format === 'csv'
        ? streamCsv(columns, people)
        : streamWorkbook(async (workbook) => {
            await workbook.table('人员学时', heading('人员明细'), columns, people);
            const areas = groupColumns<(typeof groups.byArea)[number]>(
              '街道/功能区',
              (row) => row.areaName,
              rule.minutes,
            );
            await workbook.table('按街道', heading('按街道/功能区'), areas, [groups.byArea]);
            const industries = groupColumns<(typeof groups.byIndustry)[number]>(
              '行业',
              (row) => industryName(row.industry) || '（机关单位等）',
              rule.minutes,
            );
            await workbook.table('按行业', heading('按行业'), industries, [groups.byIndustry]);
            const categories = groupColumns<(typeof groups.byCategory)[number]>(
              '人员类别',
              (row) => CATEGORIES[row.category].zh,
              rule.minutes,
            );
            await workbook.table('按人员类别', heading('按人员类别'), categories, [groups.byCategory]);
            await workbook.page('口径', [24, 14, 18, 14, 18], ruleLines(rule));
          });
    return { name: `学时台账-${year}.${format}`, type: EXPORT_TYPES[format], content };
  };
}

const STANDINGS: Record<LedgerStanding, string> = { behind: '未达到', fulfilled: '已达到', none: '无要求' };

function personColumns(minutesAnHour: number): Column<LedgerPerson>[] {
  const hours = (ms: number) => classHours(ms, minutesAnHour);
  return [
    text('街道/功能区', 16, (person) => person.areaName),
    text('单位名称', 34, (person) => person.unitName),
    text('行业', 14, (person) => industryName(person.industry)),
    text('姓名', 12, (person) => person.personName),
    text('人员类别', 14, (person) => CATEGORIES[person.category].zh),
    text('在册', 8, (person) => (person.onRoster ? '是' : '否')),
    text('培训类型', 10, (person) => (person.initial ? '初次培训' : '再培训')),
    number('应达学时', (person) => person.dueHours),
    number('法定学时', (person) => hours(person.statutoryMs)),
    number('尚缺学时', (person) => missingHours(person.dueHours, person.statutoryMs, minutesAnHour)),
    text('是否达到', 10, (person) => STANDINGS[person.standing]),
    number('参训期数', (person) => person.sessions, 'count'),
    number('参训时长（分钟）', (person) => minutes(Math.floor(person.attendedMs / 1_000))),
  ];
}

function groupColumns<Row extends LedgerGroup>(
  heading: string,
  name: (row: Row) => string,
  minutesAnHour: number,
): Column<Row>[] {
  return [
    text(heading, 18, name),
    number('在册人数', (group) => group.people, 'count'),
    number('有学时要求人数', (group) => group.due, 'count'),
    number('已达到人数', (group) => group.fulfilled, 'count'),
    number('未达到人数', (group) => group.behind, 'count'),
    {
      heading: '达到率',
      width: 10,
      kind: 'percent',
      value: ({ due, fulfilled }) => (due === 0 ? null : fulfilled / due),
    },
    number('应达学时合计', (group) => group.dueHours),
    number('法定学时合计', (group) => classHours(group.statutoryMs, minutesAnHour)),
    number('参训时长（分钟）', (group) => minutes(Math.floor(group.attendedMs / 1_000))),
  ];
}

function ruleLines({ minutes: length, initial, yearly }: ClassHourFigures): Line[] {
  const line = (...values: (string | number)[]): Line => ({
    cells: values.map((value) => ({ kind: typeof value === 'number' ? 'minutes' : 'text', value })),
  });
  const groups = ({ managers, managersInSectors, workers, workersInSectors }: ClassHourFigures['initial']) =>
    [managers, managersInSectors, workers, workersInSectors] as const;
  return [
    { ...line('学时台账口径'), look: 'title' },
    line(`1 学时 = ${length} 分钟；学时计到 0.1，不足 0.1 的舍去。`),
    line('法定学时：只计标明“计入法定学时”（有依据、有批准人）的课程，按各期有效时长相加。'),
    line('参训时长：各期有效时长相加。未标明计入法定学时的课程只记参训时长，不作为法定学时。'),
    line('同一期不论直播、补课还是线下参加，同一时段只计一次；更正后随之改变。按开课日期（北京时间）计入年度。'),
    line('应达学时按人员类别和单位行业确定；不在册或机关单位人员不作要求。尚缺学时 = 应达学时 − 法定学时。'),
    line(''),
    {
      ...line('每年应达学时', '负责人、管理人员', '同左，五类行业', '从业人员', '同左，五类行业'),
      look: 'heading',
    },
    line('初次培训（当年）', ...groups(initial)),
    line('再培训（其他年份）', ...groups(yearly)),
    line('五类行业：煤矿、非煤矿山、危险化学品、烟花爆竹、金属冶炼。'),
  ];
}

function industryName(industry: Industry | null): string {
  return industry === null ? '' : INDUSTRIES[industry].zh;
}

function text<Row>(heading: string, width: number, value: (row: Row) => string): Column<Row> {
  return { heading, width, kind: 'text', value };
}

function number<Row>(heading: string, value: (row: Row) => number, kind: 'minutes' | 'count' = 'minutes'): Column<Row> {
  return { heading, width: Math.max(10, heading.length * 2 + 2), kind, value };
}
