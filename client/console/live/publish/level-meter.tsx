import { type ReactNode, useEffect, useState } from 'react';
import type { Studio } from './studio.ts';
import { usePublishText } from './text.ts';

const EVERY_MS = 80;
/** Left end of the meter, dBFS. */
const LEAST_DB = -60;
/** Softer than this for so long, nobody is speaking into it, or it is off. */
const SILENT_DB = -50;
const SILENT_AFTER_MS = 6_000;
/** How quickly it falls, dB each time: peaks are seen, not only flashed. */
const FALL_DB = 2.5;

/** What the microphone says, and a warning when that is nothing. */
export function LevelMeter({
  studio,
  muted,
  children,
}: {
  studio: Studio;
  muted: boolean;
  /** Beside it. */
  children: ReactNode;
}) {
  const t = usePublishText();
  const [shown, setShown] = useState(LEAST_DB);
  const [silent, setSilent] = useState(false);

  useEffect(() => {
    let heardAt = performance.now();
    const timer = setInterval(() => {
      const level = studio.level();
      const now = performance.now();
      if (level > SILENT_DB || muted) heardAt = now;
      setSilent(now - heardAt > SILENT_AFTER_MS);
      setShown((last) => Math.max(LEAST_DB, Math.min(0, Math.max(level, last - FALL_DB))));
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [studio, muted]);

  const percent = Math.round(((shown - LEAST_DB) / -LEAST_DB) * 100);
  return (
    <div>
      <meter className="visually-hidden" aria-label={t('level')} min={0} max={100} value={percent} />
      <div className="level-line">
        <div className="level" aria-hidden>
          <div className="level__bar" style={{ clipPath: `inset(0 ${100 - percent}% 0 0)` }} />
        </div>
        {children}
      </div>
      <div role="status" className="publish__warning">
        {muted ? t('muted') : silent ? t('silent') : ''}
      </div>
    </div>
  );
}
