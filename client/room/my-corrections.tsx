import { useQuery } from '@tanstack/react-query';
import { call } from '#client/api.ts';
import { formatTime } from '#client/format.ts';
import type { Result } from '#contract/api.ts';
import { useRoomText } from './text.ts';

type MyCorrection = Result<'GET /sessions/:sessionId/my-corrections'>[number];

/** What the bureau corrected of one's own credited time, and why. Nothing when there is nothing. */
export function MyCorrections({ sessionId }: { sessionId: string }) {
  const t = useRoomText();
  const corrections = useQuery({
    queryKey: ['my-corrections', sessionId],
    queryFn: () => call('GET /sessions/:sessionId/my-corrections', { params: { sessionId } }),
  });
  if (!corrections.data?.length) return null;
  return (
    <ul className="summary__corrections" aria-label={t('corrections')}>
      {corrections.data.map((correction) => (
        <li key={correction.id}>
          {t('corrected')} <What correction={correction} />
          {t('because', { reason: correction.reason })}
          {correction.withdrawn && t('correctionWithdrawn')}
        </li>
      ))}
    </ul>
  );
}

function What({ correction: { effect, deltaMs, from, to } }: { correction: MyCorrection }) {
  const t = useRoomText();
  if (effect === 'withdrawal') return t('correctionWithdrawal');
  if (effect === 'difference') {
    const minutes = Math.round(Math.abs(deltaMs ?? 0) / 60_000);
    return t((deltaMs ?? 0) < 0 ? 'correctedLess' : 'correctedMore', { minutes });
  }
  const stretch = { from: formatTime(from ?? 0), to: formatTime(to ?? 0) };
  return t(effect === 'present' ? 'correctedPresent' : 'correctedAbsent', stretch);
}
