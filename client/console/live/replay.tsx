import Hls from 'hls.js';
import { type RefObject, useEffect, useRef, useState } from 'react';
import { playRecording } from './recording.ts';
import { useDeskText } from './text.ts';
import { useWatch } from './use-watch.ts';

/** The recording of a class that is over. @param place told where on the session axis it stands, epoch ms */
export function Replay({ sessionId, place }: { sessionId: string; place: RefObject<number | null> }) {
  const t = useDeskText();
  const video = useRef<HTMLVideoElement>(null);
  const [trouble, setTrouble] = useState(false);
  const { prefix } = useWatch(sessionId, false);

  useEffect(() => {
    const element = video.current;
    if (!element || prefix === null) return;
    const address = `/media/${prefix}/dvr.m3u8`;
    if (!Hls.isSupported()) {
      element.src = address;
      return;
    }
    const recording = playRecording(element, address, setTrouble);
    const note = () => {
      place.current = recording.pdt();
    };
    element.addEventListener('timeupdate', note);
    element.addEventListener('seeked', note);
    return () => {
      element.removeEventListener('timeupdate', note);
      element.removeEventListener('seeked', note);
      recording.destroy();
    };
  }, [prefix, place]);

  return (
    <>
      <div className="preview">
        {/* biome-ignore lint/a11y/useMediaCaption: captions, where there are any, come with the stream */}
        <video ref={video} controls playsInline aria-label={t('replay')} />
      </div>
      {trouble && (
        <p className="preview-foot muted" role="status">
          {t('replayTrouble')}
        </p>
      )}
    </>
  );
}
