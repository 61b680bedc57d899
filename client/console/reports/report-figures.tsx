import { Alert } from 'antd';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { Figure, Share } from '../parts.tsx';
import { percent, useReportText } from './text.ts';

export type Report = Result<'GET /sessions/:sessionId/report'>;

/** The totals, each under its own name and with its definition; counts are never mixed. */
export function ReportFigures({ report }: { report: Report }) {
  const t = useReportText();
  const language = useLanguage();
  const { totals } = report;
  return (
    <section className="section">
      <div className="figures">
        <Figure name={t('due')} value={formatCount(totals.due)} title={t('dueDefinition')} />
        <Figure
          name={t('present')}
          value={formatCount(totals.present)}
          title={t('presentDefinition', { seconds: report.attendanceSeconds })}
        />
        <Figure name={t('rate')} value={percent(totals.rate)} title={t('rateDefinition')} />
        <Figure
          name={t('units')}
          value={<Share part={totals.unitsPresent} whole={totals.unitsDue} />}
          title={t('unitsDefinition')}
        />
        <Figure name={t('attendances')} value={formatCount(totals.attendances)} title={t('attendancesDefinition')} />
        {totals.attendancesReplay + totals.attendancesVenue > 0 && (
          <Figure
            name={t('ways')}
            value={t('waysCount', {
              live: formatCount(totals.attendances - totals.attendancesReplay - totals.attendancesVenue),
              replay: formatCount(totals.attendancesReplay),
              venue: formatCount(totals.attendancesVenue),
            })}
            title={t('waysDefinition')}
          />
        )}
        <Figure name={t('people')} value={formatCount(totals.people)} title={t('peopleDefinition')} />
        <Figure name={t('devices')} value={formatCount(totals.devices)} title={t('devicesDefinition')} />
        {report.peakDevices !== null && (
          <Figure name={t('peak')} value={formatCount(report.peakDevices)} title={t('peakDefinition')} />
        )}
        <Figure
          name={t('complete')}
          value={formatCount(totals.complete)}
          title={t('completeDefinition', { percent: report.completePercent })}
        />
        <Figure name={t('credited')} value={hours(totals.creditedSeconds)} title={t('creditedDefinition')} />
        <Figure
          name={t('paper')}
          value={<Share part={totals.paperPassed} whole={totals.paperSubmitted} />}
          title={t('paperDefinition')}
        />
        {totals.presentNotDue > 0 && (
          <Figure
            name={t('presentNotDue')}
            value={formatCount(totals.presentNotDue)}
            title={t('presentNotDueDefinition')}
          />
        )}
      </div>
      {report.addedAfterFreeze > 0 && (
        <Alert type="info" showIcon title={t('added', { count: report.addedAfterFreeze })} style={{ marginTop: 16 }} />
      )}
      <p className="muted section__foot">{t('readAt', { time: formatDateTime(report.at, language) })}</p>
    </section>
  );
}

/** `1,613.4`. */
function hours(seconds: number): string {
  const tenths = Math.floor(seconds / 360);
  return `${formatCount(Math.floor(tenths / 10))}.${tenths % 10}`;
}
