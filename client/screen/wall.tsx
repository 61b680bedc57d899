import '#client/room/room.css';
import './screen.css';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type RefObject, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { Link, useParams } from 'react-router';
import { call } from '#client/api.ts';
import { deviceId } from '#client/device.ts';
import { Controls, INLINE, Over, type StageVideo } from '#client/room/picture.tsx';
import { type Room, RoomLink, type RoomView } from '#client/room/room-link.ts';
import { usePlayer } from '#client/room/use-player.ts';
import { WaitingRoom } from '#client/room/waiting-room.tsx';
import { grouped } from '#client/rotating-code.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Dialog } from '#client/ui/dialog.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page, useTitle } from '#client/ui/page.tsx';
import { QrCode } from '#client/ui/qr-code.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { Screen } from '#contract/screens.ts';
import { HeadCount } from './head-count.tsx';
import { useScreenText } from './text.ts';
import { type Shown, useCode } from './use-code.ts';

/** The meeting room's screen: the class, and beside it how to sign in. */
export default function Wall() {
  const t = useScreenText();
  const { screenId = '' } = useParams();
  const { shown, code, leftMs } = useCode(screenId, true);
  const { data } = shown;
  useTitle(t('screen'));
  if (!data) {
    if (!shown.isError) return <Waiting />;
    return (
      <Page title={t('screen')} narrow>
        <Failure what={t('refused')} error={shown.error} retry={() => shown.refetch()} />
      </Page>
    );
  }
  if (data.screen.closedAt) return <Ended screen={data.screen} title={t('closed')} />;
  return <Running key={screenId} shown={data} code={code} leftMs={leftMs} />;
}

type Code = Shown['code'] | null;

function Running({ shown, code, leftMs }: { shown: Shown; code: Code; leftMs: number }) {
  const t = useScreenText();
  const { id: screenId, sessionId } = shown.screen;
  const [link, setLink] = useState<RoomLink | null>(null);
  useEffect(() => {
    const admit = () =>
      call('POST /screens/:screenId/admission', { params: { screenId }, body: { deviceId: deviceId() } });
    const opened = new RoomLink(sessionId, admit);
    setLink(opened);
    return () => opened.close();
  }, [screenId, sessionId]);
  const frame = useRef<HTMLDivElement>(null);
  return (
    <main className="wall" ref={frame}>
      {link ? <Class link={link} frame={frame} shown={shown} /> : <Waiting />}
      <aside className="wall__side" aria-label={t('scan')}>
        <p className="wall__place">
          {shown.screen.unitName}
          {shown.screen.room && <> · {shown.screen.room}</>}
        </p>
        <SignInHere shown={shown} code={code} leftMs={leftMs} />
        <Heads screen={shown.screen} />
        <Names names={shown.names} />
        <div className="wall__ways">
          <ButtonLink to={`/screen/${screenId}/people`}>{t('list')}</ButtonLink>
          <Closing screen={shown.screen} />
        </div>
      </aside>
    </main>
  );
}

function Class({ link, frame, shown }: { link: RoomLink; frame: RefObject<HTMLDivElement | null>; shown: Shown }) {
  const t = useScreenText();
  const view = useSyncExternalStore(link.subscribe, link.view);
  const { room, refusal } = view;
  if (!room) {
    return refusal ? (
      <div className="wall__class">
        <Failure what={t('refused')} error={refusal} retry={() => void link.enter()} />
      </div>
    ) : (
      <Waiting />
    );
  }
  if (room.state === 'ended' || room.state === 'archived') return <ClassOver screen={shown.screen} />;
  return (
    <div className="wall__class">
      <header className="wall__head">
        {room.state === 'live' && <span className="wall__live" aria-hidden="true" />}
        <h1 className="wall__topic">
          {t('number', { number: room.number })} {room.topic}
        </h1>
        {(view.unsent || !view.connected) && (
          <span className="wall__unsent" role="status">
            {t(view.unsent ? 'unsent' : 'reconnecting')}
          </span>
        )}
      </header>
      <Picture link={link} frame={frame} room={room} view={view} shown={shown} />
    </div>
  );
}

function Picture({
  link,
  frame,
  room,
  view,
  shown,
}: {
  link: RoomLink;
  frame: RefObject<HTMLDivElement | null>;
  room: Room;
  view: RoomView;
  shown: Shown;
}) {
  const t = useScreenText();
  const video = useRef<StageVideo>(null);
  const begun = room.state !== 'scheduled' && room.state !== 'draft';
  const outside = begun ? room.outside : null;
  const prefix = begun && !outside && room.prefix ? view.playable : null;
  const player = usePlayer(video, link, {
    prefix,
    outside,
    delivery: room.delivery,
    admissions: view.admissions,
    past: null,
    credited: true,
  });
  const isShown = prefix !== null || outside !== null;
  return (
    <div className="stage wall__stage">
      <video ref={video} className="stage__picture" aria-label={t('screen')} {...INLINE} />
      {isShown ? (
        <Over away={!room.publishing && room.state === 'live'} videoOver={room.videoOver} player={player} />
      ) : (
        <WaitingRoom room={room} />
      )}
      {isShown && <Controls frame={frame} video={video} player={player} />}
      <HeadCount shown={shown} check={room.presence} />
    </div>
  );
}

