import { useQueryClient } from '@tanstack/react-query';
import { Alert, App, Button, Empty, Progress, Space, Upload } from 'antd';
import { useEffect, useState } from 'react';
import { Link } from 'react-router';
import { urlOf } from '#client/api.ts';
import { formatBytes, formatClock, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead, wordsOf } from '../data.ts';
import { ConfirmButton, Loaded, Mark, PageHead } from '../parts.tsx';
import { Elsewhere } from './elsewhere.ts';
import { remainingMs } from './speed.ts';
import { useVideoText } from './text.ts';
import { dropUpload, pauseUpload, resumeUpload, startUpload, type UploadState, useUploads } from './uploads.ts';

type List = Result<'GET /videos'>;
type Video = List['items'][number];

const BUSY_MS = 2_000;
const QUIET_MS = 15_000;
const ACCEPTED = 'video/*,.mkv,.flv,.ts,.mts,.m2ts,.wmv,.avi,.mxf,.mov,.mp4';

/** 视频: uploads, what became of them, and where they are to be played. */
export default function VideosPage() {
  const t = useVideoText();
  const [busy, setBusy] = useState(true);
  const videos = useRead('GET /videos', undefined, { every: busy ? BUSY_MS : QUIET_MS });
  const uploads = useUploads();
  const unsettled = (videos.data?.items ?? []).some(({ state }) => state === 'checking' || state === 'uploading');
  const growing = useGrowing(videos.data?.items, videos.dataUpdatedAt);
  if (videos.data && busy !== (unsettled || uploads.length > 0)) setBusy(!busy);
  return (
    <>
      <PageHead title={t('title')} />
      <p className="lead">{t('lead')}</p>
      <Loaded read={videos}>
        {({ items, limitBytes }) => (
          <>
            <Chooser items={items} limitBytes={limitBytes} />
            <VideoList items={items} uploads={uploads} growing={growing} />
          </>
        )}
      </Loaded>
    </>
  );
}

/** Ids of unfinished uploads that grow from one look at the list to the next. */
function useGrowing(items: Video[] | undefined, at: number): ReadonlySet<string> {
  const [watch] = useState(() => new Elsewhere());
  const [growing, setGrowing] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    if (items)
      setGrowing(
        watch.note(
          at,
          items.filter(({ state }) => state === 'uploading'),
        ),
      );
  }, [items, at, watch]);
  return growing;
}

function Chooser({ items, limitBytes }: List) {
  const t = useVideoText();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [beginning, setBeginning] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const reload = () => client.invalidateQueries({ queryKey: ['GET /videos'] });
  const limit = formatLimit(limitBytes);

  const choose = async (file: File) => {
    setFailure(null);
    if (file.size > limitBytes) {
      setFailure(t('tooLarge', { name: file.name, size: formatBytes(file.size), limit }));
      return;
    }
    setBeginning(true);
    try {
      await startUpload(file, items, () => void reload());
      await reload();
    } catch (error) {
      const words = wordsOf(error);
      setFailure(words);
      void message.error(words, 6);
    } finally {
      setBeginning(false);
    }
  };

  return (
    <section className="section">
      <Upload.Dragger
        accept={ACCEPTED}
        multiple={false}
        showUploadList={false}
        disabled={beginning}
        beforeUpload={(file) => {
          void choose(file);
          return false;
        }}
      >
        <p className="drop__file">{beginning ? t('begins') : t('choose')}</p>
        <p className="muted">{t('chooseHint', { limit })}</p>
      </Upload.Dragger>
      <div aria-live="polite">
        {failure && <Alert type="error" showIcon title={failure} style={{ marginTop: 12 }} />}
      </div>
    </section>
  );
}

function VideoList({
  items,
  uploads,
  growing,
}: {
  items: Video[];
  uploads: readonly UploadState[];
  growing: ReadonlySet<string>;
}) {
  const t = useVideoText();
  if (items.length === 0) {
    return (
      <section className="section">
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('none')} />
      </section>
    );
  }
  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('uploadedVideos')}</h2>
        <span className="muted">{t('count', { count: items.length })}</span>
      </div>
      <ul className="videos">
        {items.map((video) => (
          <VideoItem
            key={video.id}
            video={video}
            upload={uploads.find(({ videoId }) => videoId === video.id)}
            growing={growing.has(video.id)}
          />
        ))}
      </ul>
    </section>
  );
}

interface ItemProps {
  video: Video;
  /** Of this page. */
  upload: UploadState | undefined;
  /** It is being sent, by this page or another. */
  growing: boolean;
}

function VideoItem({ video, upload, growing }: ItemProps) {
  const language = useLanguage();
  return (
    <li>
      <div className="videos__poster">
        {video.hasPoster && (
          <img src={urlOf('GET /videos/:videoId/poster', { videoId: video.id })} alt="" loading="lazy" />
        )}
      </div>
      <div className="videos__about">
        <h3>{video.name}</h3>
        <Facts video={video} />
        <div className="muted">
          {video.uploadedBy} · {formatDateTime(video.createdAt, language)}
        </div>
      </div>
      <div className="videos__state">
        <State video={video} upload={upload} growing={growing} />
      </div>
      <Acts video={video} upload={upload} />
    </li>
  );
}

