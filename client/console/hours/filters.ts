import type { INDUSTRIES, PERSON_CATEGORIES } from '#contract/plain.ts';

/** What of the ledger is looked at, in every part of the page. */
export interface LedgerFilters {
  year?: number | undefined;
  areaId?: string | undefined;
  industry?: (typeof INDUSTRIES)[number] | undefined;
  category?: (typeof PERSON_CATEGORIES)[number] | undefined;
}
