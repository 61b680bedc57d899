import { pipeline, Readable } from 'node:stream';
import { stringify } from 'csv-stringify';
import { type Column, csvField } from './cells.ts';
import type { Rows } from './workbook.ts';

/** A CSV file that Excel opens with right Chinese: UTF-8 with BOM, CRLF. Made while it is read. */
export function streamCsv<Row>(columns: Column<Row>[], rows: Rows<Row>): Readable {
  async function* lines() {
    yield columns.map((column) => column.heading);
    for await (const some of rows) {
      for (const row of some) yield columns.map(({ kind, value }) => csvField(kind, value(row)));
    }
  }
  const csv = stringify({ bom: true, record_delimiter: 'windows' });
  // An error at either end ends both; whoever reads `csv` hears of it there.
  pipeline(Readable.from(lines()), csv, () => undefined);
  return csv;
}
