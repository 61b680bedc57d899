import { formatCount } from '#client/format.ts';
import { classHours } from '#contract/class-hours.ts';
import type { LedgerGroup } from '#contract/hours.ts';
import { percent } from '../reports/text.ts';
import { WideTable } from '../table.tsx';
import { useLedgerText } from './text.ts';

/** The ledger by area, industry or category. */
export function HoursGroups<T extends LedgerGroup>({
  title,
  rows,
  name,
  minutes,
}: {
  title: string;
  rows: T[];
  name: (row: T) => string;
  /** Of a class hour. */
  minutes: number;
}) {
  const t = useLedgerText();
  const column = (key: string, heading: string, value: (row: T) => number, shown = formatCount) => ({
    title: heading,
    key,
    width: 112,
    align: 'right' as const,
    sorter: (a: T, b: T) => value(a) - value(b),
    render: (_: unknown, row: T) => shown(value(row)),
  });
  return (
    <WideTable<T>
      rowKey={name}
      dataSource={rows}
      pagination={false}
      minWidth={960}
      locale={{ emptyText: t('noRows') }}
      columns={[
        { title, key: 'name', fixed: 'left', width: 150, render: (_, row) => name(row) },
        column('people', t('people'), (row) => row.people),
        column('due', t('due'), (row) => row.due),
        column('fulfilled', t('fulfilledPeople'), (row) => row.fulfilled),
        column('behind', t('behindPeople'), (row) => row.behind),
        column('rate', t('rate'), rateOf, (rate) => percent(rate < 0 ? null : rate)),
        column('statutory', t('statutory'), (row) => classHours(row.statutoryMs, minutes), String),
        column('attended', t('attended'), (row) => Math.floor(row.attendedMs / 60_000)),
      ]}
    />
  );
}

/** Below zero, and so first in order, where nothing is due. */
function rateOf({ due, fulfilled }: LedgerGroup): number {
  return due === 0 ? -1 : fulfilled / due;
}
