import { Alert, Button, Progress, Space } from 'antd';
import { formatClock, formatDateTime, formatTime, sameDay } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useAct } from '../data.ts';
import { ConfirmButton, Mark } from '../parts.tsx';
import { PlayoutForm } from './playout-form.tsx';
import { useVideoText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;
export type Playout = NonNullable<Result<'GET /sessions/:sessionId/playout'>['playout']>;
type Act = 'start' | 'hold' | 'continue' | 'stop';

/** The prepared video of a session: choosing it, and running it while it is on the air. */
export function PlayoutPanel({
  session,
  playout,
  instructorId = null,
  bare = false,
}: {
  session: Session;
  playout: Playout | null;
  /** A live publisher who stands by and could take the video's place. */
  instructorId?: string | null;
  /** Without a frame of its own. */
  bare?: boolean;
}) {
  const t = useVideoText();
  const over = session.state === 'ended' || session.state === 'archived';
  if (over) return null;
  const content =
    playout !== null && playout.endedAt === null ? (
      <Running session={session} playout={playout} instructorId={instructorId} />
    ) : (
      <>
        {playout && <Last playout={playout} />}
        <PlayoutForm session={session} />
      </>
    );
  if (bare) return content;
  return (
    <section className="section">
      <h2>{t('panel')}</h2>
      {content}
    </section>
  );
}

function Last({ playout }: { playout: Playout }) {
  const t = useVideoText();
  const when = useWhen();
  const { outcome, videoName, endedAt } = playout;
  if (outcome === null || endedAt === null) return null;
  return (
    <Alert
      type={outcome === 'failed' ? 'error' : 'info'}
      showIcon
      style={{ marginBottom: 12 }}
      title={t('lastOf', { name: videoName, outcome: t(`last_${outcome}`), when: when(endedAt) })}
    />
  );
}

function Running({
  session,
  playout,
  instructorId,
}: {
  session: Session;
  playout: Playout;
  instructorId: string | null;
}) {
  const t = useVideoText();
  const begun = playout.startedAt !== null || playout.state === 'playing' || playout.state === 'held';
  const away = playout.state === 'standby';
  // A trial takes the place of the plan, which a class that is still ahead would then miss.
  const planStands = playout.start !== 'manual' && (playout.state === 'armed' || playout.state === 'waiting');
  const mayPlayNow = session.state === 'live' || !planStands;
  const act = useAct('POST /sessions/:sessionId/playout/act', {
    touches: ['GET /sessions/:sessionId/playout', 'GET /videos'],
  });
  const take = useAct('POST /sessions/:sessionId/on-air', {
    touches: ['GET /sessions/:sessionId/playout', 'GET /sessions/:sessionId/stream'],
  });
  const run = (what: Act) =>
    act.mutate({ params: { sessionId: session.id }, body: { playoutId: playout.id, act: what } });
  return (
    <>
      <p className="playout__name">{playout.videoName}</p>
      {playout.state === null && <Alert type="warning" showIcon title={t('noAnswer')} style={{ marginBottom: 12 }} />}
      {begun ? <OnAir playout={playout} /> : <Planned playout={playout} />}
      <Space wrap>
        {begun ? (
          <>
            {away ? (
              <ConfirmButton
                question={t('backSure')}
                verb={t('resume')}
                busy={act.isPending}
                onConfirm={() => run('continue')}
              />
            ) : playout.state === 'held' ? (
              <Button type="primary" loading={act.isPending} onClick={() => run('continue')}>
                {t('resume')}
              </Button>
            ) : (
              <Button loading={act.isPending} onClick={() => run('hold')}>
                {t('hold')}
              </Button>
            )}
            {!away && instructorId !== null && (
              <ConfirmButton
                question={t('handOverSure')}
                verb={t('handOver')}
                busy={take.isPending}
                onConfirm={() =>
                  take.mutate({ params: { sessionId: session.id }, body: { publisherId: instructorId } })
                }
              />
            )}
            <ConfirmButton
              danger
              question={t(away ? 'stopAwaySure' : 'stopSure')}
              verb={t('stop')}
              busy={act.isPending}
              onConfirm={() => run('stop')}
            />
          </>
        ) : (
          <>
            {mayPlayNow && (
              <ConfirmButton
                question={t(session.state === 'live' ? 'playNowSure' : 'playTrialSure')}
                verb={t('playNow')}
                busy={act.isPending}
                onConfirm={() => run('start')}
              />
            )}
            <ConfirmButton
              question={t('cancelPlanSure')}
              verb={t('cancel')}
              busy={act.isPending}
              onConfirm={() => run('stop')}
            />
          </>
        )}
      </Space>
      {begun && !away && instructorId === null && <p className="playout__hint muted">{t('handOverHint')}</p>}
    </>
  );
}

function OnAir({ playout }: { playout: Playout }) {
  const t = useVideoText();
  const { positionMs, durationMs, state } = playout;
  const length = durationMs ?? positionMs;
  return (
    <>
      <Mark tone={state === 'held' || state === 'standby' ? 'amber' : 'green'}>
        {t(state === 'held' || state === 'standby' ? state : 'playing')}
      </Mark>
      <Progress
        percent={(positionMs / Math.max(1, length)) * 100}
        showInfo={false}
        status="normal"
        aria-label={t('progressOf', { name: playout.videoName })}
      />
      <p className="playout__position">
        {t('position', {
          position: formatClock(positionMs),
          length: formatClock(length),
          left: formatClock(length - positionMs),
        })}
      </p>
    </>
  );
}

function Planned({ playout }: { playout: Playout }) {
  const t = useVideoText();
  const when = useWhen();
  const { state, startsAt, startsClass, armedBy, fromMs } = playout;
  const troubled = state === 'blocked' || state === 'missed' || state === 'waiting' ? state : null;
  return (
    <>
      {troubled && (
        <Alert
          type={troubled === 'waiting' ? 'info' : 'warning'}
          showIcon
          title={t(troubled)}
          style={{ marginBottom: 12 }}
        />
      )}
      <Mark tone="brand">{t('armed')}</Mark>
      <p className="playout__position">
        {startsAt === null
          ? t('armedManual')
          : t(startsClass ? 'armedClass' : 'armedAt', { when: when(startsAt, true) })}
        {fromMs > 0 && ` · ${t('from')} ${formatClock(fromMs)}`}
        <br />
        <span className="muted">{t('armedBy', { name: armedBy })}</span>
      </p>
    </>
  );
}

/** Says a moment with no more than tells it from others: today by its time alone. */
function useWhen(): (moment: string, seconds?: boolean) => string {
  const language = useLanguage();
  return (moment, seconds = false) => {
    const text = sameDay(moment, Date.now()) ? formatTime(moment) : formatDateTime(moment, language);
    return seconds ? `${text}:${moment.slice(17, 19)}` : text;
  };
}
