import type { Correction } from '#contract/corrections.ts';
import type { Proof } from '#contract/proofs.ts';
import type { Report } from '#contract/reports.ts';
import type { CellValue, Column } from '../reports/cells.ts';
import { CORRECTION_COLUMNS } from '../reports/seal-sheet.ts';
import type { DetailedPerson } from '../reports/service.ts';
import { DETAIL_COLUMNS, SESSION_COLUMNS } from '../reports/sheets.ts';
import type { Rows } from '../reports/workbook.ts';
import type { Table } from './model.ts';
import type { AskedQuestion, PresenceCheckRow } from './read.ts';

/** Parts of the width on paper, by heading. */
type OnPaper = Record<string, number>;

const DETAIL_ON_PAPER: OnPaper = {
  ...{ 期: 3, 单位名称: 17, 姓名: 8, 人员类别: 10, 应到: 4, 参训: 4, 达标: 4, 首次进入时间: 12 },
  ...{
    '有效时长（分钟）': 8,
    '直播（分钟）': 7,
    '补课（分钟）': 7,
    '线下（分钟）': 7,
    在线确认次数: 6,
    未确认次数: 6,
    试卷最好成绩: 7,
  },
};

/** A row for each person and session. `before`: a column that says of which course. */
export function detailTable(rows: Rows<DetailedPerson>, options: { unit?: boolean } = {}): Table {
  const { unit = true } = options;
  const paper = unit ? DETAIL_ON_PAPER : { ...DETAIL_ON_PAPER, 单位名称: 0 };
  return tableOf('参训明细', DETAIL_COLUMNS, rows, paper, '没有人应到，也没有人参训');
}

export function correctionTable(corrections: Correction[]): Table {
  const paper = {
    写入时间: 12,
    单位名称: 18,
    姓名: 8,
    更正: 9,
    '增减（分钟）': 8,
    时段起: 12,
    时段止: 12,
    原因: 22,
    经办人: 8,
    状态: 7,
  };
  return tableOf('更正记录', CORRECTION_COLUMNS, [corrections], paper, '没有更正');
}

export function sessionTable(reports: Report[]): Table {
  const paper = {
    期: 4,
    主题: 24,
    开课时间: 14,
    应到人数: 8,
    实到人数: 8,
    参训率: 8,
    人次: 8,
    '有效时长（分钟）': 12,
    达标人次: 8,
    交卷人数: 8,
    及格人数: 8,
  };
  return tableOf('各期', SESSION_COLUMNS, [reports], paper, '还没有开课');
}

export function checkTable(checks: PresenceCheckRow[]): Table {
  return {
    title: '在线确认',
    columns: [
      { heading: '发起时间', kind: 'time', width: 20, paper: 20 },
      { heading: '方式', kind: 'text', width: 12, paper: 20 },
      { heading: '确认人数', kind: 'count', width: 12, paper: 15 },
      { heading: '未确认人数', kind: 'count', width: 12, paper: 15 },
      { heading: '说明', kind: 'text', width: 40, paper: 30 },
    ],
    rows: [
      checks.map(({ openedAt, byHand, confirmed, missed, cancelled }) => [
        ...[openedAt.getTime(), byHand ? '人工发起' : '按计划', confirmed, missed],
        cancelled ? '下课时尚未到时限，无人计为未确认' : null,
      ]),
    ],
    empty: '本期没有发起在线确认',
  };
}

export function questionTable(questions: AskedQuestion[]): Table {
  return {
    title: '课堂答题',
    columns: [
      { heading: '题目', kind: 'text', width: 60, paper: 55 },
      { heading: '发题时间', kind: 'time', width: 20, paper: 15 },
      { heading: '作答人数', kind: 'count', width: 12, paper: 10 },
      { heading: '答对人数', kind: 'count', width: 12, paper: 10 },
      { heading: '正确率', kind: 'percent', width: 12, paper: 10 },
    ],
    rows: [
      questions.map(({ stem, openedAt, answered, correct }) => [
        ...[stem, openedAt.getTime(), answered, correct],
        answered === 0 ? null : correct / answered,
      ]),
    ],
    empty: '本期没有课堂答题',
  };
}

export function proofTable(proofs: Rows<Proof>): Table {
  const columns: Column<Proof>[] = [
    { heading: '编号', kind: 'text', width: 20, value: ({ number }) => number },
    { heading: '课程', kind: 'text', width: 30, value: ({ courseTitle }) => courseTitle },
    { heading: '期', kind: 'count', width: 6, value: ({ sessionNumber }) => sessionNumber },
    { heading: '单位名称', kind: 'text', width: 34, value: ({ unitName }) => unitName },
    { heading: '姓名', kind: 'text', width: 12, value: ({ personName }) => personName },
    {
      heading: '参训时长（分钟）',
      kind: 'count',
      width: 16,
      value: ({ creditedSeconds }) => Math.floor(creditedSeconds / 60),
    },
    { heading: '法定学时', kind: 'minutes', width: 10, value: ({ classHours }) => classHours },
    { heading: '签发时间', kind: 'time', width: 20, value: ({ issuedAt }) => Date.parse(issuedAt) },
    { heading: '状态', kind: 'text', width: 10, value: ({ withdrawnAt }) => (withdrawnAt ? '已撤销' : '有效') },
  ];
  const paper = { 编号: 16, 课程: 18, 期: 4, 单位名称: 20, 姓名: 9, '参训时长（分钟）': 10, 签发时间: 13, 状态: 7 };
  return tableOf('参加线上培训证明', columns, proofs, paper, '没有签发证明');
}

/** `paper` names the columns that stand on paper; the rows are read as they are written. */
function tableOf<Row>(title: string, columns: Column<Row>[], rows: Rows<Row>, paper: OnPaper, empty: string): Table {
  return {
    title,
    columns: columns.map(({ heading, kind, width }) => {
      const part = paper[heading] ?? 0;
      return { heading, kind, width, ...(part > 0 && { paper: part }) };
    }),
    rows: valuesOf(rows, columns),
    empty,
  };
}

async function* valuesOf<Row>(rows: Rows<Row>, columns: Column<Row>[]): AsyncGenerator<CellValue[][]> {
  for await (const some of rows) yield some.map((row) => columns.map(({ value }) => value(row)));
}
