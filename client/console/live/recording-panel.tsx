import { Alert, Button, Progress } from 'antd';
import { call } from '#client/api.ts';
import { formatClock, formatDay, formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { ConfirmButton } from '../parts.tsx';
import { CaptionsPanel } from './captions-panel.tsx';
import { useDeskText } from './text.ts';

type Recording = Result<'GET /sessions/:sessionId/recording'>;

const FILM_EVERY_MS = 2_000;

/** What the bureau does with a recording: cut off its ends, take a copy away, delete it. */
export function RecordingPanel({ sessionId, place }: { sessionId: string; place: () => number | null }) {
  const t = useDeskText();
  const language = useLanguage();
  const params = { sessionId };
  const first = useRead('GET /sessions/:sessionId/recording', { params });
  const making = first.data?.film.state === 'making';
  const { data } = useRead('GET /sessions/:sessionId/recording', { params }, { every: making && FILM_EVERY_MS });
  const remove = useAct('DELETE /sessions/:sessionId/recording', { done: t('recordingDeleted') });
  if (!data || data.state === 'none' || data.state === 'open') return null;
  if (data.state === 'deleted') {
    return (
      <section className="section">
        <p className="muted">{t('recordingGone', { day: formatDay(data.deletedAt ?? 0, language) })}</p>
      </section>
    );
  }
  return (
    <section className="section">
      <h2>{t('recording')}</h2>
      <p className="muted">
        {t('recordingIs', {
          length: formatLength(data.durationMs ?? 0, language),
          size: ((data.bytes ?? 0) / 1_000_000).toFixed(0),
        })}{' '}
        {data.keptUntil ? t('keptUntil', { day: formatDay(data.keptUntil, language) }) : t('keptForGood')}
      </p>
      <Trim sessionId={sessionId} recording={data} place={place} />
      <CaptionsPanel sessionId={sessionId} captions={data.captions} />
      <Film sessionId={sessionId} recording={data} />
      <ConfirmButton
        danger
        size="small"
        question={t('deleteSure')}
        verb={t('deleteRecording')}
        busy={remove.isPending}
        onConfirm={() => remove.mutate({ params })}
      />
    </section>
  );
}

interface Given {
  sessionId: string;
  recording: Recording;
}

function Trim({ sessionId, recording, place }: Given & { place: () => number | null }) {
  const t = useDeskText();
  const trim = useAct('PUT /sessions/:sessionId/recording/trim');
  const { firstPdt, trimFrom, trimTo } = recording;
  const cut = (from: number | null, to: number | null) => {
    trim.mutate({ params: { sessionId }, body: { from, to } });
  };
  const here = () => Math.round(place() ?? 0);
  const clock = (pdt: number | null) => (pdt === null ? '–' : formatClock(pdt - (firstPdt ?? pdt)));
  const isTrimmed = trimFrom !== null || trimTo !== null;
  return (
    <>
      <p className="muted">
        {isTrimmed
          ? t('trimmed', { from: clock(trimFrom ?? firstPdt), to: clock(trimTo ?? recording.lastPdt) })
          : t('trimHint')}
      </p>
      <div className="field-row" style={{ marginBottom: 12 }}>
        <Button size="small" disabled={trim.isPending} onClick={() => cut(here(), trimTo)}>
          {t('beginHere')}
        </Button>
        <Button size="small" disabled={trim.isPending} onClick={() => cut(trimFrom, here())}>
          {t('endHere')}
        </Button>
        {isTrimmed && (
          <Button size="small" disabled={trim.isPending} onClick={() => cut(null, null)}>
            {t('wholeAgain')}
          </Button>
        )}
      </div>
    </>
  );
}

/** One file to be kept elsewhere; making it takes a while. */
function Film({ sessionId, recording: { film } }: Given) {
  const t = useDeskText();
  const params = { sessionId };
  const make = useAct('POST /sessions/:sessionId/recording/film', { touches: ['GET /sessions/:sessionId/recording'] });

  async function download() {
    const { address } = await call('POST /sessions/:sessionId/recording/film/link', { params });
    location.assign(address);
  }

  return (
    <div style={{ marginBottom: 12 }}>
      {film.state === 'failed' && <Alert type="error" showIcon title={t('filmFailed')} style={{ marginBottom: 8 }} />}
      {film.state === 'making' ? (
        <Progress percent={film.progress} aria-label={t('filmMaking')} format={() => t('filmMaking')} />
      ) : film.state === 'ready' ? (
        <Button onClick={() => void download()}>
          {t('filmDownload', { size: ((film.bytes ?? 0) / 1_000_000).toFixed(0) })}
        </Button>
      ) : (
        <Button loading={make.isPending} onClick={() => make.mutate({ params })}>
          {t('filmMake')}
        </Button>
      )}
    </div>
  );
}
