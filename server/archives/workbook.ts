import type { PassThrough } from 'node:stream';
import type { Column } from '../reports/cells.ts';
import { writeSeal } from '../reports/seal-sheet.ts';
import { type Line, streamWorkbook, type WorkbookWriter } from '../reports/workbook.ts';
import type { Archive, Facts, Table } from './model.ts';

/** Codes to be scanned take a sheet each. */
const SEALS_WITH_CODE = 12;

/** An archive as .xlsx: its facts on the first sheet, then a sheet for each table; `figures` writes those of a report between them. */
export function archiveWorkbook(archive: Archive, figures?: (workbook: WorkbookWriter) => Promise<void>): PassThrough {
  return streamWorkbook(async (workbook) => {
    const { kind, title, note, sections, seals } = archive;
    const facts = sections.filter((section): section is Facts => 'facts' in section);
    const lines: Line[] = [
      { ...line(`${kind}：${title}`), look: 'title' },
      line(note),
      ...facts.flatMap((section): Line[] => [
        line(''),
        { ...line(section.title), look: 'heading' },
        ...section.facts.map(([name, value]) => line(name, value)),
      ]),
    ];
    await workbook.page(kind, [22, 90], lines);
    await figures?.(workbook);
    for (const section of sections) {
      if (!('rows' in section)) continue;
      await workbook.table(
        section.title,
        { title: `${title} ${section.title}`, note },
        columnsOf(section),
        section.rows,
      );
    }
    if (seals.length > 1) {
      await workbook.page(
        '核验一览',
        [40, 70, 90],
        [
          { ...line('场次', '记录链摘要', '核验地址'), look: 'heading' },
          ...seals.map((seal) => line(seal.name, seal.digest, seal.address)),
        ],
      );
    }
    for (const [n, seal] of seals.slice(0, SEALS_WITH_CODE).entries()) {
      await writeSeal(workbook, seals.length === 1 ? '核验' : `核验${n + 1}`, seal);
    }
  });
}

function columnsOf({ columns }: Table): Column<(string | number | null)[]>[] {
  return columns.map((column, n) => ({ ...column, value: (row) => row[n] ?? null }));
}

function line(...texts: string[]): Line {
  return { cells: texts.map((value) => ({ kind: 'text', value })) };
}