/** The code of this moment, in all its forms. */
function SignInHere({ shown, code, leftMs }: { shown: Shown; code: Code; leftMs: number }) {
  const t = useScreenText();
  const address = `${location.host}/s/${shown.shortCode}`;
  if (!code) {
    return (
      <p className="wall__stale" role="alert">
        {t('stale')}
      </p>
    );
  }
  return (
    <section className="wall__code">
      <h2 className="wall__scan">{t('scan')}</h2>
      <QrCode className="wall__qr" text={`${location.origin}${code.path}`} label={t('scan')} />
      <div className="wall__life" aria-hidden="true">
        <span style={{ width: `${Math.min(100, (leftMs / shown.stepMs) * 100)}%` }} />
      </div>
      <p className="wall__type">
        {t('orType')}
        <strong className="wall__address">{address}</strong>
      </p>
      <p className={`wall__digits numbers${code.digits.length > 6 ? ' wall__digits--long' : ''}`}>
        {grouped(code.digits)}
      </p>
    </section>
  );
}

/** 申报人数 and 实名签到人数, side by side and never one. */
function Heads({ screen }: { screen: Screen }) {
  const t = useScreenText();
  const [changing, setChanging] = useState(false);
  return (
    <section className="wall__heads" aria-live="polite">
      <p className="wall__number">
        <span className="wall__label">{t('signedIn')}</span>
        <strong className="numbers">{screen.signedIn}</strong>
      </p>
      <button type="button" className="wall__number" title={t('changeHeads')} onClick={() => setChanging(true)}>
        <span className="wall__label">{t('declared')} ✎</span>
        <strong className="numbers">{screen.declaredHeads ?? '–'}</strong>
      </button>
      {changing && <ChangeHeads screen={screen} onClose={() => setChanging(false)} />}
    </section>
  );
}

function ChangeHeads({ screen, onClose }: { screen: Screen; onClose: () => void }) {
  const t = useScreenText();
  const queries = useQueryClient();
  const [heads, setHeads] = useState(String(screen.declaredHeads ?? ''));
  const save = useMutation({
    mutationFn: (declaredHeads: number) =>
      call('PATCH /screens/:screenId', { params: { screenId: screen.id }, body: { declaredHeads } }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['screen', screen.id] });
      onClose();
    },
  });
  function submit(event: FormEvent) {
    event.preventDefault();
    if (/^\d{1,4}$/.test(heads)) save.mutate(Number(heads));
  }
  return (
    <Dialog
      title={t('changeHeads')}
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button look="primary" type="submit" form="heads" busy={save.isPending}>
            {t('save')}
          </Button>
        </>
      }
    >
      <form id="heads" onSubmit={submit}>
        <label className="field">
          <span className="field__label">{t('heads')}</span>
          <input
            className="input"
            inputMode="numeric"
            value={heads}
            onChange={(event) => setHeads(event.target.value.replace(/\D/g, '').slice(0, 4))}
          />
          <span className="field__hint">{t('headsHint')}</span>
        </label>
      </form>
      {save.isError && <Failure what={t('saveFailed')} error={save.error} />}
    </Dialog>
  );
}

function Names({ names }: { names: string[] }) {
  const t = useScreenText();
  return (
    <section className="wall__names">
      <h2 className="wall__label">{t('lastNames')}</h2>
      {names.length === 0 ? (
        <p>{t('nobody')}</p>
      ) : (
        <p className="wall__last" aria-live="polite">
          {names.join('　')}
        </p>
      )}
    </section>
  );
}

function Closing({ screen }: { screen: Screen }) {
  const t = useScreenText();
  const queries = useQueryClient();
  const [asking, setAsking] = useState(false);
  const close = useMutation({
    mutationFn: () => call('POST /screens/:screenId/close', { params: { screenId: screen.id } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['screen', screen.id] }),
  });
  return (
    <>
      <Button look="quiet" onClick={() => setAsking(true)}>
        {t('close')}
      </Button>
      {asking && (
        <Dialog
          title={t('closeAsk')}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t('cancel')}</Button>
              <Button look="danger" busy={close.isPending} onClick={() => close.mutate()}>
                {t('close')}
              </Button>
            </>
          }
        >
          <p>{t('closeHint', { count: screen.present })}</p>
          {close.isError && <Failure what={t('closeFailed')} error={close.error} />}
        </Dialog>
      )}
    </>
  );
}

function ClassOver({ screen }: { screen: Screen }) {
  const t = useScreenText();
  return (
    <div className="wall__class wall__class--over">
      <h1>{t('over')}</h1>
      <Summary screen={screen} />
    </div>
  );
}

function Ended({ screen, title }: { screen: Screen; title: string }) {
  const t = useScreenText();
  return (
    <Page title={t('screen')} narrow>
      <h1 className="signing__title">{title}</h1>
      <Summary screen={screen} />
      <p>
        <Link to={`/screen/${screen.id}/people`}>{t('list')}</Link>
      </p>
    </Page>
  );
}

function Summary({ screen }: { screen: Screen }) {
  const t = useScreenText();
  return <p className="numbers">{t('summary', { heads: screen.declaredHeads ?? '–', count: screen.signedIn })}</p>;
}
