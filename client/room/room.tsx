import './room.css';
import { lazy, Suspense, useEffect, useState, useSyncExternalStore } from 'react';
import { Link, useParams } from 'react-router';
import type { ApiError } from '#client/api.ts';
import { formatCount } from '#client/format.ts';
import { mayConvene, useMeIfKnown } from '#client/session.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Page, useTitle } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { Tabs } from '#client/ui/tabs.tsx';
import { useUiText } from '#client/ui/text.ts';
import { Progress } from './progress.tsx';
import { Questions } from './questions.tsx';
import { FINAL, type Room, RoomLink, type RoomView } from './room-link.ts';
import { Stage } from './stage.tsx';
import { useRoomText } from './text.ts';

const loadAfterClass = () => import('./after-class.tsx');
const AfterClass = lazy(loadAfterClass);

/** The picture is behind, a crowd's eight seconds and more: its last seconds still play when the class has ended. */
const LAST_SECONDS_MS: Record<Room['delivery'], number> = { interactive: 5_000, crowd: 12_000 };

export default function RoomPage() {
  const { sessionId = '' } = useParams();
  const [link, setLink] = useState<RoomLink | null>(null);
  useEffect(() => {
    const opened = new RoomLink(sessionId);
    setLink(opened);
    return () => opened.close();
  }, [sessionId]);
  return link ? <Opened key={sessionId} link={link} /> : <Waiting />;
}

function Opened({ link }: { link: RoomLink }) {
  const t = useRoomText();
  const view = useSyncExternalStore(link.subscribe, link.view);
  const { room, refusal } = view;
  const over = useOver(room);
  useTitle(room?.topic ?? t('room'));
  // Not on the way to the picture, but here before the class ends for everybody at once.
  const watching = view.creditedMs > 0;
  useEffect(() => {
    if (watching) loadAfterClass().catch(() => undefined);
  }, [watching]);

  if (refusal && (!room || refusal.status === 403)) {
    return <Refused refusal={refusal} retry={() => void link.enter()} />;
  }
  if (!room) return <Waiting />;
  if (over) {
    return (
      <Page title={room.topic} home="/learn">
        <p className="room__course">
          {room.courseTitle} · {t('number', { number: room.number })}
        </p>
        <h1 className="room__over-topic">{room.topic}</h1>
        <Suspense fallback={<Waiting />}>
          <AfterClass link={link} room={room} view={view} />
        </Suspense>
      </Page>
    );
  }
  return (
    <main className="room">
      <Head room={room} view={view} />
      <div className="room__stage">
        <Stage link={link} room={room} view={view} />
      </div>
      <div className="room__progress">
        <Progress creditedMs={view.creditedMs} requiredMs={room.requiredMs} />
        {view.unsent && (
          <p className="room__unsent" role="status">
            {t('unsent')}
          </p>
        )}
      </div>
      <section className="room__side" aria-label={t('sideBar')}>
        <Tabs
          label={t('sideBar')}
          tabs={[
            { key: 'ask', title: t('questions'), panel: <Questions link={link} connected={view.connected} /> },
            { key: 'outline', title: t('outline'), panel: <Outline room={room} /> },
          ]}
        />
      </section>
    </main>
  );
}

function Refused({ refusal, retry }: { refusal: ApiError; retry: () => void }) {
  const t = useRoomText();
  const ui = useUiText();
  const byUnit = refusal.code === 'not-invited' || refusal.code === 'person-refused';
  const final = FINAL.has(refusal.code);
  return (
    <Page title={t('refused')} home="/learn" narrow>
      <h1 className="room__refused">{t('refused')}</h1>
      <p role="alert">{refusal.code === 'not-found' ? t('noSession') : refusal.message}</p>
      {byUnit && <p>{t('askUnit')}</p>}
      {!final && <p>{t('retrying')}</p>}
      <div className="room__ways">
        {final ? (
          <>
            <ButtonLink look="primary" wide to="/learn">
              {t('toList')}
            </ButtonLink>
            <Button wide onClick={retry}>
              {ui('retry')}
            </Button>
          </>
        ) : (
          <>
            <Button look="primary" wide onClick={retry}>
              {t('retryNow')}
            </Button>
            <ButtonLink wide to="/learn">
              {t('toList')}
            </ButtonLink>
          </>
        )}
      </div>
    </Page>
  );
}

function Head({ room, view }: { room: Room; view: RoomView }) {
  const t = useRoomText();
  return (
    <header className="room__head">
      <Link className="room__up" to="/learn" aria-label={t('back')}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M15 5l-7 7 7 7" />
        </svg>
      </Link>
      {room.state === 'live' && <span className="room__live">{t('live')}</span>}
      <h1 className="room__topic">
        <span className="room__number">{t('number', { number: room.number })}</span> {room.topic}
      </h1>
      {mayConvene(useMeIfKnown()) && (
        <Link className="room__together" to={`/learn/${room.sessionId}/screen`}>
          {t('together')}
        </Link>
      )}
      <span className="room__viewers numbers" role="status">
        {view.connected
          ? view.viewers !== null && t('viewers', { devices: formatCount(view.viewers) })
          : t('reconnecting')}
      </span>
    </header>
  );
}

function Outline({ room }: { room: Room }) {
  const t = useRoomText();
  return (
    <div className="outline">
      {room.instructorName && <p className="outline__who">{t('instructor', { name: room.instructorName })}</p>}
      <p className="outline__text">{room.outline || t('noOutline')}</p>
    </div>
  );
}

/** Whether to show what came out: at once when the class was over already, else after the picture's last seconds. */
function useOver(room: Room | null): boolean {
  const ended = room?.state === 'ended' || room?.state === 'archived';
  const known = room !== null;
  const lastSeconds = LAST_SECONDS_MS[room?.delivery ?? 'interactive'];
  const [over, setOver] = useState(false);
  const [seenBefore, setSeenBefore] = useState(false);
  useEffect(() => {
    if (known && !ended) setSeenBefore(true);
    if (!ended) {
      setOver(false);
      return;
    }
    const timer = setTimeout(() => setOver(true), seenBefore ? lastSeconds : 0);
    return () => clearTimeout(timer);
  }, [known, ended, seenBefore, lastSeconds]);
  return over;
}
