import { Link } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { SessionAhead } from '#contract/hours.ts';
import { StateMark } from '../parts.tsx';
import { useWords } from '../words.ts';
import { useLedgerText } from './text.ts';

/** Sessions in which people who fall behind can catch up. */
export function AheadList({ sessions }: { sessions: SessionAhead[] }) {
  const t = useLedgerText();
  const word = useWords();
  const language = useLanguage();
  return (
    <section className="section">
      <h2>{t('ahead')}</h2>
      <p className="section__lead muted">{t(sessions.length === 0 ? 'nothingAhead' : 'aheadHint')}</p>
      {sessions.length > 0 && (
        <ul className="hours-record">
          {sessions.map((session) => (
            <li key={session.sessionId}>
              <span className="numbers">{formatDateTime(session.startsAt, language)}</span>
              <span>
                {session.courseTitle} · {t('number', { number: session.number })} {session.topic}
              </span>
              <span>
                {session.mode === 'online' ? (
                  word(session.mode)
                ) : (
                  <Link to={`/console/sessions/${session.sessionId}/venue`}>{t('venue')}</Link>
                )}
              </span>
              <span>
                <StateMark state={session.state} />
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
