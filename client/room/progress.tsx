import { formatClock, formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { useRoomText } from './text.ts';

/** 已计 and what is missing to be complete, as the server last said. */
export function Progress({ creditedMs, requiredMs }: { creditedMs: number; requiredMs: number }) {
  const t = useRoomText();
  const language = useLanguage();
  const share = requiredMs > 0 ? Math.min(1, creditedMs / requiredMs) : 1;
  const complete = creditedMs >= requiredMs;
  // Up to the next minute, so that nobody leaves too early.
  const missing = formatLength(requiredMs - creditedMs + 59_999, language);
  return (
    <div className="progress numbers">
      <span className="progress__short">{t('credited', { length: formatLength(creditedMs, language) })}</span>
      <span className="progress__long">{t('credited', { length: formatClock(creditedMs) })}</span>
      <div
        className="progress__bar"
        role="progressbar"
        aria-label={t('progress')}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.floor(share * 100)}
      >
        <div className="progress__done" style={{ width: `${share * 100}%` }} />
      </div>
      <span className={complete ? 'progress__complete' : ''}>
        {complete ? `✓ ${t('complete')}` : t('missing', { length: missing })}
      </span>
      <span className="progress__long progress__required">{t('required', { length: formatClock(requiredMs) })}</span>
    </div>
  );
}
