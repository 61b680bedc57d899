import { Input, Select, type TableColumnsType } from 'antd';
import { useState } from 'react';
import { formatCount } from '#client/format.ts';
import { HighRiskMark } from '../parts.tsx';
import { WideTable } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import type { Report } from './report-figures.tsx';
import { percent, useReportText } from './text.ts';

type Counts = Report['totals'];
type UnitRow = Report['units'][number];

/** Columns that every grouping has, numbers at the right. */
function useCountColumns<T extends Counts>(): TableColumnsType<T> {
  const t = useReportText();
  const number = (key: keyof Counts & string, title: string, value: (row: T) => number = (row) => row[key] ?? 0) => ({
    title,
    key,
    width: 116,
    align: 'right' as const,
    sorter: (a: T, b: T) => value(a) - value(b),
    render: (_: unknown, row: T) => formatCount(value(row)),
  });
  return [
    number('due', t('due')),
    number('present', t('present')),
    { ...number('rate', t('rate')), render: (_, row) => percent(row.rate) },
    number('attendances', t('attendances')),
    number('devices', t('devices')),
    number('complete', t('complete')),
    number('creditedSeconds', t('minutes'), (row) => Math.floor(row.creditedSeconds / 60)),
    {
      ...number('paperPassed', t('paper')),
      width: 140,
      render: (_, row) => `${formatCount(row.paperPassed)} / ${formatCount(row.paperSubmitted)}`,
    },
  ];
}

/** Counts by area, kind, industry or category. */
export function GroupTable<T extends Counts>({
  title,
  rows,
  name,
}: {
  title: string;
  rows: T[];
  name: (row: T) => string;
}) {
  const columns = useCountColumns<T>();
  const t = useReportText();
  return (
    <WideTable<T>
      rowKey={name}
      dataSource={rows}
      pagination={false}
      minWidth={1_120}
      locale={{ emptyText: t('noRows') }}
      columns={[{ title, key: 'name', fixed: 'left', width: 160, render: (_, row) => name(row) }, ...columns]}
    />
  );
}

/** Counts by unit, with filters. */
export function UnitTable({ rows }: { rows: UnitRow[] }) {
  const t = useReportText();
  const shared = useConsoleText();
  const word = useWords();
  const columns = useCountColumns<UnitRow>();
  const [q, setQ] = useState('');
  const [area, setArea] = useState<string | null>(null);
  const [risk, setRisk] = useState(false);
  const shown = rows.filter(
    (row) =>
      (q === '' || row.unitName.includes(q) || (row.creditCode ?? '').includes(q.toUpperCase())) &&
      (area === null || row.areaId === area) &&
      (!risk || row.highRisk),
  );
  const areas = [...new Map(rows.map((row) => [row.areaId, row.areaName]))];
  return (
    <>
      <div className="filters">
        <Input.Search
          allowClear
          placeholder={t('searchUnits')}
          aria-label={t('searchUnits')}
          style={{ width: 220 }}
          onChange={(event) => setQ(event.target.value.trim())}
        />
        <Select
          allowClear
          placeholder={t('area')}
          aria-label={t('area')}
          style={{ width: 180 }}
          onChange={(value) => setArea(value ?? null)}
          options={areas.map(([value, label]) => ({ value, label }))}
        />
        <Select
          value={risk ? 'high' : 'any'}
          aria-label={t('allRisk')}
          style={{ width: 140 }}
          onChange={(value) => setRisk(value === 'high')}
          options={[
            { value: 'any', label: t('allRisk') },
            { value: 'high', label: shared('highRisk') },
          ]}
        />
      </div>
      <WideTable<UnitRow>
        rowKey="unitId"
        dataSource={shown}
        minWidth={1_460}
        locale={{ emptyText: rows.length === 0 ? t('noRows') : t('noUnitFound') }}
        pagination={{ defaultPageSize: 50, showTotal: (count) => t('countUnits', { count: formatCount(count) }) }}
        columns={[
          {
            title: t('unit'),
            key: 'unit',
            fixed: 'left',
            width: 250,
            sorter: (a, b) => a.unitName.localeCompare(b.unitName, 'zh'),
            render: (_, row) => (
              <>
                {row.unitName} {row.highRisk && <HighRiskMark />}
              </>
            ),
          },
          { title: t('area'), dataIndex: 'areaName', width: 140 },
          { title: t('industry'), key: 'industry', width: 110, render: (_, row) => word(row.industry ?? row.unitKind) },
          ...columns,
        ]}
      />
    </>
  );
}
