import { useEffect, useState } from 'react';
import { formatClock, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { serverNow } from '#client/server-clock.ts';
import type { Room } from './room-link.ts';
import { useRoomText } from './text.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Stands where the picture will be until the class begins. */
export function WaitingRoom({ room }: { room: Room }) {
  const t = useRoomText();
  const language = useLanguage();
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), 1_000);
    return () => clearInterval(timer);
  }, []);
  const left = Date.parse(room.startsAt) - now;
  return (
    <div className="before">
      {room.state === 'live' ? (
        <p className="before__words" role="status">
          {t('noPicture')}
        </p>
      ) : left > 0 ? (
        <>
          <p className="before__words">{t('startsIn')}</p>
          <p className="before__count numbers" role="timer">
            {left < DAY_MS
              ? formatClock(left)
              : t('daysLeft', { days: Math.floor(left / DAY_MS), hours: Math.floor((left % DAY_MS) / HOUR_MS) })}
          </p>
        </>
      ) : (
        <p className="before__words" role="status">
          {t('startsSoon')}
        </p>
      )}
      {room.state !== 'live' && (
        <p className="before__hint">{t('starts', { time: formatDateTime(room.startsAt, language) })}</p>
      )}
      <p className="before__hint">{t('startsByItself')}</p>
    </div>
  );
}
