import { Link } from 'react-router';
import { formatDateTime, formatDay, formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { serverNow } from '#client/server-clock.ts';
import { mayConvene, useMe } from '#client/session.ts';
import { ButtonLink } from '#client/ui/button.tsx';
import type { MySession } from '#contract/courses.ts';
import { useListText } from './text.ts';

/** How long before its start a class has a waiting room worth a link. */
const EARLY_MS = 24 * 3_600_000;

export function LiveSession({ mine }: { mine: MySession }) {
  const t = useListText();
  return (
    <article className="card card--live">
      <Heading mine={mine} />
      <Credit mine={mine} />
      {mine.session.mode === 'offline' ? (
        <p className="card__line">{t('atVenue', { venue: mine.session.venue ?? '' })}</p>
      ) : (
        <>
          <ButtonLink className="card__enter" look="primary" wide to={`/learn/${mine.session.id}`}>
            {t('enterLive')}
          </ButtonLink>
          <Together sessionId={mine.session.id} />
        </>
      )}
    </article>
  );
}

export function UpcomingSession({ mine }: { mine: MySession }) {
  const t = useListText();
  const { session } = mine;
  return (
    <article className="card">
      <Heading mine={mine} />
      {session.mode !== 'online' && session.venue && (
        <p className="card__line">{t('venue', { venue: session.venue })}</p>
      )}
      {session.mode !== 'offline' && Date.parse(session.startsAt) - serverNow() < EARLY_MS && (
        <p className="card__line">
          <Link to={`/learn/${session.id}`}>{t('enter')}</Link>
        </p>
      )}
      {session.mode !== 'offline' && Date.parse(session.startsAt) - serverNow() < EARLY_MS && (
        <Together sessionId={session.id} />
      )}
    </article>
  );
}

export function FinishedSession({ mine }: { mine: MySession }) {
  const t = useListText();
  const language = useLanguage();
  const { session, paper } = mine;
  return (
    <article className="card">
      <Heading mine={mine} />
      <Credit mine={mine} />
      {mine.replayUntil && !mine.complete ? (
        <div className="card__paper">
          <span>{t('replayUntil', { date: formatDay(mine.replayUntil, language) })}</span>
          <ButtonLink look="primary" to={`/learn/${session.id}`}>
            {t('makeUp')}
          </ButtonLink>
        </div>
      ) : (
        session.replay && (
          <p className="card__line">
            <Link to={`/learn/${session.id}`}>{t('replay')}</Link>
          </p>
        )
      )}
      {paper?.published && (
        <div className="card__paper">
          <span>
            {paper.bestPercent === null
              ? t('paperOpen')
              : t(paper.passed ? 'passed' : 'notPassed', { percent: Math.floor(paper.bestPercent) })}
          </span>
          <ButtonLink look={paper.passed ? 'plain' : 'primary'} to={`/learn/${session.id}/paper`}>
            {paper.passed ? t('paper') : t('sitPaper')}
          </ButtonLink>
        </div>
      )}
    </article>
  );
}

/** For those who may seat a whole room before one screen. */
function Together({ sessionId }: { sessionId: string }) {
  const t = useListText();
  if (!mayConvene(useMe())) return null;
  return (
    <p className="card__line">
      <Link to={`/learn/${sessionId}/screen`}>{t('together')}</Link>
    </p>
  );
}

function Heading({ mine: { session } }: { mine: MySession }) {
  const t = useListText();
  const language = useLanguage();
  return (
    <>
      <p className="card__course">
        {session.courseTitle} · {t('number', { number: session.number })}
      </p>
      <h3 className="card__topic">{session.topic}</h3>
      <p className="card__line numbers">
        {formatDateTime(session.startedAt ?? session.startsAt, language)}
        {session.state !== 'ended' && session.state !== 'archived' && (
          <> · {t('planned', { length: formatLength(session.plannedMinutes * 60_000, language) })}</>
        )}
        {session.instructorName && <> · {t('instructor', { name: session.instructorName })}</>}
      </p>
    </>
  );
}

/** What is credited, and by words and mark whether it is enough. */
function Credit({ mine }: { mine: MySession }) {
  const t = useListText();
  const language = useLanguage();
  const over = mine.session.state !== 'live';
  if (mine.creditedMs === 0) return over ? <p className="card__line">{t('notAttended')}</p> : null;
  return (
    <p className="card__line numbers">
      {t('credited', { length: formatLength(mine.creditedMs, language) })} ·{' '}
      {mine.complete ? (
        <span className="card__complete">✓ {t('complete')}</span>
      ) : (
        // Up to the next whole minute, so that credited and missing never add up to too little.
        t('missing', { length: formatLength(Math.max(0, mine.requiredMs - mine.creditedMs) + 59_999, language) })
      )}
    </p>
  );
}
