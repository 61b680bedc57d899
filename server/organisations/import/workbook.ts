import { Readable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import ExcelJS from 'exceljs';
import { AppError } from '../../errors.ts';
import { type Part, pack, unpack } from './zip.ts';

export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

/** A column that a sheet may have. The first heading is the template's. */
export interface Column<K extends string> {
  key: K;
  headings: readonly [string, ...string[]];
  required: boolean;
}

export interface Cell {
  text: string;
  /** A number of more than 15 digits: Excel has already rounded it. */
  rounded: boolean;
}

export interface Row<K extends string> {
  /** As Excel numbers it. */
  row: number;
  cells: Partial<Record<K, Cell>>;
}

export interface Table<K extends string> {
  /** Headings as they stand in the sheet. */
  headings: Partial<Record<K, string>>;
  /** First headings of required columns that no sheet has; there are no rows then. */
  missing: string[];
  rows: Row<K>[];
  /** There were more rows than allowed; the rest was not read. */
  tooMany: boolean;
}

export const MAX_ROWS = 50_000;
const MAX_INFLATED = 160 * 1024 * 1024;
const PIECE = 64 * 1024;
/** The headings may stand below a title. */
const HEADING_ROWS = 10;
const MAX_COLUMNS = 100;
/** Reading a row's cells costs about as much when it is empty; a sheet formatted to its last row has a million. */
const MAX_EMPTY_ROWS = 200_000;

/**
 * Reads the first sheet that has the required columns. Blank rows are left out; a merged cell counts for each of its
 * rows; formulas give their stored result.
 * @throws AppError `bad-workbook` when this is not an .xlsx file or inflates beyond reason
 */
export async function readTable<K extends string>(file: Buffer, columns: readonly Column<K>[]): Promise<Table<K>> {
  try {
    return await read(file, columns);
  } catch {
    // Whatever the parser makes of a damaged file, the person needs to know only this.
    throw new AppError('bad-workbook');
  }
}

async function read<K extends string>(file: Buffer, columns: readonly Column<K>[]): Promise<Table<K>> {
  const parts = inOrder(await unpack(file, isWanted, MAX_INFLATED));
  if (!parts.some((part) => part.name === 'xl/workbook.xml')) throw new Error('no workbook');
  const sheets = parts.filter((part) => SHEET.test(part.name));
  const reader = new ExcelJS.stream.xlsx.WorkbookReader(Readable.from(inPieces(pack(parts))), {
    worksheets: 'emit',
    sharedStrings: 'cache',
    hyperlinks: 'ignore',
    styles: 'ignore',
    entries: 'ignore',
  });
  let index = 0;
  let closest: Table<K> | undefined;
  for await (const sheet of reader) {
    const table = await readSheet(sheet, mergedRows(sheets[index++]), columns);
    if (table.missing.length === 0) return table;
    if (!closest || table.missing.length < closest.missing.length) closest = table;
  }
  if (!closest) throw new Error('no sheet');
  return closest;
}

/** A sheet parsed in one go would keep this worker's sockets waiting for seconds. */
async function* inPieces(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE) {
    await setImmediate();
    yield bytes.subarray(from, from + PIECE);
  }
}

async function readSheet<K extends string>(
  sheet: AsyncIterable<ExcelJS.Row>,
  merged: Map<string, number>,
  columns: readonly Column<K>[],
): Promise<Table<K>> {
  const table: Table<K> = { headings: {}, missing: requiredOf(columns), rows: [], tooMany: false };
  let positions: Map<number, K> | undefined;
  const open = new Map<number, { until: number; cell: Cell }>();
  let seen = 0;
  let empty = 0;
  for await (const row of sheet) {
    if (!positions) {
      if (seen++ >= HEADING_ROWS) break;
      const found = headingsOf(row, columns);
      const missing = columns.filter((column) => column.required && ![...found.values()].includes(column.key));
      if (missing.length < table.missing.length || missing.length === 0) {
        table.missing = missing.map((column) => column.headings[0]);
      }
      if (missing.length > 0) continue;
      positions = found;
      for (const [position, key] of found) table.headings[key] = cellOf(row, position).text;
      continue;
    }
    const cells: Row<K>['cells'] = {};
    let blank = true;
    for (const [position, key] of positions) {
      const cell = cellOf(row, position);
      if (cell.text !== '') {
        blank = false;
        cells[key] = cell;
        const until = merged.get(`${row.number}:${position}`);
        if (until) open.set(position, { until, cell });
        continue;
      }
      const above = open.get(position);
      if (above && row.number <= above.until) cells[key] = above.cell;
    }
    if (blank) {
      if (++empty > MAX_EMPTY_ROWS) break;
      continue;
    }
    if (table.rows.length === MAX_ROWS) {
      table.tooMany = true;
      break;
    }
    table.rows.push({ row: row.number, cells });
  }
  return table;
}