function Facts({ video }: { video: Video }) {
  const t = useVideoText();
  const { durationMs, width, height, framesPerSecond, hasSound, bytes } = video;
  const facts =
    durationMs === null || framesPerSecond === null
      ? [formatBytes(bytes)]
      : [
          formatClock(durationMs),
          `${width}×${height}`,
          t('fps', { count: framesPerSecond }),
          ...(hasSound === false ? [t('noSound')] : []),
        ];
  return <div className="videos__facts">{facts.join(' · ')}</div>;
}

function State({ video, upload, growing }: ItemProps) {
  const t = useVideoText();
  if (upload) return <Sending upload={upload} />;
  const percent = percentOf(video.received, video.bytes);
  switch (video.state) {
    case 'uploading':
      if (percent === 100) {
        return (
          <>
            <Mark tone="brand">{t('checking')}</Mark>
            <div className="muted">{t('checkingWaits')}</div>
          </>
        );
      }
      return (
        <>
          {growing ? <Mark tone="brand">{t('elsewhere')}</Mark> : <Mark tone="amber">{t('stopped')}</Mark>}
          <div className="muted">{t(growing ? 'elsewhereHint' : 'stoppedHint', { percent })}</div>
        </>
      );
    case 'checking':
      return (
        <>
          <Mark tone="brand">{t('checking')}</Mark>
          {video.percent !== null && (
            <Progress percent={video.percent} showInfo={false} aria-label={t('progressOf', { name: video.name })} />
          )}
          <div className="muted">
            {video.percent === null ? t('checkingWaits') : t('checkingHint', { percent: video.percent })}
          </div>
        </>
      );
    case 'unusable':
      return (
        <>
          <Mark tone="red">{t('unusable')}</Mark>
          <div>{video.reason && t(`reason_${underscored(video.reason)}`)}</div>
        </>
      );
    case 'ready':
      return (
        <>
          <Mark tone="green">{t('ready')}</Mark>
          {video.plannedFor.map(({ sessionId, courseTitle, number }) => (
            <div key={sessionId}>
              {t('planned')}{' '}
              <Link to={`/console/sessions/${sessionId}/live`}>{t('session', { course: courseTitle, number })}</Link>
            </div>
          ))}
        </>
      );
  }
}

function Sending({ upload }: { upload: UploadState }) {
  const t = useVideoText();
  const { status, sent, bytes, rate, failure, name } = upload;
  const left = remainingMs(bytes - sent, rate);
  const figures = { sent: formatBytes(sent), bytes: formatBytes(bytes) };
  return (
    <>
      <Mark tone={status === 'failed' ? 'red' : status === 'paused' ? 'amber' : 'brand'}>
        {status === 'sending' ? t('uploading') : status === 'paused' ? t('paused') : t('stopped')}
      </Mark>
      <Progress
        percent={percentOf(sent, bytes)}
        status={status === 'failed' ? 'exception' : 'normal'}
        showInfo={false}
        aria-label={t('progressOf', { name })}
      />
      <div className="muted">
        {rate === null || left === null
          ? t('sendingFirst', figures)
          : t('sending', { ...figures, rate: formatBytes(rate), left: formatClock(left) })}
      </div>
      {failure && <div>{t(`failure_${underscored(failure)}`)}</div>}
    </>
  );
}

function Acts({ video, upload }: { video: Video; upload: UploadState | undefined }) {
  const t = useVideoText();
  const remove = useAct('DELETE /videos/:videoId', { touches: ['GET /videos'] });
  const again = useAct('POST /videos/:videoId/check', { touches: ['GET /videos'] });
  const params = { videoId: video.id };
  const uploading = video.state === 'uploading';
  const retryable = video.reason === 'disk-full' || video.reason === 'failed';
  const drop = () => {
    dropUpload(video.id);
    remove.mutate({ params });
  };
  return (
    <Space size={4} wrap>
      {upload?.status === 'sending' && (
        <Button size="small" onClick={() => pauseUpload(video.id)}>
          {t('pause')}
        </Button>
      )}
      {upload && upload.status !== 'sending' && (
        <Button size="small" type="primary" onClick={() => resumeUpload(video.id)}>
          {t('goOn')}
        </Button>
      )}
      {video.state === 'unusable' && retryable && (
        <Button size="small" loading={again.isPending} onClick={() => again.mutate({ params })}>
          {t('again')}
        </Button>
      )}
      {video.plannedFor.length === 0 && (
        <ConfirmButton
          size="small"
          danger
          question={t(uploading ? 'cancelSure' : 'deleteSure', { name: video.name })}
          verb={t(uploading ? 'cancelUpload' : 'delete')}
          busy={remove.isPending}
          onConfirm={drop}
        />
      )}
    </Space>
  );
}

function percentOf(part: number, whole: number): number {
  return Math.floor((part / Math.max(1, whole)) * 100);
}

/** The limit is counted in powers of two. */
function formatLimit(bytes: number): string {
  return `${+(bytes / 1024 ** 3).toFixed(1)} GB`;
}

type Underscored<T extends string> = T extends `${infer A}-${infer B}` ? `${A}_${Underscored<B>}` : T;

function underscored<T extends string>(code: T): Underscored<T> {
  return code.replace(/-/g, '_') as Underscored<T>;
}
