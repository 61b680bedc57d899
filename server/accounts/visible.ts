import type { Visibility } from './principal.ts';

/* What a caller may see, as SQL. */

/** The four parameters of {@link visible}. */
export function visibilityParameters(visibility: Visibility): unknown[] {
  if (visibility.all) return [true, [], [], []];
  return [false, visibility.areaIds, visibility.industries, visibility.unitIds];
}

/** Condition on columns that say where something belongs. The caller's part is in four parameters from `first` on. */
export function visible(areaId: string, industry: string, unitId: string, first: number): string {
  return `($${first}::bool or ${areaId} = any ($${first + 1}::uuid[]) or ${industry} = any ($${first + 2}::text[])
    or ${unitId} = any ($${first + 3}::uuid[]))`;
}
