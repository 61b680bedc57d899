import { useParams } from 'react-router';
import { Tabs } from '#client/ui/tabs.tsx';
import { ArchiveButton } from '../archives/archive-button.tsx';
import { useRead } from '../data.ts';
import { DownloadButton, Loaded, PageHead } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { type Report, ReportFigures } from './report-figures.tsx';
import { useGroupTabs } from './session-report.tsx';
import { useReportText } from './text.ts';

/** Attendance of a course over its sessions. */
export default function CourseReport() {
  const { courseId = '' } = useParams();
  const report = useRead('GET /courses/:courseId/report', { params: { courseId } });
  return <Loaded read={report}>{(loaded) => <CourseReportView report={loaded} />}</Loaded>;
}

function CourseReportView({ report }: { report: Report }) {
  const t = useReportText();
  const groups = useGroupTabs(report);
  const { courseId } = report;
  const { bureau, supervisor, enterprise } = useRoles();
  return (
    <>
      <PageHead title={t('courseReport')} back={{ to: `/console/courses/${courseId}`, label: report.courseTitle }}>
        {(bureau || supervisor || enterprise) && <ArchiveButton kind="course" id={courseId} mayUnmask />}
        <DownloadButton
          endpoint="GET /courses/:courseId/export/attendance"
          params={{ courseId }}
          query={{ format: 'csv' }}
        >
          {t('exportCsv')}
        </DownloadButton>
        <DownloadButton
          endpoint="GET /courses/:courseId/export/attendance"
          params={{ courseId }}
          query={{ format: 'xlsx' }}
        >
          {t('exportXlsx')}
        </DownloadButton>
      </PageHead>
      <ReportFigures report={report} />
      <section className="section">
        <Tabs lazy label={t('groups')} tabs={groups} />
      </section>
    </>
  );
}
