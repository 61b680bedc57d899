import type { RecordClass, RetentionPeriods } from '#contract/retention.ts';

const DAY_MS = 86_400_000;

/**
 * Until when a record is kept, epoch ms: the same day so many years after the end of its class; of a 29 February the 1 March.
 */
export function recordDueAt(endedAt: number, recordClass: RecordClass, periods: RetentionPeriods): number {
  const due = new Date(endedAt);
  const years = recordClass === 'special' ? periods.specialRecordsYears : periods.recordsYears;
  due.setUTCFullYear(due.getUTCFullYear() + years);
  return due.getTime();
}

/** Until when it is kept which device was which, epoch ms. */
export function networkDueAt(endedAt: number, periods: RetentionPeriods): number {
  return endedAt + periods.networkLogsDays * DAY_MS;
}
