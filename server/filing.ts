import { createCorrections } from './attendance/correcting.ts';
import { createSeals } from './attendance/seals.ts';
import { createProofs } from './proofs/service.ts';
import { createExports } from './reports/exports.ts';
import { createReports } from './reports/service.ts';
import type { Services } from './services.ts';

/** The features that archives are made of, each given what it needs of the others. */
export function createFiling(services: Pick<Services, 'db' | 'clock' | 'config' | 'sealing'>) {
  const proofs = createProofs(services);
  const corrections = createCorrections(services, { credited: proofs.corrected });
  const seals = createSeals(services.db);
  const reports = createReports(services);
  const exports = createExports(reports, { seals, corrections }, services.clock);
  return { proofs, corrections, seals, reports, exports };
}
