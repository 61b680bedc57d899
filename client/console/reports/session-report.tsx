import { Alert } from 'antd';
import { useParams } from 'react-router';
import { type Tab, Tabs } from '#client/ui/tabs.tsx';
import type { SessionState } from '#contract/courses.ts';
import { ArchiveButton } from '../archives/archive-button.tsx';
import { useRead } from '../data.ts';
import { DownloadButton, LinkButton, Loaded, PageHead } from '../parts.tsx';
import { ProofList } from '../proofs/proof-list.tsx';
import { useProofListText } from '../proofs/text.ts';
import { CorrectionsList } from '../records/corrections-list.tsx';
import { useRecordText } from '../records/text.ts';
import { useRoles } from '../roles.ts';
import { ScreensTable } from '../screens/screens-table.tsx';
import { useScreensText } from '../screens/text.ts';
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
    <Loaded read={report}>
      {(loaded) => <SessionReportView sessionId={sessionId} report={loaded} state={session.data?.state} />}
    </Loaded>
  );
}

function SessionReportView({
  sessionId,
  report,
  state,
}: {
  sessionId: string;
  report: Report;
  state: SessionState | undefined;
}) {
  const t = useReportText();
  const record = useRecordText();
  const proof = useProofListText();
  const screens = useScreensText();
  const live = state === 'live';
  const over = state === 'ended' || state === 'archived';
  const { bureau, supervisor, enterprise } = useRoles();
  const groups = useGroupTabs(report);
  const params = { sessionId };
  const correctable = bureau && state === 'ended' ? report.startedAt : null;
  return (
    <>
      <PageHead
        title={t('sessionReportOf', { number: report.number ?? 0, topic: report.topic ?? '' })}
        back={{ to: `/console/courses/${report.courseId}`, label: report.courseTitle }}
      >
        {(bureau || supervisor) && (
          <LinkButton to={`/console/sessions/${sessionId}/bulletin`}>{t('bulletin')}</LinkButton>
        )}
        {bureau && <LinkButton to={`/console/sessions/${sessionId}/record`}>{record('check')}</LinkButton>}
        {(bureau || supervisor || enterprise) && (
          <>
            <LinkButton to={`/console/sessions/${sessionId}/network`}>{t('network')}</LinkButton>
            <ArchiveButton kind="session" id={sessionId} mayUnmask />
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
          lazy
          label={t('groups')}
          tabs={[
            ...groups,
            {
              key: 'people',
              title: t('byPerson'),
              panel: <PeopleTable sessionId={sessionId} live={live} correctable={correctable} />,
            },
            ...(bureau || supervisor || enterprise
              ? [
                  {
                    key: 'screens',
                    title: screens('title'),
                    panel: <ScreensTable sessionId={sessionId} live={live} />,
                  },
                ]
              : []),
            ...(bureau || supervisor
              ? [{ key: 'missing', title: t('missing'), panel: <MissingList sessionId={sessionId} live={live} /> }]
              : []),
            ...(over
              ? [
                  {
                    key: 'corrections',
                    title: record('corrections'),
                    panel: <CorrectionsList sessionId={sessionId} mayCorrect={bureau} />,
                  },
                ]
              : []),
            ...(over && (bureau || supervisor || enterprise)
              ? [
                  {
                    key: 'proofs',
                    title: proof('proofs'),
                    panel: <ProofList sessionId={sessionId} mayWithdraw={bureau} />,
                  },
                ]
              : []),
          ]}
        />
      </section>
    </>
  );
}

/** The groupings that session and course reports share. */
export function useGroupTabs(report: Report): Tab[] {
  const t = useReportText();
  const word = useWords();
  const tabs: Tab[] = [
    { key: 'units', title: t('byUnit'), panel: <UnitTable rows={report.units} /> },
    {
      key: 'areas',
      title: t('byArea'),
      panel: <GroupTable title={t('area')} rows={report.byArea} name={(row) => row.areaName} />,
    },
    {
      key: 'kinds',
      title: t('byKind'),
      panel: <GroupTable title={t('kind')} rows={report.byUnitKind} name={(row) => word(row.unitKind)} />,
    },
    {
      key: 'industries',
      title: t('byIndustry'),
      panel: (
        <GroupTable
          title={t('industry')}
          rows={report.byIndustry}
          name={(row) => (row.industry ? word(row.industry) : t('none'))}
        />
      ),
    },
    {
      key: 'categories',
      title: t('byCategory'),
      panel: <GroupTable title={t('category')} rows={report.byCategory} name={(row) => word(row.category)} />,
    },
  ];
  return tabs.map(({ panel, ...tab }) => ({
    ...tab,
    panel: (
      <>
        {panel}
        <CountsDownload report={report} />
      </>
    ),
  }));
}

/** All groupings in one file, under each of them. */
function CountsDownload({ report: { sessionId, courseId } }: { report: Report }) {
  const t = useReportText();
  const { bureau, supervisor, enterprise } = useRoles();
  if (!bureau && !supervisor && !enterprise) return null;
  return (
    <p className="section__foot">
      {sessionId ? (
        <DownloadButton endpoint="GET /sessions/:sessionId/export/counts" params={{ sessionId }}>
          {t('exportCounts')}
        </DownloadButton>
      ) : (
        <DownloadButton endpoint="GET /courses/:courseId/export/counts" params={{ courseId }}>
          {t('exportCounts')}
        </DownloadButton>
      )}
    </p>
  );
}
