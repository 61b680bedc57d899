import { Alert, Tabs } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { formatClock } from '#client/format.ts';
import { serverNow } from '#client/server-clock.ts';
import type { Result } from '#contract/api.ts';
import { END_AFTER_LOST_MS } from '#contract/plain.ts';
import { useRead } from '../data.ts';
import { useRoles } from '../roles.ts';
import { ChaptersPanel } from './chapters-panel.tsx';
import { DeliveryPanel } from './delivery.tsx';
import { Figures } from './figures.tsx';
import { OutsidePanel } from './outside-panel.tsx';
import { Preview } from './preview.tsx';
import { PublishPanel } from './publish/publish-panel.tsx';
import { Publishers } from './publishers.tsx';
import { RecordingPanel } from './recording-panel.tsx';
import { Replay } from './replay.tsx';
import { StreamKey } from './stream-key.tsx';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;
type Health = Result<'GET /sessions/:sessionId/stream'>;
type Delivery = Result<'GET /sessions/:sessionId/room'>['delivery'];

/** Past this the picture can't be cut every two seconds, and everybody falls behind. */
const KEY_FRAMES_LONG_MS = 2_500;

/** Of pictures and sounds that come in. */
const TAKEN = new Set(['h264', 'vp8', 'vp9', 'aac', 'opus']);

/** A pause is no fault; silence or a black picture for so long may be. */
const QUIET_MS = 10_000;

/** The picture, how well it arrives, and where to publish it. */
export function StreamPanel({
  session,
  health,
  video,
  delivery,
}: {
  session: Session;
  health: Health | undefined;
  /** What was on air was a prepared video that has come to its end or was stopped; or it is one that is held. */
  video: 'over' | 'held' | null;
  delivery: Delivery | undefined;
}) {
  const { bureau, instructor } = useRoles();
  const over = session.state === 'ended' || session.state === 'archived';
  if (over) return <Over session={session} />;
  return (
    <section className="section">
      {health?.publisherLostAt && (
        <Lost since={health.publisherLostAt} asPlanned={video === 'over'} outside={session.outsideUrl !== null} />
      )}
      <Preview sessionId={session.id} publishing={health?.publishing ?? false} />
      {session.outsideUrl ? (
        <OutsidePanel url={session.outsideUrl} health={health} />
      ) : (
        <HealthFigures health={health} still={video === 'held'} />
      )}
      {health && health.publishers.length > 1 && (
        <Publishers sessionId={session.id} publishers={health.publishers} mayTake={bureau || instructor} />
      )}
      {!session.outsideUrl && <DeliveryPanel session={session} now={delivery} />}
      {!session.outsideUrl && (bureau || instructor) && <Ways session={session} health={health} />}
    </section>
  );
}

/** The alarm, unless the end was one that was planned, with the time that is left before the class ends by itself. */
function Lost({ since, asPlanned, outside }: { since: string; asPlanned: boolean; outside: boolean }) {
  const t = useDeskText();
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const awayMs = Math.max(0, now - Date.parse(since));
  const left = { away: formatClock(awayMs), left: formatClock(END_AFTER_LOST_MS - awayMs) };
  return (
    <>
      <Alert
        type={asPlanned ? 'info' : 'error'}
        showIcon
        title={t(asPlanned ? 'videoOver' : outside ? 'outsideLost' : 'publisherLost')}
        description={<span role="timer">{t('lostFor', left)}</span>}
        style={{ marginBottom: 12 }}
      />
      {!asPlanned && <Alarm />}
    </>
  );
}

function Over({ session }: { session: Session }) {
  const t = useDeskText();
  const { bureau, instructor } = useRoles();
  const place = useRef<number | null>(null);
  const recording = useRead('GET /sessions/:sessionId/recording', { params: { sessionId: session.id } });
  const { trimFrom, trimTo } = recording.data ?? {};
  return (
    <>
      <section className="section">
        {session.replay ? (
          <Replay key={`${trimFrom}-${trimTo}`} sessionId={session.id} place={place} />
        ) : (
          <div className="preview">
            <p>{t('overStream')}</p>
          </div>
        )}
      </section>
      {session.replay && (bureau || instructor) && <ChaptersPanel sessionId={session.id} place={() => place.current} />}
      {bureau && <RecordingPanel sessionId={session.id} place={() => place.current} />}
    </>
  );
}

