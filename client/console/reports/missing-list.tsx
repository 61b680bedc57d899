import { Table } from 'antd';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { CopyButton, DownloadButton, HighRiskTag } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { useReportText } from './text.ts';

export type MissingUnit = Result<'GET /sessions/:sessionId/missing'>[number];

/** One unit a line, to be pasted into a message. */
export function missingAsText(units: MissingUnit[]): string {
  return units
    .map((unit) => [unit.unitName, unit.areaName, unit.contactName, unit.contactPhone].filter(Boolean).join('\t'))
    .join('\n');
}

/** 未参训名单: high-risk first, with whom to call. */
export function MissingList({ sessionId, live }: { sessionId: string; live: boolean }) {
  const t = useReportText();
  const shared = useConsoleText();
  const missing = useRead('GET /sessions/:sessionId/missing', { params: { sessionId } }, { every: live && 15_000 });
  const units = missing.data ?? [];
  return (
    <>
      <div className="filters">
        <CopyButton text={missingAsText(units)} label={t('copyAll')} />
        <DownloadButton endpoint="GET /sessions/:sessionId/export/missing" params={{ sessionId }}>
          {t('exportMissing')}
        </DownloadButton>
      </div>
      <Table<MissingUnit>
        rowKey="unitId"
        size="middle"
        loading={missing.isLoading}
        dataSource={units}
        scroll={{ x: 720 }}
        locale={{ emptyText: t('noneMissing') }}
        pagination={{ pageSize: 100, hideOnSinglePage: true, showTotal: (count) => shared('total', { count }) }}
        columns={[
          {
            title: t('unit'),
            key: 'unit',
            fixed: 'left',
            width: 220,
            render: (_, unit) => (
              <>
                {unit.unitName} {unit.highRisk && <HighRiskTag />}
              </>
            ),
          },
          { title: t('area'), dataIndex: 'areaName' },
          { title: t('due'), dataIndex: 'due', align: 'right' },
          { title: t('contact'), dataIndex: 'contactName' },
          {
            title: t('contactPhone'),
            key: 'phone',
            render: (_, unit) => unit.contactPhone && <a href={`tel:${unit.contactPhone}`}>{unit.contactPhone}</a>,
          },
        ]}
      />
    </>
  );
}
