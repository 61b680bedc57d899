import { shanghaiTime } from '../reports/cells.ts';
import { streamCsv } from '../reports/csv.ts';
import { fileOf } from '../reports/exports.ts';
import { type SealedRecord, sealColumn, writeSeal } from '../reports/seal-sheet.ts';
import { DETAIL_COLUMNS } from '../reports/sheets.ts';
import { streamWorkbook } from '../reports/workbook.ts';
import type { MadeFile, Progress } from './making.ts';
import type { ArchiveNeeds, Wanted } from './needs.ts';

/** Everybody's attendance of a course: a row for each person and session. @throws AppError `not-found` */
export async function courseFile(
  { reports, exports: { parts } }: Pick<ArchiveNeeds, 'reports' | 'exports'>,
  { id, format, full, visibility, origin, asOf }: Wanted,
  progress: Progress,
): Promise<MadeFile> {
  const sealedOf = async (sessionIds: (string | null)[]): Promise<SealedRecord[]> => {
    const sealed: SealedRecord[] = [];
    for (const sessionId of sessionIds) if (sessionId) sealed.push(await parts.sealedRecord(sessionId, origin));
    return sealed;
  };
  const everybody = () => counted(reports.detail(id, visibility, { full, total: progress.total }), progress);
  // Seals are read before anything that they cover.
  if (format === 'csv') {
    const outline = await reports.outline(id);
    const columns = [...DETAIL_COLUMNS, sealColumn(await sealedOf(outline.sessionIds))];
    return fileOf(outline, '参训明细', 'csv', streamCsv(columns, everybody()));
  }
  const { report, sessions } = await reports.courseReports(id, visibility);
  const sealed = await sealedOf(sessions.map(({ sessionId }) => sessionId));
  const content = streamWorkbook(async (workbook) => {
    await parts.writeFigures(workbook, report, sessions);
    const heading = parts.headingOf(report, '参训明细');
    const note = `${noteOf(sessions, asOf)}；每人每期一行，直播、补课、线下重叠的时间只计一次`;
    await workbook.table('参训明细', { ...heading, note }, DETAIL_COLUMNS, everybody());
    for (const [n, each] of sealed.entries()) await writeSeal(workbook, `核验-第${sessions[n]?.number}期`, each);
  });
  return fileOf(report, '参训明细', 'xlsx', content);
}

/** Of what moment a file is, and that more will come where a class still runs. */
export function noteOf(sessions: { startedAt: string | null; endedAt: string | null }[], asOf: number): string {
  const running = sessions.some(({ startedAt, endedAt }) => startedAt !== null && endedAt === null);
  return `数据截至 ${shanghaiTime(asOf)}（北京时间）${running ? '，课程仍在进行，此后还会有新的记录' : ''}`;
}

/** The same rows, told to the progress. */
export async function* counted<Row>(rows: AsyncGenerator<Row[]>, progress: Progress): AsyncGenerator<Row[]> {
  for await (const some of rows) {
    yield some;
    progress.add(some.length);
  }
}
