import type { Readable } from 'node:stream';
import type { Report } from '#contract/reports.ts';
import type { Visibility } from '../accounts/principal.ts';
import type { Corrections } from '../attendance/correcting.ts';
import type { Seals } from '../attendance/seals.ts';
import type { Actor } from '../audit.ts';
import type { Clock } from '../clock.ts';
import { type CellKind, type CellValue, shanghaiTime } from './cells.ts';
import { streamCsv } from './csv.ts';
import { CORRECTION_COLUMNS, type SealedRecord, sealColumn, writeSeal } from './seal-sheet.ts';
import type { Reports } from './service.ts';
import * as sheets from './sheets.ts';
import { type Line, streamWorkbook, type WorkbookWriter } from './workbook.ts';

export type ExportFormat = 'xlsx' | 'csv';

export interface ExportFile {
  name: string;
  type: string;
  content: Readable;
}

export const EXPORT_TYPES: Record<ExportFormat, string> = {
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  csv: 'text/csv; charset=utf-8',
};

/** The files that reports can be taken away as. Who took one is on record before it is sent. */
export function createExports(
  reports: Reports,
  { seals, corrections }: { seals: Pick<Seals, 'sealOf'>; corrections: Pick<Corrections, 'all'> },
  clock: Clock,
) {
  /** By unit, group and person; as CSV by person. @throws AppError `not-found` */
  async function sessionAttendance(
    sessionId: string,
    format: ExportFormat,
    visibility: Visibility,
    actor: Actor,
    publicUrl: string,
  ): Promise<ExportFile> {
    const { report, sealed } = await takeSession(sessionId, `attendance.${format}`, visibility, actor, publicUrl);
    const people = reports.everybody(sessionId, visibility);
    const content =
      format === 'csv'
        ? streamCsv([...sheets.PERSON_COLUMNS, sealColumn([sealed])], people)
        : streamWorkbook(async (workbook) => {
            await writeFigures(workbook, report, []);
            await workbook.table('人员明细', headingOf(report, '人员明细'), sheets.PERSON_COLUMNS, people);
            const corrected = await corrections.all(sessionId, visibility);
            await workbook.table('更正记录', headingOf(report, '更正记录'), CORRECTION_COLUMNS, [corrected]);
            await writeSeal(workbook, '核验', sealed);
          });
    return fileOf(report, '考勤', format, content);
  }

  /** By session, unit and group; as CSV by unit. @throws AppError `not-found` */
  async function courseAttendance(
    courseId: string,
    format: ExportFormat,
    visibility: Visibility,
    actor: Actor,
    publicUrl: string,
  ): Promise<ExportFile> {
    const what = `attendance.${format}`;
    const { report, sessions, sealed } = await takeCourse(courseId, what, visibility, actor, publicUrl);
    const content =
      format === 'csv'
        ? streamCsv([...sheets.UNIT_COLUMNS, sealColumn(sealed)], [report.units])
        : streamWorkbook(async (workbook) => {
            await writeFigures(workbook, report, sessions);
            for (const [n, each] of sealed.entries())
              await writeSeal(workbook, `核验-第${sessions[n]?.number}期`, each);
          });
    return fileOf(report, '考勤', format, content);
  }

  /** Every group of {@link sessionAttendance} in one table, as CSV. @throws AppError `not-found` */
  async function sessionCounts(
    sessionId: string,
    visibility: Visibility,
    actor: Actor,
    publicUrl: string,
  ): Promise<ExportFile> {
    const { report, sealed } = await takeSession(sessionId, 'counts.csv', visibility, actor, publicUrl);
    return countsFile(report, [sealed]);
  }

  /** Every group of {@link courseAttendance} in one table, as CSV. @throws AppError `not-found` */
  async function courseCounts(
    courseId: string,
    visibility: Visibility,
    actor: Actor,
    publicUrl: string,
  ): Promise<ExportFile> {
    const { report, sealed } = await takeCourse(courseId, 'counts.csv', visibility, actor, publicUrl);
    return countsFile(report, sealed);
  }

  function countsFile(report: Report, sealed: SealedRecord[]): ExportFile {
    const content = streamCsv([...sheets.GROUP_COLUMNS, sealColumn(sealed)], [sheets.groupsOf(report)]);
    return fileOf(report, '分组统计', 'csv', content);
  }

  /** 未参训名单: by area, high-risk first in each, with contacts. @throws AppError `not-found` */
  async function missing(
    sessionId: string,
    format: ExportFormat,
    visibility: Visibility,
    actor: Actor,
  ): Promise<ExportFile> {
    const report = await reports.sessionReport(sessionId, visibility);
    const units = byArea(await reports.missing(sessionId, visibility, actor), report);
    await reports.recordExport({ kind: 'session', id: sessionId }, `missing.${format}`, actor);
    const content =
      format === 'csv'
        ? streamCsv(sheets.MISSING_COLUMNS, [units])
        : streamWorkbook((workbook) =>
            workbook.table(
              '未参训名单',
              headingOf(report, `未参训名单（${units.length} 家）`),
              sheets.MISSING_COLUMNS,
              [units],
            ),
          );
    return fileOf(report, '未参训名单', format, content);
  }

  async function sealedRecord(sessionId: string, publicUrl: string): Promise<SealedRecord> {
    const seal = await seals.sealOf(sessionId);
    return { ...seal, address: `${publicUrl}/verify/${sessionId}/${seal.code}`, at: clock() };
  }

  /** What a session's files are made of; that they were taken is on record. */
  async function takeSession(
    sessionId: string,
    what: string,
    visibility: Visibility,
    actor: Actor,
    publicUrl: string,
  ): Promise<{ report: Report; sealed: SealedRecord }> {
    // Before anything that it covers is read: what comes meanwhile is shown as having come after it.
    const sealed = await sealedRecord(sessionId, publicUrl);
    const report = await reports.sessionReport(sessionId, visibility);
    await reports.recordExport({ kind: 'session', id: sessionId }, what, actor);
    return { report, sealed };
  }

  /** What a course's files are made of; that they were taken is on record. */
  async function takeCourse(
    courseId: string,
    what: string,
    visibility: Visibility,
    actor: Actor,
    publicUrl: string,
  ): Promise<{ report: Report; sessions: Report[]; sealed: SealedRecord[] }> {
    const { report, sessions } = await reports.courseReports(courseId, visibility);
    const sealed: SealedRecord[] = [];
    for (const { sessionId } of sessions) if (sessionId) sealed.push(await sealedRecord(sessionId, publicUrl));
    await reports.recordExport({ kind: 'course', id: courseId }, what, actor);
    return { report, sessions, sealed };
  }

  async function writeFigures(workbook: WorkbookWriter, report: Report, sessions: Report[]): Promise<void> {
    await workbook.page('汇总', [24, 22, 80], summaryLines(report));
    if (report.scope === 'course') {
      await workbook.table('各期', headingOf(report, '各期'), sheets.SESSION_COLUMNS, [sessions]);
    }
    await workbook.table('按单位', headingOf(report, '按单位'), sheets.UNIT_COLUMNS, [report.units]);
    await workbook.table('按街道', headingOf(report, '按街道/功能区'), sheets.AREA_COLUMNS, [report.byArea]);
    await workbook.table('按单位类型', headingOf(report, '按单位类型'), sheets.UNIT_KIND_COLUMNS, [report.byUnitKind]);
    await workbook.table('按行业', headingOf(report, '按行业'), sheets.INDUSTRY_COLUMNS, [report.byIndustry]);
    await workbook.table('按人员类别', headingOf(report, '按人员类别'), sheets.CATEGORY_COLUMNS, [report.byCategory]);
  }

  function summaryLines(report: Report): Line[] {
    const row = (name: string, value: CellValue, kind: CellKind = 'text') => ({
      cells: [
        { kind: 'text' as const, value: name },
        { kind, value },
      ],
    });
    const instant = (text: string | null) => (text === null ? null : Date.parse(text));
    return [
      { cells: [{ kind: 'text', value: `${titleOf(report)}考勤汇总` }], look: 'title' },
      ...(report.topic === null ? [] : [row('主题', report.topic)]),
      row('开课时间', instant(report.startedAt), 'time'),
      row('结束时间', instant(report.endedAt), 'time'),
      ...(report.scope === 'session' ? [row('应到冻结时间', instant(report.dueFrozenAt), 'time')] : []),
      row('生成时间（北京时间）', clock(), 'time'),
      row('统计范围', report.peakDevices === null ? '仅本账号可见的单位' : '全部单位'),
      { cells: [] },
      { cells: ['指标', '数值', '统计口径'].map((value) => ({ kind: 'text', value })), look: 'heading' },
      ...sheets.summaryOf(report).map(({ name, kind, value, definition }) => ({
        cells: [
          { kind: 'text' as const, value: name },
          { kind, value },
          { kind: 'text' as const, value: definition },
        ],
      })),
    ];
  }

  function headingOf(report: Report, what: string) {
    const note = `生成时间：${shanghaiTime(clock())}（北京时间）`;
    return {
      title: `${titleOf(report)} ${what}`,
      note: what.startsWith('未参训名单') ? note : `${note}；各项指标的统计口径见考勤“汇总”表`,
    };
  }

  return {
    sessionAttendance,
    courseAttendance,
    sessionCounts,
    courseCounts,
    missing,
    parts: { sealedRecord, writeFigures, headingOf },
  };
}

/** Areas in the order of the report; within one the order stays, which puts high-risk first. */
function byArea<Unit extends { areaId: string }>(units: Unit[], report: Report): Unit[] {
  const order = new Map(report.byArea.map(({ areaId }, index) => [areaId, index]));
  const placeOf = ({ areaId }: Unit) => order.get(areaId) ?? order.size;
  return [...units].sort((a, b) => placeOf(a) - placeOf(b));
}

export function titleOf(report: Report): string {
  return report.number === null ? report.courseTitle : `${report.courseTitle} 第 ${report.number} 期`;
}

export function fileOf(
  report: Pick<Report, 'courseTitle' | 'number'>,
  what: string,
  format: ExportFormat,
  content: Readable,
): ExportFile {
  const parts = [report.courseTitle, ...(report.number === null ? [] : [`第${report.number}期`]), what];
  const name = inFileName(parts.join('-'));
  return { name: `${name}.${format}`, type: EXPORT_TYPES[format], content };
}

/** Without what file systems don't take, nor a name that would climb. */
export function inFileName(text: string): string {
  return text.replace(/[\\/:*?"<>|\p{Cc}]/gu, '_').replace(/^[\s.]+|[\s.]+$/g, '_');
}
