import type { CellKind, CellValue } from '../reports/cells.ts';
import type { Rows } from '../reports/workbook.ts';

/** What stands in an archive, whether as workbook or on paper. */
export interface Archive {
  /** `一期一档`, … */
  kind: string;
  title: string;
  /** Of what moment, and whether more will come. */
  note: string;
  sections: Section[];
  seals: ArchiveSeal[];
}

export type Section = Facts | Table | Pictures;

export interface Facts {
  title: string;
  facts: [name: string, value: string][];
}

export interface Table {
  title: string;
  columns: TableColumn[];
  /** A value for each column. Read once. */
  rows: Rows<CellValue[]>;
  /** Instead of rows, where there are none. */
  empty: string;
}

/** On paper alone. */
export interface Pictures {
  title: string;
  pictures: Picture[];
}

/** A file beside an archive: shown where it is a picture, attached where it is a document. */
export interface Picture {
  caption: string;
  name: string;
  type: string;
  bytes: number;
  /** Null when it is no longer there. */
  read(): Promise<Buffer | null>;
}

export interface TableColumn {
  heading: string;
  kind: CellKind;
  /** In a workbook, in characters of half width. */
  width: number;
  /** On paper, in parts of the table's width; without it the column is not there. */
  paper?: number;
}

/** The record of a session that the archive was made from. */
export interface ArchiveSeal {
  /** `开工第一课 第 1 期`. */
  name: string;
  digest: string;
  links: number;
  entries: number;
  code: string;
  address: string;
  at: number;
}
