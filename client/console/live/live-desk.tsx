import { Alert, App, Button } from 'antd';
import { useParams } from 'react-router';
import { formatClock } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { LinkButton, Loaded, PageHead, StateMark } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { ScreensPanel } from '../screens/screens-panel.tsx';
import { type Playout, PlayoutPanel } from '../videos/playout-panel.tsx';
import { ChaptersPanel } from './chapters-panel.tsx';
import { CountsPanel } from './counts-panel.tsx';
import { useDeskLink } from './desk-link.ts';
import { MissingPanel } from './missing-panel.tsx';
import { NetworkPanel } from './network-panel.tsx';
import { PresencePanel } from './presence-panel.tsx';
import { QuestionsPanel } from './questions-panel.tsx';
import { QuizPanel } from './quiz-panel.tsx';
import { StreamPanel } from './stream-panel.tsx';
import { useDeskText } from './text.ts';
import { standingOf } from './video-standing.ts';

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
  const over = session.state === 'ended' || session.state === 'archived';
  const link = useDeskLink(session.id);
  const health = useRead('GET /sessions/:sessionId/stream', { params }, { every: over ? false : 2_000 });

  const video = useRead('GET /sessions/:sessionId/playout', { params }, { every: over ? false : 2_000 });
  const playout = video.data?.playout ?? null;

  return (
    <>
      <PageHead
        title={t('title', { number: session.number, topic: session.topic })}
        mark={<StateMark state={session.state} />}
        back={{ to: `/console/courses/${session.courseId}`, label: session.courseTitle }}
      >
        {over && <LinkButton to={`/console/sessions/${session.id}/report`}>{t('seeReport')}</LinkButton>}
        {bureau && (
          <RunButtons session={session} publishing={health.data?.publishing ?? false} trialAt={trialOf(playout)} />
        )}
      </PageHead>
      {!link.connected && link.room && (
        <Alert type="warning" showIcon title={t('offlineNow')} style={{ marginBottom: 16 }} />
      )}
      <div className="desk">
        <div>
          <StreamPanel
            session={session}
            health={health.data}
            video={standingOf(playout, health.data?.publisherLostAt ?? null)}
            delivery={link.room?.delivery}
          />
          {bureau && video.data && !session.outsideUrl && (
            <PlayoutPanel session={session} playout={playout} instructorId={standbyOf(health.data)} />
          )}
        </div>
        <div>
          <CountsPanel session={session} devices={link.room && link.devices} />
          {(bureau || instructor) && <QuizPanel session={session} />}
          {(bureau || instructor) && <PresencePanel session={session} />}
          {(bureau || instructor) && session.state === 'live' && !session.outsideUrl && (
            <ChaptersPanel sessionId={session.id} place={() => null} />
          )}
        </div>
        <div>
          {(bureau || supervisor) && <MissingPanel session={session} />}
          {(bureau || supervisor) && <ScreensPanel session={session} />}
          {(bureau || supervisor) && <NetworkPanel session={session} />}
          {(bureau || instructor) && <QuestionsPanel sessionId={session.id} />}
        </div>
      </div>
    </>
  );
}

/** The newest live publisher on standby. */
function standbyOf(health: Result<'GET /sessions/:sessionId/stream'> | undefined): string | null {
  const live = (health?.publishers ?? []).filter(({ via, state }) => via !== 'file' && state === 'standby');
  return live[live.length - 1]?.id ?? null;
}

/** Where a video is that plays or stands still, ms; before the class that is a trial. Null when there is none. */
function trialOf(playout: Playout | null): number | null {
  const runs = playout?.state === 'playing' || playout?.state === 'held';
  return runs && playout.endedAt === null ? playout.positionMs : null;
}

function RunButtons({
  session,
  publishing,
  trialAt,
}: {
  session: Session;
  publishing: boolean;
  trialAt: number | null;
}) {
  const t = useDeskText();
  const { modal } = App.useApp();
  const move = useAct('POST /sessions/:sessionId/state');
  const to = (state: 'live' | 'ended') => move.mutateAsync({ params: { sessionId: session.id }, body: { to: state } });

  if (session.state === 'draft') return <span className="muted">{t('schedule')}</span>;
  if (session.state === 'scheduled') {
    const ask = () =>
      modal.confirm({
        title: t('startTitle', { number: session.number }),
        content:
          trialAt === null
            ? t(publishing ? 'startSure' : 'startNoPicture')
            : t('startInTrial', { position: formatClock(trialAt) }),
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
      title: t('endTitle', { number: session.number }),
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
