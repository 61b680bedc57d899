import './hours.css';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '#client/api.ts';
import { CreditRule } from '#client/credit/credit-rule.tsx';
import { formatDateTime, formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Empty } from '#client/ui/empty.tsx';
import { SelectField } from '#client/ui/field.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { classHours, missingHours } from '#contract/class-hours.ts';
import type { LedgerSession, PersonLedger, SessionAhead } from '#contract/hours.ts';
import { useCategoryWords } from './categories.ts';
import { useHoursText } from './text.ts';

/** 我的学时: what a person has done in a year, what is due, and what they can attend. */
export default function MyHours() {
  const t = useHoursText();
  const [year, setYear] = useState<number>();
  const ledger = useQuery({
    queryKey: ['my-hours', year ?? null],
    queryFn: () => call('GET /my/hours', { query: year === undefined ? {} : { year } }),
    placeholderData: keepPreviousData,
  });
  return (
    <Page title={t('title')} home="/learn" end={<Link to="/learn">{t('back')}</Link>}>
      <h1 className="hours__title">{t('title')}</h1>
      {ledger.data ? (
        <Ledger ledger={ledger.data} onYear={setYear} />
      ) : ledger.isError ? (
        <Failure what={t('failed')} error={ledger.error} retry={() => ledger.refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

function Ledger({ ledger, onYear }: { ledger: PersonLedger; onYear: (year: number) => void }) {
  const t = useHoursText();
  const word = useCategoryWords();
  const language = useLanguage();
  const { person, year, years, rule, sessions, ahead } = ledger;
  const done = classHours(person.statutoryMs, rule.minutes);
  const missing = missingHours(person.dueHours, person.statutoryMs, rule.minutes);
  return (
    <>
      <p className="hours__who">
        {person.personName} · {person.unitName}
        <br />
        {t('category', { category: word(person.category), kind: t(person.initial ? 'initial' : 'yearly') })}
      </p>
      {years.length > 1 && (
        <SelectField label={t('year')} value={year} onChange={(event) => onYear(Number(event.target.value))}>
          {years.map((each) => (
            <option key={each} value={each}>
              {t('ofYear', { year: each })}
            </option>
          ))}
        </SelectField>
      )}
      <section className="hours__sum" aria-label={t('ofYear', { year })}>
        <dl className="hours__figures numbers">
          <Figure name={t('statutory')} value={t('hours', { hours: done })} />
          <Figure name={t('due')} value={t('hours', { hours: person.dueHours })} />
          <Figure name={t('missing')} value={t('hours', { hours: missing })} />
          <Figure name={t('attended')} value={formatLength(person.attendedMs, language)} />
        </dl>
        {person.dueHours > 0 && (
          <div className="hours__bar" aria-hidden="true">
            <div style={{ width: `${Math.min(100, (done / person.dueHours) * 100)}%` }} />
          </div>
        )}
        {person.standing === 'none' ? (
          <p className="hours__none">{t('none')}</p>
        ) : person.standing === 'fulfilled' ? (
          <p className="hours__fulfilled">✓ {t('fulfilled')}</p>
        ) : (
          <p className="hours__behind">{t('behind', { hours: missing })}</p>
        )}
      </section>

      <section className="hours__part">
        <h2>{t('ahead')}</h2>
        {ahead.length === 0 ? (
          <p className="hours__hint">{t('nothingAhead')}</p>
        ) : (
          <>
            <p className="hours__hint">{t('aheadHint')}</p>
            <ul className="hours__rows">
              {ahead.map((session) => (
                <Ahead key={session.sessionId} session={session} />
              ))}
            </ul>
          </>
        )}
      </section>

      <section className="hours__part">
        <h2>{t('record')}</h2>
        {sessions.length === 0 ? (
          <Empty title={t('noRecord')} />
        ) : (
          <ul className="hours__rows">
            {[...sessions].reverse().map((session) => (
              <Attended key={session.sessionId} session={session} minutes={rule.minutes} />
            ))}
          </ul>
        )}
      </section>

      <Notice title={t('rule')}>
        <ul className="hours__rule">
          <CreditRule />
          <li>{t('rule1', { minutes: rule.minutes })}</li>
          <li>{t('rule2')}</li>
          <li>{t('rule3')}</li>
          <li>{t('rule4')}</li>
        </ul>
      </Notice>
    </>
  );
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Ahead({ session }: { session: SessionAhead }) {
  const t = useHoursText();
  const language = useLanguage();
  const length = formatLength(session.plannedMinutes * 60_000, language);
  const when = formatDateTime(session.startsAt, language);
  return (
    <li>
      <p className="hours__course">
        {session.courseTitle} · {t('number', { number: session.number })}
      </p>
      <p className="hours__topic">{session.topic}</p>
      <p className="hours__line numbers">
        {session.state === 'live' ? t('live') : t('startsAt', { when, length })}
        {session.venue && session.mode !== 'online' && <> · {t('venue', { venue: session.venue })}</>}
        {session.mode === 'offline' && <> · {t(session.enrolled ?? 'notEnrolled')}</>}
        {session.state === 'live' && session.mode !== 'offline' && (
          <>
            {' · '}
            <Link to={`/learn/${session.sessionId}`}>{t('enter')}</Link>
          </>
        )}
      </p>
    </li>
  );
}

function Attended({ session, minutes }: { session: LedgerSession; minutes: number }) {
  const t = useHoursText();
  const language = useLanguage();
  return (
    <li>
      <p className="hours__course">
        {session.courseTitle} · {t('number', { number: session.number })}
      </p>
      <p className="hours__topic">{session.topic}</p>
      <p className="hours__line numbers">
        {formatDateTime(session.startedAt, language)} · {formatLength(session.creditedMs, language)}
        {session.complete && <span className="hours__complete"> ✓ {t('complete')}</span>}
      </p>
      <p className="hours__line numbers">
        {session.statutory ? (
          <>
            {t('counts')} {t('hours', { hours: classHours(session.creditedMs, minutes) })}
            {session.statutoryBasis && session.statutoryApprover && (
              <span className="hours__basis">
                {t('basis', { basis: session.statutoryBasis, approver: session.statutoryApprover })}
              </span>
            )}
          </>
        ) : (
          t('countsNot')
        )}
      </p>
    </li>
  );
}
