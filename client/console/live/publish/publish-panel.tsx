import { Alert, Button, Radio, Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { formatClock } from '#client/format.ts';
import type { PublisherStatus } from '#contract/media.ts';
import { ConfirmButton, LinkButton, Mark } from '../../parts.tsx';
import { QUALITIES, type Quality } from './choices.ts';
import type { Device } from './devices.ts';
import { LevelMeter } from './level-meter.tsx';
import { type OnAir, useOnAir } from './on-air.ts';
import type { Publisher } from './publisher.ts';
import { useStore } from './store.ts';
import type { Studio, StudioState } from './studio.ts';
import { canShareScreen, lackOf } from './support.ts';
import { usePublishText } from './text.ts';
import { usePublisher } from './use-publisher.ts';

/** 用浏览器直播. @param publishers of the session, as the server has them */
export function PublishPanel({ of, publishers }: { of: OnAir; publishers: PublisherStatus[] }) {
  const t = usePublishText();
  const publisher = usePublisher(of, () => t('paused'));
  const elsewhere = useOnAir();
  const lack = lackOf();
  if (lack) return <Alert type="info" showIcon title={t(lack)} />;
  if (!publisher) {
    return (
      <Alert
        type="info"
        showIcon
        title={t('elsewhere', { title: elsewhere?.title ?? '' })}
        action={<LinkButton to={`/console/sessions/${elsewhere?.sessionId}/live`}>{t('barBack')}</LinkButton>}
      />
    );
  }
  return <Desk publisher={publisher} publishers={publishers} />;
}

function Desk({ publisher, publishers }: { publisher: Publisher; publishers: PublisherStatus[] }) {
  const t = usePublishText();
  const { studio } = publisher;
  const state = useStore(studio.store);
  const { failure } = useStore(publisher.store);
  const { devicesAre, picture, sound } = state;
  return (
    <div className="publish">
      {failure && (
        <Alert type="error" showIcon title={typeof failure === 'string' ? t(failure) : failure.words} role="alert" />
      )}
      {devicesAre === 'closed' && <Doors studio={studio} />}
      {devicesAre === 'opening' && <p role="status">{t('opening')}</p>}
      {devicesAre === 'open' && (
        <>
          <Own studio={studio} />
          <Trouble studio={studio} state={state} />
          <Air publisher={publisher} publishers={publishers} nothing={picture !== null && sound !== null} />
          <Controls publisher={publisher} state={state} />
        </>
      )}
    </div>
  );
}

function Doors({ studio }: { studio: Studio }) {
  const t = usePublishText();
  return (
    <>
      <p className="muted">{t('hint')}</p>
      <div className="page-actions">
        <Button type="primary" onClick={() => void studio.open('camera')}>
          {t('useCamera')}
        </Button>
        {canShareScreen() && <Button onClick={() => void studio.open('screen')}>{t('useScreen')}</Button>}
      </div>
    </>
  );
}

/** What is sent, as it is sent. */
function Own({ studio }: { studio: Studio }) {
  const t = usePublishText();
  const video = useRef<HTMLVideoElement>(null);
  useEffect(() => {
    const element = video.current;
    if (!element) return;
    element.srcObject = studio.stream;
    void element.play().catch(() => undefined);
    return () => {
      element.srcObject = null;
    };
  }, [studio]);
  return (
    <div className="preview publish__own">
      <video ref={video} muted playsInline aria-label={t('title')} />
    </div>
  );
}

const SOUND_TROUBLE = {
  refused: 'microphoneRefused',
  none: 'microphoneNone',
  busy: 'microphoneBusy',
  lost: 'microphoneLost',
} as const;
const CAMERA_TROUBLE = {
  refused: 'cameraRefused',
  none: 'cameraNone',
  busy: 'cameraBusy',
  lost: 'cameraLost',
  ended: 'screenEnded',
} as const;
const SCREEN_TROUBLE = {
  refused: 'screenRefused',
  none: 'screenNone',
  busy: 'screenBusy',
  lost: 'screenEnded',
  ended: 'screenEnded',
} as const;

function Trouble({ studio, state }: { studio: Studio; state: StudioState }) {
  const t = usePublishText();
  const { kind, picture, sound, microphoneId } = state;
  const again = (retry: () => Promise<void>) => (
    <Button size="small" onClick={() => void retry()}>
      {t('again')}
    </Button>
  );
  return (
    <>
      {picture && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t((kind === 'camera' ? CAMERA_TROUBLE : SCREEN_TROUBLE)[picture])}
          action={again(() => studio.open(kind))}
        />
      )}
      {sound && (
        <Alert
          type="error"
          showIcon
          role="alert"
          title={t(SOUND_TROUBLE[sound])}
          action={again(() => studio.chooseMicrophone(microphoneId))}
        />
      )}
    </>
  );
}

