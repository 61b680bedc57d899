import { PassThrough } from 'node:stream';
import { ZipFile } from 'yazl';
import type { CellKind, CellValue, Column } from './cells.ts';
import { columnName, lookXml, rowXml, type Style, styleIndex } from './xlsx/cells.ts';
import { partsOf, sheetHead, sheetTail } from './xlsx/package.ts';

/** Empty squares around a code. */
const QUIET = 4;
/** Title and note stand above the headings. */
const HEADING_ROW = 3;
/** Fast, and a third larger than the best: an export is made once and read once. */
const COMPRESSION = 1;
/** Rows are handed on in pieces of about so many characters. */
const PIECE = 64 * 1024;

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
  const zip = new ZipFile();
  zip.outputStream.on('error', (error: Error) => out.destroy(error));
  zip.outputStream.pipe(out);
  const names: string[] = [];

  /** A sheet that is written, and compressed, while its pieces are put into it. */
  async function sheet(name: string, fill: (put: (xml: string) => Promise<void>) => Promise<void>): Promise<void> {
    names.push(name);
    const content = new PassThrough({ highWaterMark: 4 * PIECE });
    const gone = () => content.destroy();
    out.once('close', gone);
    zip.addReadStream(content, `xl/worksheets/sheet${names.length}.xml`, { compressionLevel: COMPRESSION });
    await fill(async (xml) => {
      if (out.destroyed) throw new Error('the reader of the workbook went away');
      if (!content.write(xml)) await drained(content);
      else await new Promise((resolve) => setImmediate(resolve));
    });
    content.end();
    out.off('close', gone);
  }

  const writer: WorkbookWriter = {
    page: (name, widths, lines) =>
      sheet(name, async (put) => {
        const rows = lines.map(({ cells, look }, n) =>
          rowXml(n + 1, look ? cells.map((cell) => ({ ...cell, style: look })) : cells),
        );
        const columns = widths.map((width) => ({ width, style: 0 }));
        await put(`${sheetHead(columns)}${rows.join('')}${sheetTail()}`);
      }),

    squares: (name, rows) =>
      sheet(name, async (put) => {
        // A margin of four, which readers of such codes ask for.
        const columns = Array.from({ length: (rows[0]?.length ?? 0) + 2 * QUIET }, () => ({ width: 1.7, style: 0 }));
        const xml = rows.map((squares, n) => {
          const row = n + 1 + QUIET;
          const cells = squares.map((dark, column) => (dark ? lookXml(row, column + QUIET, 'dark') : ''));
          return `<row r="${row}" ht="9" customHeight="1">${cells.join('')}</row>`;
        });
        await put(`${sheetHead(columns, { grid: false, rowHeight: 9 })}${xml.join('')}${sheetTail()}`);
      }),

    table: (name, { title, note }, columns, rows) =>
      sheet(name, async (put) => {
        const kinds = columns.map(({ width, kind }) => ({ width, style: styleIndex(kind) }));
        const text = (value: string, style: Style) => ({ kind: 'text' as const, value, style });
        let xml = sheetHead(kinds, { frozen: HEADING_ROW });
        xml += rowXml(1, [text(title, 'title')]);
        xml += rowXml(2, [text(note, 'text')]);
        xml += rowXml(
          HEADING_ROW,
          columns.map(({ heading }) => text(heading, 'heading')),
        );
        let number = HEADING_ROW;
        const cells = columns.map(({ kind }): { kind: CellKind; value: CellValue } => ({ kind, value: null }));
        for await (const some of rows) {
          for (const row of some) {
            number += 1;
            for (let n = 0; n < columns.length; n += 1) {
              (cells[n] as { value: CellValue }).value = (columns[n] as (typeof columns)[number]).value(row);
            }
            xml += rowXml(number, cells);
            if (xml.length < PIECE) continue;
            await put(xml);
            xml = '';
          }
        }
        const last = columnName(Math.max(0, columns.length - 1));
        await put(xml + sheetTail(`A${HEADING_ROW}:${last}${HEADING_ROW}`));
      }),
  };

  write(writer)
    .then(() => {
      for (const [name, xml] of partsOf(names)) zip.addBuffer(Buffer.from(xml), name);
      zip.end();
    })
    .catch((error: Error) => out.destroy(error));
  return out;
}

/** Until more can be written, or nothing any more. */
function drained(stream: PassThrough): Promise<void> {
  return new Promise((resolve) => {
    const on = () => {
      stream.off('drain', on).off('close', on);
      resolve();
    };
    stream.on('drain', on).on('close', on);
  });
}
