export interface Measured {
  /** The table: a row for each thing compared. */
  rows: Record<string, Record<string, string | number>>;
  /** The same for programs. */
  figures: object;
}

export type Benchmark = (say: (step: string) => void) => Promise<Measured>;
