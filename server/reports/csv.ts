import { Readable } from 'node:stream';
import { type CellValue, type Column, csvField } from './cells.ts';
import type { Rows } from './workbook.ts';

/** Lines are handed on in pieces of about so many characters. */
const PIECE = 64 * 1024;
const QUOTED = /[",\r\n]/;

/** A CSV file that Excel opens with right Chinese: UTF-8 with BOM, CRLF, quotes after RFC 4180. Made while it is read. */
export function streamCsv<Row>(columns: Column<Row>[], rows: Rows<Row>): Readable {
  async function* pieces() {
    let text = `\ufeff${lineOf(columns.map(({ heading }) => heading))}`;
    for await (const some of rows) {
      for (const row of some) {
        for (let n = 0; n < columns.length; n += 1) {
          const { kind, value } = columns[n] as Column<Row>;
          const field = csvField(kind, value(row) as CellValue);
          text += n === 0 ? quoted(field) : `,${quoted(field)}`;
        }
        text += '\r\n';
        if (text.length < PIECE) continue;
        yield Buffer.from(text);
        text = '';
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    yield Buffer.from(text);
  }
  return Readable.from(pieces(), { objectMode: false, highWaterMark: 4 * PIECE });
}

function lineOf(fields: string[]): string {
  return `${fields.map(quoted).join(',')}\r\n`;
}

function quoted(field: string): string {
  return QUOTED.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
