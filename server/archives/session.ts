import { notFound } from '../errors.ts';
import { shanghaiTime } from '../reports/cells.ts';
import { counted, noteOf } from './course.ts';
import type { Progress } from './making.ts';
import type { Archive } from './model.ts';
import type { ArchiveNeeds, Wanted } from './needs.ts';
import * as read from './read.ts';
import { signatureSections } from './signatures.ts';
import { checkTable, correctionTable, detailTable, proofTable, questionTable } from './tables.ts';

const MODES = { online: '线上', offline: '线下', both: '线上与线下同步' };
const STATES: Record<string, string> = {
  draft: '草稿',
  scheduled: '已排课',
  live: '正在直播',
  ended: '已结束',
  archived: '已归档',
};

/** 一期一档: what was planned, who was due and who came, how it is known, and what was corrected. @throws AppError `not-found` */
export async function sessionArchive(needs: ArchiveNeeds, wanted: Wanted, progress: Progress): Promise<Archive> {
  const { pool, reports, exports, corrections, proofs } = needs;
  const { id, visibility, full, origin, asOf } = wanted;
  const facts = await read.readSessionFacts(pool, id);
  if (!facts) throw notFound();
  const name = `${facts.courseTitle} 第 ${facts.number} 期`;
  // Before anything that it covers is read.
  const seal = await exports.parts.sealedRecord(id, origin);
  const report = await reports.sessionReport(id, visibility);
  const [checks, questions, corrected, signatures] = await Promise.all([
    read.readPresenceChecks(pool, id, visibility),
    read.readAskedQuestions(pool, id, visibility),
    corrections.all(id, visibility),
    signatureSections(pool, [id], visibility),
  ]);
  const { totals } = report;
  const rate = totals.rate === null ? '–' : `${(totals.rate * 100).toFixed(1)}%`;
  return {
    kind: '一期一档',
    title: `${name} ${facts.topic}`,
    note: `${noteOf([report], asOf)}${report.peakDevices === null ? '；只含本账号可见的单位' : ''}`,
    sections: [
      { title: '计划与实施', facts: planOf(facts) },
      {
        title: '参训情况',
        facts: [
          ['应到人数', `${totals.due} 人（开课时冻结）`],
          ['实到人数', `${totals.present} 人，参训率 ${rate}`],
          ['应到单位', `${totals.unitsDue} 家，参训 ${totals.unitsPresent} 家`],
          ['计划外参训', `${totals.presentNotDue} 人`],
          ['人次', `${totals.attendances}（每人每期只计一次）`],
          [
            '达标人次',
            `${totals.complete}（有效时长不少于计划时长的 ${facts.completePercent}%，提前结束的按实际时长）`,
          ],
          ['有效时长合计', `${Math.floor(totals.creditedSeconds / 60)} 分钟（重叠、重复进入不重复计算）`],
          ['试卷', `交卷 ${totals.paperSubmitted} 人，及格 ${totals.paperPassed} 人`],
        ],
      },
      checkTable(checks),
      questionTable(questions),
      ...signatures,
      correctionTable(corrected),
      proofTable(proofs.everyOf(id, visibility)),
      detailTable(counted(reports.detail(id, visibility, { full, total: progress.total }), progress)),
    ],
    seals: [{ ...seal, name }],
  };
}

function planOf(facts: read.SessionFacts): [string, string][] {
  const at = (date: Date | null) => (date ? `${shanghaiTime(date.getTime())}（北京时间）` : '–');
  return [
    ['课程', facts.courseTitle],
    ['期次与主题', `第 ${facts.number} 期 ${facts.topic}`],
    ['主讲', facts.instructorName || '–'],
    ['方式', `${MODES[facts.mode]}${facts.venue ? `，${facts.venue}` : ''}`],
    ['计划', `${at(facts.startsAt)}，${facts.plannedMinutes} 分钟`],
    ['状态', STATES[facts.state] ?? facts.state],
    ['开课', at(facts.startedAt)],
    ['下课', `${at(facts.endedAt)}${facts.endReason === 'publisher_lost' ? '，因讲师长时间没有恢复直播' : ''}`],
    ['内容提纲', facts.outline.replace(/\s*\n\s*/g, '；') || '–'],
    ['在线确认', facts.presenceMinutes === 0 ? '不自动发起' : `每 ${facts.presenceMinutes} 分钟一次`],
    [
      '学时',
      facts.statutory
        ? `计入法定学时；依据：${facts.statutoryBasis ?? '未填写'}；批准：${facts.statutoryApprover ?? '未填写'}`
        : '不计入法定学时，仅为参训时长',
    ],
    ['归档', at(facts.archivedAt)],
  ];
}
