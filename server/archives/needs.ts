import type pg from 'pg';
import type { Visibility } from '../accounts/principal.ts';
import type { Corrections } from '../attendance/correcting.ts';
import type { Proofs } from '../proofs/service.ts';
import type { createExports } from '../reports/exports.ts';
import type { Reports } from '../reports/service.ts';
import type { Sealing } from '../sealing.ts';

/** What archives are made of. */
export interface ArchiveNeeds {
  pool: pg.Pool;
  sealing: Sealing;
  reports: Reports;
  exports: ReturnType<typeof createExports>;
  corrections: Corrections;
  proofs: Proofs;
}

export interface Wanted {
  id: string;
  format: 'xlsx' | 'csv' | 'pdf';
  full: boolean;
  visibility: Visibility;
  origin: string;
  /** Epoch ms. */
  asOf: number;
}
