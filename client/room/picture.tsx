import { type RefObject, useEffect, useRef, useState } from 'react';
import { preloadCheck } from '#client/check/load.ts';
import { Button } from '#client/ui/button.tsx';
import { Spinner } from '#client/ui/spinner.tsx';
import { CaptionsButton } from './captions-button.tsx';
import { CheckLink } from './check-link.tsx';
import { Patience } from './patience.ts';
import { QualityMenu } from './quality-menu.tsx';
import { useRoomText } from './text.ts';
import type { PlayerHandle } from './use-player.ts';

export type StageVideo = HTMLVideoElement & { webkitEnterFullscreen?: () => void; webkitExitFullscreen?: () => void };

/** Within the page also in WeChat's browser. */
export const INLINE = {
  playsInline: true,
  autoPlay: true,
  'webkit-playsinline': 'true',
  'x5-playsinline': 'true',
  'x5-video-player-type': 'h5-page',
} as const;

const LOOK_MS = 500;

/**
 * What lies over the picture.
 * @param away the publisher is: the picture is the slate, or stands still
 * @param videoOver it is away because a prepared video has ended
 */
export function Over({
  away,
  videoOver = false,
  player,
}: {
  away: boolean;
  videoOver?: boolean;
  player: PlayerHandle;
}) {
  const t = useRoomText();
  const words = t(videoOver ? 'videoOver' : 'away');
  const { started, waiting, paused } = player.view;
  // Not before the first picture, which would have to wait for it; when it is needed it may not get through any more.
  useEffect(() => {
    if (started) preloadCheck();
  }, [started]);
  if (away && waiting && !paused) {
    return (
      <div className="stage__over stage__over--slate" role="status">
        {words}
      </div>
    );
  }
  return (
    <>
      {/* The slate in the picture says it to those who see. */}
      {away && (
        <p className="visually-hidden" role="status">
          {words}
        </p>
      )}
      <Cover player={player} />
    </>
  );
}

/** What stands between the viewer and the picture. */
function Cover({ player }: { player: PlayerHandle }) {
  const t = useRoomText();
  const { started, waiting, paused, muted } = player.view;
  const lost = useLost(waiting && !paused);
  if (paused) {
    return (
      <div className="stage__over">
        <Button look="primary" className="stage__tap" onClick={player.play}>
          {t('tapToPlay')}
        </Button>
      </div>
    );
  }
  if (waiting || lost) return <Buffering waiting={waiting} lost={lost} />;
  if (started && muted) {
    return (
      <div className="stage__over">
        <Button look="primary" className="stage__tap" onClick={() => player.setMuted(false)}>
          {t('tapForSound')}
        </Button>
      </div>
    );
  }
  return null;
}

function useLost(waiting: boolean): boolean {
  const [lost, setLost] = useState(false);
  const now = useRef(waiting);
  now.current = waiting;
  useEffect(() => {
    const patience = new Patience();
    const timer = setInterval(() => setLost(patience.isLost(performance.now(), now.current)), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return lost;
}

/** What a viewer is told when the picture stands still; more of it when that takes long. */
function Buffering({ waiting, lost }: { waiting: boolean; lost: boolean }) {
  const t = useRoomText();
  return (
    <div className={waiting ? 'stage__over' : 'stage__over stage__over--beside'} role="status">
      <span className="stage__loading">
        {waiting && <Spinner />}
        {waiting && !lost && t('buffering')}
        {waiting && lost && (
          <span>
            {t(navigator.onLine ? 'slow' : 'cut')}
            <br />
            {t('nothingLost')}
            <br />
            <CheckLink />
          </span>
        )}
        {!waiting && (
          <span>
            {t('weak')} <CheckLink />
          </span>
        )}
      </span>
    </div>
  );
}

export function Controls({
  frame,
  video,
  player,
}: {
  frame: RefObject<HTMLDivElement | null>;
  video: RefObject<StageVideo | null>;
  player: PlayerHandle;
}) {
  const t = useRoomText();
  const { muted } = player.view;

  function fullScreen() {
    const element = frame.current;
    if (document.fullscreenElement) void document.exitFullscreen();
    else if (element?.requestFullscreen) void element.requestFullscreen().catch(() => undefined);
    // iPhones give the whole screen to the video alone.
    else video.current?.webkitEnterFullscreen?.();
  }

  return (
    <div className="stage__controls">
      <CaptionsButton video={video} />
      <QualityMenu player={player} />
      <button type="button" aria-label={t(muted ? 'unmute' : 'mute')} onClick={() => player.setMuted(!muted)}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z" fill="currentColor" />
          {muted ? (
            <path d="M15.5 9.5l5 5M20.5 9.5l-5 5" />
          ) : (
            <path d="M15.5 9a4.5 4.5 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11" />
          )}
        </svg>
      </button>
      <button type="button" aria-label={t('fullScreen')} onClick={fullScreen}>
        <svg viewBox="0 0 24 24" aria-hidden="true">
          <path d="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" />
        </svg>
      </button>
    </div>
  );
}