/** `still`: silence, and a picture without change, are meant to be. */
function HealthFigures({ health, still }: { health: Health | undefined; still: boolean }) {
  const t = useDeskText();
  const source = health?.source;
  const interval = health?.keyFrameIntervalMs ?? null;
  const onAir = health?.publishers.find(({ state }) => state === 'on-air');
  const silent = !still && (health?.levels?.silentMs ?? 0) > QUIET_MS;
  const black = !still && (health?.levels?.blackMs ?? 0) > QUIET_MS;
  const soundOf = (of: Health | undefined) => {
    const { soundDb, silentMs = 0 } = of?.levels ?? {};
    if (soundDb == null) return '–';
    return silentMs > 0
      ? t('noSound')
      : t('decibels', { count: `${soundDb < 0 ? '\u2212' : ''}${Math.abs(Math.round(soundDb))}` });
  };
  const rungOf = ({ name, copied, readers }: Health['rungs'][number]) =>
    copied ? t('copied', { name, count: readers }) : `${name}\u00a0${readers}`;
  const rungs = health?.rungs.map(rungOf).join(' · ') || '–';
  const figures: [string, string][] = [
    [t('status'), health?.publishing ? t('publishing') : t('notPublishing')],
    [t('via'), onAir ? t(onAir.via) : '–'],
    [t('resolution'), source?.width ? `${source.width}×${source.height}` : '–'],
    [t('rate'), source?.framesPerSecond ? t('fps', { count: Math.round(source.framesPerSecond) }) : '–'],
    [t('bitrate'), health?.publishing ? t('megabits', { count: (health.bitrate / 1_000_000).toFixed(2) }) : '–'],
    [t('keyFrames'), interval === null ? '–' : t('lasting', { count: (interval / 1_000).toFixed(1) })],
    [t('sound'), soundOf(health)],
    [t('egress'), health?.egress ? egressText(health.egress) : '–'],
    [t('lag'), health?.lagMs == null ? '–' : t('lasting', { count: (health.lagMs / 1_000).toFixed(1) })],
  ];
  return (
    <>
      <Figures figures={figures} wide={[[t('rungs'), rungs]]} />
      {health?.recording === 'failing' && (
        <Alert type="error" showIcon title={t('notRecorded')} style={{ marginTop: 8 }} />
      )}
      {health?.egress && health.egress.cap !== null && health.egress.used >= 0.8 * health.egress.cap && (
        <Alert type="warning" showIcon title={t('egressNear')} style={{ marginTop: 8 }} />
      )}
      {health?.reduced && <Alert type="warning" showIcon title={t('reduced')} style={{ marginTop: 8 }} />}
      {health?.publishers.map(({ id, via, source }) =>
        [source.videoCodec, source.audioCodec]
          .filter((codec) => codec !== null && !TAKEN.has(codec))
          .map((codec) => (
            <Alert
              key={`${id} ${codec}`}
              type="error"
              showIcon
              title={t('notTaken', { via: t(via), codec: codec?.toUpperCase() ?? '' })}
              style={{ marginTop: 8 }}
            />
          )),
      )}
      {silent && <Alert type="warning" showIcon title={t('silent')} style={{ marginTop: 8 }} />}
      {black && <Alert type="warning" showIcon title={t('black')} style={{ marginTop: 8 }} />}
      {interval !== null && interval > KEY_FRAMES_LONG_MS && (onAir?.via === 'rtmp' || onAir?.via === 'srt') && (
        <Alert type="warning" showIcon title={t('keyFramesLong')} style={{ marginTop: 8 }} />
      )}
    </>
  );
}

function egressText({ used, cap }: NonNullable<Health['egress']>): string {
  const sent = Math.round(used).toLocaleString('en');
  return cap === null ? `${sent} Mbit/s` : `${sent} / ${Math.round(cap).toLocaleString('en')} Mbit/s`;
}

/** How to publish. */
function Ways({ session, health }: { session: Session; health: Health | undefined }) {
  const t = useDeskText();
  const of = { sessionId: session.id, title: t('title', { number: session.number, topic: session.topic }) };
  return (
    <Tabs
      className="ways"
      items={[
        {
          key: 'browser',
          label: t('fromBrowser'),
          children: <PublishPanel of={of} publishers={health?.publishers ?? []} />,
        },
        { key: 'rtmp', label: t('fromSoftware'), children: <StreamKey sessionId={session.id} /> },
      ]}
    />
  );
}

/** Two short tones every three seconds while it is on the page. Browsers allow it once the officer has clicked anything here. */
function Alarm() {
  useEffect(() => {
    const audio = new AudioContext();
    const beep = (hertz: number, at: number) => {
      const oscillator = audio.createOscillator();
      const gain = audio.createGain();
      gain.gain.value = 0.15;
      oscillator.frequency.value = hertz;
      oscillator.connect(gain).connect(audio.destination);
      oscillator.start(audio.currentTime + at);
      oscillator.stop(audio.currentTime + at + 0.18);
    };
    const sound = () => {
      beep(880, 0);
      beep(660, 0.25);
    };
    sound();
    const timer = setInterval(sound, 3_000);
    return () => {
      clearInterval(timer);
      void audio.close();
    };
  }, []);
  return null;
}
