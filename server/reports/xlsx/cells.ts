import { type CellKind, type CellValue, harmless, shanghaiSerial } from '../cells.ts';

/** Looks of cells: indexes into `cellXfs` of the styles (package.ts), in its order. */
export const STYLES = ['plain', 'text', 'count', 'percent', 'minutes', 'time', 'title', 'heading', 'dark'] as const;
export type Style = (typeof STYLES)[number];

const INDEX = Object.fromEntries(STYLES.map((style, index) => [style, index])) as Record<Style, number>;

/** A row of cells from column A on. `row` counts from 1. */
export function rowXml(row: number, cells: readonly { kind: CellKind; value: CellValue; style?: Style }[]): string {
  let xml = `<row r="${row}">`;
  for (let n = 0; n < cells.length; n += 1) {
    const { kind, value, style = kind } = cells[n] as (typeof cells)[number];
    if (value !== null) xml += cellXml(`${columnName(n)}${row}`, kind, value, INDEX[style]);
  }
  return `${xml}</row>`;
}

/** A cell without content that only looks. */
export function lookXml(row: number, column: number, style: Style): string {
  return `<c r="${columnName(column)}${row}" s="${INDEX[style]}"/>`;
}

export function styleIndex(style: Style): number {
  return INDEX[style];
}

function cellXml(at: string, kind: CellKind, value: string | number, style: number): string {
  if (typeof value === 'string') {
    return `<c r="${at}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${xmlText(harmless(value))}</t></is></c>`;
  }
  return `<c r="${at}" s="${style}"><v>${kind === 'time' ? shanghaiSerial(value) : value}</v></c>`;
}

const NAMES: string[] = [];

/** `A`, … `Z`, `AA`, …: of the column `n`, which counts from 0. */
export function columnName(n: number): string {
  const known = NAMES[n];
  if (known !== undefined) return known;
  const name = (n >= 26 ? columnName(Math.floor(n / 26) - 1) : '') + String.fromCharCode(65 + (n % 26));
  NAMES[n] = name;
  return name;
}

const SPECIAL = /[&<>_\p{Cc}\p{Cs}\ufffe\uffff]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: those that XML 1.0 can't hold
const IMPOSSIBLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu;

/** Text as XML 1.0 can hold it. What it can't is replaced; what Excel would read as an escape (`_x0041_`) is escaped itself. */
export function xmlText(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return text
    .replace(IMPOSSIBLE, '\ufffd')
    .replace(/_(?=x[0-9A-Fa-f]{4}_)/g, '_x005F_')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;');
}
