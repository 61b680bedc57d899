import { Button, Select } from 'antd';
import { useState } from 'react';
import { useParams } from 'react-router';
import { rowsOf, speedWords } from '#client/check/rows.ts';
import { useCheckText } from '#client/check/text.ts';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { QueryInput } from '#contract/api.ts';
import { NETWORK_VERDICTS, type NetworkVerdict } from '#contract/network-verdict.ts';
import { NETWORK_REPORTS_KEPT_DAYS } from '#contract/plain.ts';
import { useRead } from '../data.ts';
import { PageHead } from '../parts.tsx';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { type Reports, Standing, VerdictMark } from './standing.tsx';
import { useNetworkText } from './text.ts';

type Report = Reports['items'][number];
type Filters = Omit<NonNullable<QueryInput<'GET /sessions/:sessionId/network-reports'>>, 'page' | 'pageSize'>;

const EVERY_MS = 10_000;

/** 网络检测报告 of one session. */
export default function NetworkReportsPage() {
  const { sessionId = '' } = useParams();
  const t = useNetworkText();
  const language = useLanguage();
  const params = { sessionId };
  const paged = usePagedQuery<Filters>();
  const [unitName, setUnitName] = useState<string | null>(null);
  const session = useRead('GET /sessions/:sessionId', { params });
  const live = session.data?.state === 'live';
  const reports = useRead(
    'GET /sessions/:sessionId/network-reports',
    { params, query: paged.query },
    { every: live && EVERY_MS },
  );
  const { number = 0, topic = '', courseId = '', courseTitle = '' } = session.data ?? {};
  const narrowed = paged.query.verdict !== undefined || paged.query.unitId !== undefined;

  function narrow(unit: { unitId: string; unitName: string } | null) {
    setUnitName(unit?.unitName ?? null);
    paged.filter({ unitId: unit?.unitId });
  }

  return (
    <>
      <PageHead
        title={t('title', { number, topic })}
        back={{ to: `/console/courses/${courseId}`, label: courseTitle }}
      />
      <section className="section">
        <p className="section__lead muted">
          {t('lead', { days: NETWORK_REPORTS_KEPT_DAYS })} {live && t('update')}
        </p>
        {reports.data && <Standing reports={reports.data} onUnit={narrow} />}
      </section>
      <section className="section">
        <div className="filters">
          <Select
            allowClear
            placeholder={t('all')}
            aria-label={t('verdict')}
            style={{ width: 220 }}
            onChange={(verdict?: NetworkVerdict) => paged.filter({ verdict })}
            options={NETWORK_VERDICTS.map((value) => ({ value, label: t(value) }))}
          />
          {unitName !== null && <Button onClick={() => narrow(null)}>{t('ofUnit', { unit: unitName })} ✕</Button>}
        </div>
        <PagedTable<Report>
          read={reports}
          paged={paged}
          total={(count) => t('count', { count: formatCount(count) })}
          rowKey="id"
          minWidth={880}
          empty={t(narrowed ? 'noneFound' : 'none')}
          expanded={(report) => <Figures report={report} />}
          columns={[
            { title: t('unit'), dataIndex: 'unitName', fixed: 'left', width: 200 },
            { title: t('person'), dataIndex: 'personName', width: 90 },
            {
              title: t('verdict'),
              key: 'verdict',
              width: 170,
              render: (_, { verdict }) => <VerdictMark verdict={verdict} />,
            },
            {
              title: t('speed'),
              key: 'speed',
              align: 'right',
              width: 110,
              render: (_, { figures: { speed } }) => (speed && speed.segments > 0 ? speedWords(speed.kbps) : '–'),
            },
            {
              title: t('roundTrip'),
              key: 'trip',
              align: 'right',
              width: 90,
              render: (_, { figures: { api } }) => (api.medianMs === null ? '–' : `${api.medianMs} ms`),
            },
            {
              title: t('sentAt'),
              key: 'sentAt',
              width: 150,
              render: (_, { sentAt }) => formatDateTime(sentAt, language),
            },
            { title: t('number'), dataIndex: 'number', align: 'right', width: 80 },
          ]}
        />
      </section>
    </>
  );
}

function Figures({ report }: { report: Report }) {
  const t = useNetworkText();
  const words = useCheckText();
  const rows = [
    ...rowsOf(report.figures, words),
    { label: t('address'), value: report.address },
    { label: t('agent'), value: report.userAgent },
  ];
  return (
    <dl className="network-figures" aria-label={t('details')}>
      {rows.map(({ label, value }) => (
        <div key={label}>
          <dt>{label}</dt>
          <dd className="numbers">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
