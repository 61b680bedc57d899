import { Button } from 'antd';
import Hls from 'hls.js';
import { useEffect, useRef, useState } from 'react';
import { useDeskText } from './text.ts';
import { useWatch } from './use-watch.ts';

const RETRY_MS = 2_000;

/** What is being published: the test stream before the class, the class itself after. */
export function Preview({ sessionId, publishing }: { sessionId: string; publishing: boolean }) {
  const t = useDeskText();
  const video = useRef<HTMLVideoElement>(null);
  const [muted, setMuted] = useState(true);
  const watch = useWatch(sessionId, publishing ? false : RETRY_MS);
  const { prefix, outsideUrl } = watch;
  const address = outsideUrl ?? (prefix === null ? null : `/media/${prefix}/index.m3u8`);

  useEffect(() => {
    const element = video.current;
    if (!element || address === null || !publishing) return;
    if (!Hls.isSupported()) {
      element.src = address;
      void element.play().catch(() => undefined);
      return;
    }
    const hls = new Hls({ lowLatencyMode: true, backBufferLength: 10, maxLiveSyncPlaybackRate: 1.05 });
    let retry: ReturnType<typeof setTimeout> | undefined;
    hls.on(Hls.Events.MANIFEST_PARSED, () => void element.play().catch(() => undefined));
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (!fatal) return;
      if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
      else retry = setTimeout(() => hls.loadSource(address), RETRY_MS);
    });
    hls.attachMedia(element);
    hls.loadSource(address);
    return () => {
      clearTimeout(retry);
      hls.destroy();
    };
  }, [address, publishing]);

  return (
    <>
      <div className="preview">
        <video ref={video} muted={muted} playsInline aria-label={t('liveStream')} />
        {!publishing && <p>{t('noStream')}</p>}
      </div>
      {publishing && (
        <p className="preview-foot muted">
          {watch.kind === 'live' ? t('liveStream') : t('testStream')}{' '}
          <Button size="small" type="text" onClick={() => setMuted(!muted)}>
            {muted ? t('unmute') : t('mute')}
          </Button>
        </p>
      )}
    </>
  );
}
