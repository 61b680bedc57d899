import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import ExcelJS from 'exceljs';
import { type CellKind, type CellValue, type Column, harmless, shanghaiClock } from './cells.ts';

const FORMATS: Record<CellKind, string> = {
  text: '@',
  count: '#,##0',
  percent: '0.0%',
  minutes: '#,##0.0',
  time: 'yyyy-mm-dd hh:mm:ss',
};
/** Empty squares around a code. */
const QUIET = 4;
const HEADING_FILL = 'FFE8EEF7';
/** Title and note stand above the headings. */
const HEADING_ROW = 3;

/** Writes the sheets of a workbook one after the other. */
export interface WorkbookWriter {
  /** A sheet of lines of one's own; widths in characters of half width. */
  page(name: string, widths: number[], lines: Line[]): Promise<void>;
  /** A sheet of squares, dark where true: a code to be scanned off the screen or a print. */
  squares(name: string, rows: boolean[][]): Promise<void>;
  /** A table with a title and a note above its headings, which stay in sight and filter. */
  table<Row>(
    name: string,
    heading: { title: string; note: string },
    columns: Column<Row>[],
    rows: Rows<Row>,
  ): Promise<void>;
}

export type Rows<Row> = Iterable<Row[]> | AsyncIterable<Row[]>;

export interface Line {
  cells: { kind: CellKind; value: CellValue }[];
  look?: 'title' | 'heading';
}

/**
 * An .xlsx file that is made while it is read: only as far ahead as the reader's buffer goes. When `write` fails, or the
 * reader goes away, the other end ends, too.
 */
export function streamWorkbook(write: (workbook: WorkbookWriter) => Promise<void>): PassThrough {
  const out = new PassThrough({ highWaterMark: 256 * 1024 });
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter({ stream: out, useStyles: true, useSharedStrings: false });

  async function readerIsReady(): Promise<void> {
    if (out.destroyed) throw new Error('the reader of the workbook went away');
    if (out.writableNeedDrain) await Promise.race([once(out, 'drain'), once(out, 'close')]);
    else await new Promise((resolve) => setImmediate(resolve));
  }

  const writer: WorkbookWriter = {
    async page(name, widths, lines) {
      const sheet = workbook.addWorksheet(name);
      sheet.columns = widths.map((width) => ({ width }));
      for (const { cells, look } of lines) {
        const row = sheet.addRow(cells.map(({ kind, value }) => cellOf(kind, value)));
        cells.forEach(({ kind }, i) => {
          row.getCell(i + 1).numFmt = FORMATS[kind];
        });
        if (look === 'title') row.font = { bold: true, size: 14 };
        if (look === 'heading') styleHeading(row);
        row.commit();
      }
      sheet.commit();
      await readerIsReady();
    },

    async squares(name, rows) {
      const sheet = workbook.addWorksheet(name, {
        views: [{ showGridLines: false }],
        properties: { defaultRowHeight: 9 },
      });
      // A margin of four, which readers of such codes ask for.
      sheet.columns = Array.from({ length: (rows[0]?.length ?? 0) + 2 * QUIET }, () => ({ width: 1 }));
      for (let n = 0; n < QUIET; n += 1) sheet.addRow([]).commit();
      for (const squares of rows) {
        const row = sheet.addRow([]);
        row.height = 9;
        squares.forEach((dark, n) => {
          if (dark)
            row.getCell(n + 1 + QUIET).fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: 'FF000000' } };
        });
        row.commit();
      }
      sheet.commit();
      await readerIsReady();
    },

    async table(name, { title, note }, columns, rows) {
      const sheet = workbook.addWorksheet(name, { views: [{ state: 'frozen', ySplit: HEADING_ROW }] });
      sheet.columns = columns.map(({ width, kind }) => ({ width, style: { numFmt: FORMATS[kind] } }));
      sheet.autoFilter = {
        from: { row: HEADING_ROW, column: 1 },
        to: { row: HEADING_ROW, column: columns.length },
      };
      const titleRow = sheet.addRow([title]);
      titleRow.font = { bold: true, size: 14 };
      titleRow.commit();
      sheet.addRow([note]).commit();
      const headings = sheet.addRow(columns.map((column) => column.heading));
      styleHeading(headings);
      headings.commit();
      for await (const some of rows) {
        for (const row of some) sheet.addRow(columns.map(({ kind, value }) => cellOf(kind, value(row)))).commit();
        await readerIsReady();
      }
      sheet.commit();
      await readerIsReady();
    },
  };

  write(writer)
    .then(() => workbook.commit())
    .catch((error: Error) => out.destroy(error));
  return out;
}

function styleHeading(row: ExcelJS.Row): void {
  row.font = { bold: true };
  row.eachCell((cell) => {
    cell.fill = { type: 'pattern', pattern: 'solid', fgColor: { argb: HEADING_FILL } };
    cell.numFmt = FORMATS.text;
  });
}

function cellOf(kind: CellKind, value: CellValue): ExcelJS.CellValue {
  if (typeof value === 'string') return harmless(value);
  return kind === 'time' && value !== null ? shanghaiClock(value) : value;
}
