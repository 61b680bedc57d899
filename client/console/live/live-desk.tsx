import { Alert, App, Button } from 'antd';
import { useEffect, useState } from 'react';
import { Link, useParams } from 'react-router';
import { formatCount } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { CopyButton, DownloadButton, Figure, HighRiskTag, Loaded, PageHead, StateTag } from '../parts.tsx';
import { type MissingUnit, missingAsText } from '../reports/missing-list.tsx';
import { percent, useReportText } from '../reports/text.ts';
import { useRoles } from '../roles.ts';
import { type ArrivalPoint, ArrivalsCurve } from './arrivals.tsx';
import { useDeskLink } from './desk-link.ts';
import { QuestionsPanel } from './questions-panel.tsx';
import { QuizPanel } from './quiz-panel.tsx';
import { StreamPanel } from './stream-panel.tsx';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

/** 直播台: the picture, who came, who is missing, questions both ways. */
export default function LiveDesk() {
  const { sessionId = '' } = useParams();
  const session = useRead('GET /sessions/:sessionId', { params: { sessionId } });
  return <Loaded read={session}>{(loaded) => <Desk key={loaded.id} session={loaded} />}</Loaded>;
}

function Desk({ session }: { session: Session }) {
  const t = useDeskText();
  const { bureau, supervisor, instructor } = useRoles();
  const params = { sessionId: session.id };
  const live = session.state === 'live';
  const link = useDeskLink(session.id);
  const over = session.state === 'ended' || session.state === 'archived';
  const health = useRead('GET /sessions/:sessionId/stream', { params }, { every: over ? false : 2_000 });

  return (
    <>
      <PageHead
        title={
          <>
            {session.topic} <StateTag state={session.state} />
          </>
        }
        back={{ to: `/console/courses/${session.courseId}`, label: session.courseTitle }}
      >
        {bureau && <RunButtons session={session} publishing={health.data?.publishing ?? false} />}
      </PageHead>
      {!link.connected && link.room && (
        <Alert type="warning" showIcon title={t('offlineNow')} style={{ marginBottom: 16 }} />
      )}
      {over && (
        <Alert
          type="info"
          showIcon
          title={t('ended')}
          style={{ marginBottom: 16 }}
          action={<Link to={`/console/sessions/${session.id}/report`}>{t('seeReport')}</Link>}
        />
      )}
      <div className="desk">
        <div>
          <StreamPanel sessionId={session.id} health={health.data} />
        </div>
        <div>
          <CountsPanel sessionId={session.id} live={live} devices={link.devices} />
          {(bureau || instructor) && <QuizPanel sessionId={session.id} courseId={session.courseId} live={live} />}
        </div>
        <div>
          {(bureau || supervisor) && <MissingPanel sessionId={session.id} live={live} />}
          {(bureau || instructor) && <QuestionsPanel sessionId={session.id} />}
        </div>
      </div>
    </>
  );
}

function RunButtons({ session, publishing }: { session: Session; publishing: boolean }) {
  const t = useDeskText();
  const { modal } = App.useApp();
  const move = useAct('POST /sessions/:sessionId/state');
  const to = (state: 'live' | 'ended') => move.mutateAsync({ params: { sessionId: session.id }, body: { to: state } });

  if (session.state === 'draft') return <span className="muted">{t('schedule')}</span>;
  if (session.state === 'scheduled') {
    const ask = () =>
      modal.confirm({
        title: t('start'),
        content: publishing ? t('startSure') : t('startNoPicture'),
        okText: t('start'),
        onOk: () => to('live').catch(() => undefined),
      });
    return (
      <Button type="primary" size="large" onClick={ask}>
        {t('start')}
      </Button>
    );
  }
  if (session.state !== 'live') return null;
  const ask = () =>
    modal.confirm({
      title: t('end'),
      content: t('endSure'),
      okText: t('end'),
      okButtonProps: { danger: true },
      onOk: () => to('ended').catch(() => undefined),
    });
  return (
    <Button danger size="large" onClick={ask}>
      {t('end')}
    </Button>
  );
}

function CountsPanel({ sessionId, live, devices }: { sessionId: string; live: boolean; devices: number }) {
  const t = useDeskText();
  const name = useReportText();
  const report = useRead('GET /sessions/:sessionId/report', { params: { sessionId } }, { every: live && 5_000 });
  const [points, setPoints] = useState<ArrivalPoint[]>([]);
  const present = report.data?.totals.present ?? 0;

  useEffect(() => {
    if (live) setPoints((old) => [...old.slice(-719), { at: Date.now(), devices, present }]);
  }, [live, devices, present]);

  const totals = report.data?.totals;
  return (
    <section className="section">
      <div className="figures">
        <Figure name={t('online')} value={formatCount(devices)} title={name('devicesDefinition')} />
        <Figure
          name={`${name('present')} / ${name('due')}`}
          value={totals ? `${formatCount(totals.present)} / ${formatCount(totals.due)}` : '–'}
          title={name('presentDefinition', { seconds: report.data?.attendanceSeconds ?? 60 })}
        />
        <Figure name={name('rate')} value={percent(totals?.rate ?? null)} title={name('rateDefinition')} />
        {report.data?.peakDevices != null && (
          <Figure name={name('peak')} value={formatCount(report.data.peakDevices)} title={name('peakDefinition')} />
        )}
      </div>
      {live && <ArrivalsCurve points={points} />}
    </section>
  );
}

function MissingPanel({ sessionId, live }: { sessionId: string; live: boolean }) {
  const t = useDeskText();
  const name = useReportText();
  const params = { sessionId };
  const missing = useRead('GET /sessions/:sessionId/missing', { params }, { every: live && 10_000 });
  const units: MissingUnit[] = missing.data ?? [];
  return (
    <section className="section">
      <h2>
        {t('missingUnits', { count: units.length })}
        <div className="page-actions">
          <CopyButton size="small" text={missingAsText(units)} label={name('copyAll')} />
          <DownloadButton endpoint="GET /sessions/:sessionId/export/missing" params={params}>
            {name('exportMissing')}
          </DownloadButton>
        </div>
      </h2>
      {units.length === 0 && <p className="muted">{name('noneMissing')}</p>}
      <ul className="list-plain">
        {units.map((unit) => (
          <li key={unit.unitId}>
            <div>
              {unit.unitName} {unit.highRisk && <HighRiskTag />}
              <div className="muted">
                {unit.areaName} · {unit.contactName}
              </div>
            </div>
            {unit.contactPhone && <a href={`tel:${unit.contactPhone}`}>{unit.contactPhone}</a>}
          </li>
        ))}
      </ul>
    </section>
  );
}
