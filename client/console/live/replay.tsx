import Hls from 'hls.js';
import { useEffect, useRef } from 'react';
import { useDeskText } from './text.ts';
import { useWatch } from './use-watch.ts';

/** The recording of a class that is over. */
export function Replay({ sessionId }: { sessionId: string }) {
  const t = useDeskText();
  const video = useRef<HTMLVideoElement>(null);
  const { prefix } = useWatch(sessionId, false);

  useEffect(() => {
    const element = video.current;
    if (!element || prefix === null) return;
    const address = `/media/${prefix}/dvr.m3u8`;
    if (!Hls.isSupported()) {
      element.src = address;
      return;
    }
    const hls = new Hls({ startPosition: 0 });
    hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
      if (fatal && type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    });
    hls.attachMedia(element);
    hls.loadSource(address);
    return () => hls.destroy();
  }, [prefix]);

  return (
    <div className="preview">
      {/* biome-ignore lint/a11y/useMediaCaption: nobody has captioned what was recorded */}
      <video ref={video} controls playsInline aria-label={t('replay')} />
    </div>
  );
}