function requiredOf<K extends string>(columns: readonly Column<K>[]): string[] {
  return columns.filter((column) => column.required).map((column) => column.headings[0]);
}

function headingsOf<K extends string>(row: ExcelJS.Row, columns: readonly Column<K>[]): Map<number, K> {
  const found = new Map<number, K>();
  for (let position = 1; position <= Math.min(row.cellCount, MAX_COLUMNS); position++) {
    const heading = plainHeading(cellOf(row, position).text);
    const column = columns.find((candidate) => candidate.headings.some((name) => plainHeading(name) === heading));
    if (column && ![...found.values()].includes(column.key)) found.set(position, column.key);
  }
  return found;
}

/** `* 信用代码 (18 位)` is 信用代码. */
function plainHeading(text: string): string {
  return text
    .replace(/[(（][^)）]*[)）]/g, '')
    .replace(/[\s*＊_-]/g, '')
    .toLowerCase();
}

const BLANK: Cell = { text: '', rounded: false };
/** Beyond it Excel stores a number rounded. */
const EXACT = 1e15;

function cellOf(row: ExcelJS.Row, position: number): Cell {
  const cell = row.findCell(position);
  return cell ? cellText(cell.value) : BLANK;
}

function cellText(value: unknown): Cell {
  if (value === null || value === undefined) return BLANK;
  if (typeof value === 'number') {
    const text = Number.isInteger(value) ? value.toFixed(0) : Number.isNaN(value) ? '' : String(value);
    return { text, rounded: Math.abs(value) >= EXACT };
  }
  if (typeof value === 'string') return { text: value.trim(), rounded: false };
  if (typeof value === 'boolean') return { text: String(value), rounded: false };
  if (typeof value !== 'object') return BLANK;
  if ('richText' in value && Array.isArray(value.richText)) {
    const runs = value.richText.map((run: { text?: unknown }) => (typeof run.text === 'string' ? run.text : ''));
    return { text: runs.join('').trim(), rounded: false };
  }
  if ('result' in value) return cellText(value.result);
  if ('error' in value) return { text: String(value.error), rounded: false };
  if ('text' in value) return cellText(value.text);
  return BLANK;
}

const SHEET = /^xl\/worksheets\/sheet\d+\.xml$/;
/** The reader needs each of these before the next, and the sheets last. */
const FIRST = ['[Content_Types].xml', 'xl/_rels/workbook.xml.rels', 'xl/workbook.xml', 'xl/sharedStrings.xml'];

function isWanted(name: string): boolean {
  return FIRST.includes(name) || SHEET.test(name);
}

/** A workbook without text has no table of strings; the reader waits for one, so it gets an empty one. */
const NO_STRINGS: Part = {
  name: 'xl/sharedStrings.xml',
  content: Buffer.from('<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'),
  crc: 0,
};

function inOrder(parts: Part[]): Part[] {
  const all = parts.some((part) => part.name === NO_STRINGS.name) ? parts : [...parts, NO_STRINGS];
  const rank = (part: Part) => {
    const index = FIRST.indexOf(part.name);
    return index === -1 ? FIRST.length : index;
  };
  const number = (part: Part) => Number(/\d+/.exec(part.name)?.[0] ?? 0);
  return all.toSorted((a, b) => rank(a) - rank(b) || number(a) - number(b));
}

/** Last row of each merged range that spans several, by `row:column` of its upper left cell. */
function mergedRows(sheet: Part | undefined): Map<string, number> {
  const merged = new Map<string, number>();
  const start = sheet ? sheet.content.indexOf('<mergeCells') : -1;
  if (!sheet || start === -1) return merged;
  for (const [, column = '', from, to] of sheet.content
    .toString('utf8', start)
    .matchAll(/<mergeCell [^>]*ref="([A-Z]{1,3})(\d+):[A-Z]{1,3}(\d+)"/g)) {
    if (from !== to) merged.set(`${from}:${columnNumber(column)}`, Number(to));
  }
  return merged;
}

function columnNumber(letters: string): number {
  let number = 0;
  for (const letter of letters) number = number * 26 + (letter.charCodeAt(0) - 64);
  return number;
}
