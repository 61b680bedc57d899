import { useQuery } from '@tanstack/react-query';
import { call } from '#client/api.ts';
import { formatLength, formatTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { useRoomText } from './text.ts';

/** After the class: what missed presence checks cost, and why. Nothing while there is none. */
export function MissedTime({ sessionId }: { sessionId: string }) {
  const t = useRoomText();
  const language = useLanguage();
  const credit = useQuery({
    queryKey: ['credit', sessionId],
    queryFn: () => call('GET /sessions/:sessionId/credit', { params: { sessionId } }),
  });
  const missed = credit.data?.missed ?? [];
  if (missed.length === 0) return null;
  return (
    <div className="summary__missed">
      <p className="summary__hint">{t('missedWhy')}</p>
      <ul>
        {missed.map(({ from, to, lostMs }) => (
          <li key={from} className="numbers">
            {to === null
              ? t('missedToEnd', { from: formatTime(from), length: formatLength(lostMs, language) })
              : t('missedBetween', {
                  from: formatTime(from),
                  to: formatTime(to),
                  length: formatLength(lostMs, language),
                })}
          </li>
        ))}
      </ul>
    </div>
  );
}
