import type { LedgerGroup, LedgerOverview } from '#contract/hours.ts';
import { Industry, PersonCategory } from '#contract/organisations.ts';
import type { LedgerCell } from './store.ts';

const FIGURES = [
  'people',
  'due',
  'fulfilled',
  'behind',
  'dueHours',
  'countedMs',
  'statutoryMs',
  'attendedMs',
] as const satisfies (keyof LedgerGroup)[];

const chinese = new Intl.Collator('zh');

/** Makes totals and groups of what was counted. Everybody is in exactly one cell. */
export function groupsOf(
  cells: readonly LedgerCell[],
): Pick<LedgerOverview, 'totals' | 'byArea' | 'byIndustry' | 'byCategory'> {
  const inOrder = [...cells].sort(
    (a, b) =>
      a.areaPosition - b.areaPosition || chinese.compare(a.areaName, b.areaName) || (a.areaId < b.areaId ? -1 : 1),
  );
  const areas = new Map(inOrder.map(({ areaId, areaName }) => [areaId, areaName]));
  const only = (belongs: (cell: LedgerCell) => boolean) => cells.filter(belongs);
  return {
    totals: sumOf(cells),
    byArea: [...areas].map(([areaId, areaName]) => ({
      ...sumOf(only((cell) => cell.areaId === areaId)),
      ...{ areaId, areaName },
    })),
    byIndustry: [...Industry.options, null].flatMap((industry) => {
      const group = only((cell) => cell.industry === industry);
      return group.length > 0 ? [{ ...sumOf(group), industry }] : [];
    }),
    byCategory: PersonCategory.options.flatMap((category) => {
      const group = only((cell) => cell.category === category);
      return group.length > 0 ? [{ ...sumOf(group), category }] : [];
    }),
  };
}

function sumOf(cells: readonly LedgerCell[]): LedgerGroup {
  const sums = FIGURES.map((figure) => [figure, cells.reduce((sum, cell) => sum + cell[figure], 0)]);
  return Object.fromEntries(sums) as LedgerGroup;
}
