import { Alert, Tabs } from 'antd';
import { useParams } from 'react-router';
import { useRead } from '../data.ts';
import { DownloadButton, LinkButton, Loaded, PageHead } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { useWords } from '../words.ts';
import { GroupTable, UnitTable } from './group-table.tsx';
import { MissingList } from './missing-list.tsx';
import { PeopleTable } from './people-table.tsx';
import { type Report, ReportFigures } from './report-figures.tsx';
import { useReportText } from './text.ts';

/** Attendance of one session. */
export default function SessionReport() {
  const { sessionId = '' } = useParams();
  const params = { sessionId };
  const session = useRead('GET /sessions/:sessionId', { params });
  const live = session.data?.state === 'live';
  const report = useRead('GET /sessions/:sessionId/report', { params }, { every: live && 10_000 });
  return (
    <Loaded read={report}>{(loaded) => <SessionReportView sessionId={sessionId} report={loaded} live={live} />}</Loaded>
  );
}

function SessionReportView({ sessionId, report, live }: { sessionId: string; report: Report; live: boolean }) {
  const t = useReportText();
  const { bureau, supervisor, enterprise } = useRoles();
  const groups = useGroupTabs(report);
  const params = { sessionId };
  return (
    <>
      <PageHead
        title={[t('sessionReport', { number: report.number ?? 0 }), report.topic].filter(Boolean).join('：')}
        back={{ to: `/console/courses/${report.courseId}`, label: report.courseTitle }}
      >
        {(bureau || supervisor) && (
          <LinkButton to={`/console/sessions/${sessionId}/bulletin`}>{t('bulletin')}</LinkButton>
        )}
        {(bureau || supervisor || enterprise) && (
          <>
            <DownloadButton
              endpoint="GET /sessions/:sessionId/export/attendance"
              params={params}
              query={{ format: 'csv' }}
            >
              {t('exportCsv')}
            </DownloadButton>
            <DownloadButton
              endpoint="GET /sessions/:sessionId/export/attendance"
              params={params}
              query={{ format: 'xlsx' }}
            >
              {t('exportXlsx')}
            </DownloadButton>
          </>
        )}
      </PageHead>
      {live && <Alert type="info" showIcon title={t('liveNow')} style={{ marginBottom: 16 }} />}
      <ReportFigures report={report} />
      <section className="section">
        <Tabs
          items={[
            ...groups,
            { key: 'people', label: t('byPerson'), children: <PeopleTable sessionId={sessionId} live={live} /> },
            ...(bureau || supervisor
              ? [{ key: 'missing', label: t('missing'), children: <MissingList sessionId={sessionId} live={live} /> }]
              : []),
          ]}
        />
      </section>
    </>
  );
}

/** The groupings that session and course reports share. */
export function useGroupTabs(report: Report) {
  const t = useReportText();
  const word = useWords();
  return [
    { key: 'units', label: t('byUnit'), children: <UnitTable rows={report.units} /> },
    {
      key: 'areas',
      label: t('byArea'),
      children: <GroupTable title={t('area')} rows={report.byArea} name={(row) => row.areaName} />,
    },
    {
      key: 'kinds',
      label: t('byKind'),
      children: <GroupTable title={t('kind')} rows={report.byUnitKind} name={(row) => word(row.unitKind)} />,
    },
    {
      key: 'industries',
      label: t('byIndustry'),
      children: (
        <GroupTable
          title={t('industry')}
          rows={report.byIndustry}
          name={(row) => (row.industry ? word(row.industry) : t('none'))}
        />
      ),
    },
    {
      key: 'categories',
      label: t('byCategory'),
      children: <GroupTable title={t('category')} rows={report.byCategory} name={(row) => word(row.category)} />,
    },
  ];
}
