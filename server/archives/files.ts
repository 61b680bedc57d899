import { EXPORT_TYPES, inFileName } from '../reports/exports.ts';
import type { WorkbookWriter } from '../reports/workbook.ts';
import { courseFile } from './course.ts';
import type { MadeFile, Make } from './making.ts';
import type { Archive } from './model.ts';
import type { ArchiveNeeds, Wanted } from './needs.ts';
import { archivePaper } from './paper.ts';
import { personArchive } from './person.ts';
import { sessionArchive } from './session.ts';
import { unitArchive } from './unit.ts';
import { archiveWorkbook } from './workbook.ts';

const ARCHIVES = { session: sessionArchive, unit: unitArchive, person: personArchive };

/** What is made of each kind of job. */
export function makerOf(needs: ArchiveNeeds): Make {
  return async ({ kind, subjectId, format, full, visibility, origin }, asOf, progress) => {
    const wanted: Wanted = { id: subjectId, format, full, visibility, origin, asOf };
    if (kind === 'course') return courseFile(needs, wanted, progress);
    const archive = await ARCHIVES[kind](needs, wanted, progress);
    return fileOf(archive, wanted, kind === 'session' ? await figuresOf(needs, wanted) : undefined);
  };
}

function fileOf(archive: Archive, { format }: Wanted, figures?: (workbook: WorkbookWriter) => Promise<void>): MadeFile {
  const name = inFileName(`${archive.kind}-${archive.title}`);
  if (format === 'pdf') return { name: `${name}.pdf`, type: 'application/pdf', content: archivePaper(archive) };
  return { name: `${name}.xlsx`, type: EXPORT_TYPES.xlsx, content: archiveWorkbook(archive, figures) };
}

/** Counts by unit, area, industry and role, beside a session's archive. */
async function figuresOf({ reports, exports }: ArchiveNeeds, { id, visibility }: Wanted) {
  const report = await reports.sessionReport(id, visibility);
  return (workbook: WorkbookWriter) => exports.parts.writeFigures(workbook, report, []);
}
