import { call } from '#client/api.ts';
import { formatCount } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { MaskedPhone } from '../masked-phone.tsx';
import { CopyButton, DownloadButton, HighRiskMark, Loaded } from '../parts.tsx';
import { WideTable } from '../table.tsx';
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
  const missing = useRead('GET /sessions/:sessionId/missing', { params: { sessionId } }, { every: live && 15_000 });
  return <Loaded read={missing}>{(units) => <List sessionId={sessionId} units={units} />}</Loaded>;
}

function List({ sessionId, units }: { sessionId: string; units: MissingUnit[] }) {
  const t = useReportText();
  return (
    <>
      <div className="filters">
        <CopyButton text={missingAsText(units)} label={t('copyAll')} />
        <DownloadButton endpoint="GET /sessions/:sessionId/export/missing" params={{ sessionId }}>
          {t('exportMissing')}
        </DownloadButton>
      </div>
      <WideTable<MissingUnit>
        rowKey="unitId"
        dataSource={units}
        minWidth={720}
        locale={{ emptyText: t('noneMissing') }}
        pagination={{ defaultPageSize: 50, showTotal: (count) => t('countUnits', { count: formatCount(count) }) }}
        columns={[
          {
            title: t('unit'),
            key: 'unit',
            fixed: 'left',
            width: 220,
            render: (_, unit) => (
              <>
                {unit.unitName} {unit.highRisk && <HighRiskMark />}
              </>
            ),
          },
          { title: t('area'), dataIndex: 'areaName' },
          { title: t('due'), dataIndex: 'due', align: 'right' },
          { title: t('contact'), key: 'contact', render: (_, unit) => unit.contactName ?? '–' },
          {
            title: t('contactPhone'),
            key: 'phone',
            render: (_, unit) => <ContactPhone unit={unit} />,
          },
        ]}
      />
    </>
  );
}

/** A unit's number: masked, and in full for whoever asks. */
export function ContactPhone({ unit: { unitId, unitName, contactPhone } }: { unit: MissingUnit }) {
  const read = () => call('GET /units/:unitId/contact-phone', { params: { unitId } });
  return <MaskedPhone masked={contactPhone} of={unitName} read={read} />;
}
