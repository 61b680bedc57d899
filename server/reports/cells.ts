/** What a column of an export holds, and so how it is written. */
export type CellKind = 'text' | 'count' | 'percent' | 'minutes' | 'time';

/** `count`, `minutes`: the number; `percent`: the share, 0–1; `time`: epoch ms. Null stays empty. */
export type CellValue = string | number | null;

export interface Column<Row> {
  heading: string;
  /** In characters of half width. */
  width: number;
  kind: CellKind;
  value(row: Row): CellValue;
}

/** Exports are read in China, which has no summer time. */
const SHANGHAI_MS = 8 * 3_600_000;

const ACTS = /^[=+\-@\t\r]/;

/** Text that a spreadsheet would run as a formula is led by an apostrophe, so that a name can't act. */
export function harmless(text: string): string {
  return ACTS.test(text) ? `'${text}` : text;
}

/** Epoch ms as days since 1899-12-30 by a clock in Shanghai: spreadsheets know no time zone. */
export function shanghaiSerial(ms: number): number {
  return (ms + SHANGHAI_MS) / 86_400_000 + 25_569;
}

/** `2026-02-08 09:00:00`, in Shanghai. */
export function shanghaiTime(ms: number): string {
  return new Date(ms + SHANGHAI_MS).toISOString().slice(0, 19).replace('T', ' ');
}

/** Minutes to one decimal. */
export function minutes(seconds: number): number {
  return Math.round(seconds / 6) / 10;
}

const ROUNDED = /^\d{12,}$|^\d+E\d+$/;

/** As a field of a CSV file. */
export function csvField(kind: CellKind, value: CellValue): string {
  if (value === null) return '';
  if (typeof value === 'number') {
    if (kind === 'percent') return `${(value * 100).toFixed(1)}%`;
    return kind === 'time' ? shanghaiTime(value) : String(value);
  }
  // Excel would make a rounded number of a credit code without letters, or with one E.
  return ROUNDED.test(value) ? `\t${value}` : harmless(value);
}
