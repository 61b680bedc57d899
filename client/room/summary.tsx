import '#client/credit/credit.css';
import { CreditRule } from '#client/credit/credit-rule.tsx';
import { useCreditText } from '#client/credit/text.ts';
import { formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { ButtonLink } from '#client/ui/button.tsx';
import { MissedTime } from './missed-time.tsx';
import { MyCorrections } from './my-corrections.tsx';
import { Progress } from './progress.tsx';
import type { Room } from './room-link.ts';
import { useRoomText } from './text.ts';

/** After the class: what is credited, and the way to the paper. */
export function Summary({ room, creditedMs }: { room: Room; creditedMs: number }) {
  const t = useRoomText();
  const credit = useCreditText();
  const language = useLanguage();
  return (
    <section className="summary">
      <h2 className="summary__title">{t('ended')}</h2>
      <p className="summary__label">{t('yourTime')}</p>
      <p className="summary__time numbers">{formatLength(creditedMs, language)}</p>
      <Progress creditedMs={creditedMs} requiredMs={room.requiredMs} />
      <MissedTime sessionId={room.sessionId} />
      <MyCorrections sessionId={room.sessionId} />
      <p className="summary__hint">{t('stillCounting')}</p>
      <details className="credit-rule">
        <summary>{credit('title')}</summary>
        <ul>
          <CreditRule />
        </ul>
      </details>
      <div className="summary__actions">
        {room.paperPublished ? (
          <ButtonLink look="primary" wide to={`/learn/${room.sessionId}/paper`}>
            {t('sitPaper')}
          </ButtonLink>
        ) : (
          <p className="summary__hint">{t('noPaper')}</p>
        )}
        <ButtonLink wide to="/learn">
          {t('toList')}
        </ButtonLink>
      </div>
    </section>
  );
}