function Controls({ publisher, state }: { publisher: Publisher; state: StudioState }) {
  const t = usePublishText();
  const { studio } = publisher;
  const { kind, devices, cameraId, microphoneId, muted, quality, sound } = state;
  return (
    <div className="publish__controls">
      {canShareScreen() && (
        <Radio.Group
          optionType="button"
          aria-label={t('source')}
          value={kind}
          onChange={({ target }) => void studio.open(target.value)}
          options={[
            { value: 'camera', label: t('camera') },
            { value: 'screen', label: t('screen') },
          ]}
        />
      )}
      {kind === 'camera' ? (
        <Choice
          label={t('camera')}
          devices={devices.cameras}
          chosen={cameraId}
          onChosen={(id) => void studio.chooseCamera(id)}
        />
      ) : (
        <Button onClick={() => void studio.open('screen')}>{t('chooseScreen')}</Button>
      )}
      <Choice
        label={t('microphone')}
        devices={devices.microphones}
        chosen={microphoneId}
        onChosen={(id) => void studio.chooseMicrophone(id)}
      />
      {!sound && (
        <LevelMeter studio={studio} muted={muted}>
          <Button size="small" onClick={() => studio.setMuted(!muted)}>
            {muted ? t('unmute') : t('mute')}
          </Button>
        </LevelMeter>
      )}
      <div className="field-line">
        <span className="muted">{t('quality')}</span>
        <Select
          aria-label={t('quality')}
          value={quality}
          onChange={(chosen: Quality) => publisher.chooseQuality(chosen)}
          options={Object.keys(QUALITIES).map((name) => ({ value: name, label: name }))}
        />
      </div>
    </div>
  );
}

function Choice({
  label,
  devices,
  chosen,
  onChosen,
}: {
  label: string;
  devices: Device[];
  chosen: string | null;
  onChosen: (id: string) => void;
}) {
  const t = usePublishText();
  if (devices.length === 0) return null;
  return (
    <div className="field-line">
      <span className="muted">{label}</span>
      <Select
        aria-label={label}
        value={devices.some(({ id }) => id === chosen) ? chosen : null}
        onChange={(id: string | null) => id && onChosen(id)}
        options={devices.map(({ id, label: name }, at) => ({
          value: id,
          label: name || t('unnamed', { number: at + 1 }),
        }))}
      />
    </div>
  );
}

/** @param nothing there is neither picture nor sound */
function Air({
  publisher,
  publishers,
  nothing,
}: {
  publisher: Publisher;
  publishers: PublisherStatus[];
  nothing: boolean;
}) {
  const t = usePublishText();
  const others = publishers.some(({ id, state }) => id !== publisher.id && state === 'on-air');
  const standsBy = publishers.some(({ id, state }) => id === publisher.id && state === 'standby');
  const { phase, attempt, slow, reduced, since, bitrate } = useStore(publisher.store);
  if (phase === 'off') {
    return (
      <>
        {others && <Alert type="info" showIcon title={t('otherSource')} />}
        <div className="page-actions">
          <Button type="primary" disabled={nothing} onClick={() => publisher.start()}>
            {t('start')}
          </Button>
          <Button onClick={() => publisher.close()}>{t('closeDevices')}</Button>
        </div>
      </>
    );
  }
  return (
    <>
      <div role="status">
        {phase === 'connecting' && t('connecting')}
        {phase === 'reconnecting' && <Alert type="warning" showIcon title={t('reconnecting', { attempt })} />}
        {phase === 'on-air' && <OnAirLine since={since} bitrate={bitrate} />}
        {phase === 'on-air' && standsBy && <Alert type="info" showIcon title={t('standsBy')} />}
        {slow && <Alert type="warning" showIcon title={t('slow')} />}
        {reduced && <Alert type="info" showIcon title={t('reduced')} />}
      </div>
      <div className="page-actions">
        <ConfirmButton danger question={t('stopSure')} verb={t('stop')} onConfirm={() => publisher.stop()} />
      </div>
    </>
  );
}

function OnAirLine({ since, bitrate }: { since: number; bitrate: number }) {
  const t = usePublishText();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="publish__air">
      <Mark tone="red">
        <span className="mark__dot" />
        {t('onAir')}
      </Mark>
      <span aria-hidden>
        {t('sending', { time: formatClock(now - since), rate: (bitrate / 1_000_000).toFixed(2) })}
      </span>
    </p>
  );
}
