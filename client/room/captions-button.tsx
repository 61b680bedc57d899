import { type RefObject, useEffect, useRef } from 'react';
import { useCaptions } from './captions.ts';
import { useRoomText } from './text.ts';

/** Where a key is meant for what is written. */
const WRITING = 'input:not([type=range]):not([type=radio]):not([type=checkbox]), textarea, select, [contenteditable]';

/** Captions on and off, where there are any; with the key c, too. */
export function CaptionsButton({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  const t = useRoomText();
  const captions = useCaptions(video);
  const next = useRef(captions?.next);
  next.current = captions?.next;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'c' || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      if (event.target instanceof Element && event.target.closest(WRITING)) return;
      next.current?.();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  if (!captions) return null;
  const { shown } = captions;
  return (
    <button
      type="button"
      className={`captions__button${shown ? ' captions__button--on' : ''}`}
      aria-label={t('captionsNow', { captions: shown?.label ?? t('captionsOff') })}
      aria-keyshortcuts="c"
      onClick={captions.next}
    >
      {t('captionsShort')}
    </button>
  );
}
