import { Readable } from 'node:stream';
import ExcelJS from 'exceljs';

export interface ExportedPerson {
  name: string;
  creditedSeconds: number;
}

const SHEET = '人员明细';
const NAME = '姓名';
const CREDITED = /^有效时长/;

/** People of the attendance workbook. @throws Error where the sheet or its headings are missing */
export async function peopleOfWorkbook(content: Buffer): Promise<ExportedPerson[]> {
  const workbook = new ExcelJS.Workbook();
  await workbook.xlsx.load(content as unknown as ArrayBuffer);
  const sheet = workbook.getWorksheet(SHEET);
  if (!sheet) throw new Error(`the workbook has no sheet ${SHEET}`);
  return peopleOf(sheet);
}

/** People of the attendance CSV, which is UTF-8 with a byte order mark. */
export async function peopleOfCsv(content: Buffer): Promise<ExportedPerson[]> {
  if (content.subarray(0, 3).toString('hex') !== 'efbbbf') throw new Error('the CSV has no byte order mark');
  const workbook = new ExcelJS.Workbook();
  const sheet = await workbook.csv.read(Readable.from([content.subarray(3)]), { map: (value: string) => value });
  return peopleOf(sheet);
}

function peopleOf(sheet: ExcelJS.Worksheet): ExportedPerson[] {
  const rows: string[][] = [];
  sheet.eachRow((row) => {
    const cells: string[] = [];
    row.eachCell({ includeEmpty: true }, (cell, column) => {
      cells[column - 1] = cell.text;
    });
    rows.push(cells);
  });
  const headingAt = rows.findIndex((cells) => cells.includes(NAME));
  const headings = rows[headingAt] ?? [];
  const name = headings.indexOf(NAME);
  const credited = headings.findIndex((heading) => CREDITED.test(heading));
  if (name < 0 || credited < 0) throw new Error(`no ${NAME} or ${CREDITED} among the headings ${headings.join(', ')}`);
  // The unit stands in the heading: minutes, or seconds.
  const seconds = headings[credited]?.includes('秒') ? 1 : 60;
  return rows
    .slice(headingAt + 1)
    .filter((cells) => cells[name])
    .map((cells) => ({ name: cells[name] ?? '', creditedSeconds: Number(cells[credited] || 0) * seconds }));
}
