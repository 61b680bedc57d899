import { Select } from 'antd';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { classHours, missingHours } from '#contract/class-hours.ts';
import type { HoursRule, LedgerPerson, LedgerStanding } from '#contract/hours.ts';
import { useAct, useRead } from '../data.ts';
import { ActsTitle, ConfirmButton, Loaded, Mark, SearchField } from '../parts.tsx';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useWords } from '../words.ts';
import type { LedgerFilters } from './filters.ts';
import { useLedgerText } from './text.ts';

interface PeopleFilters {
  q?: string | undefined;
  standing?: LedgerStanding | undefined;
}

/** The ledger person by person; a row opens what somebody attended. */
export function HoursPeople({
  filters,
  rule,
  many,
}: {
  filters: LedgerFilters & { year: number };
  rule: HoursRule;
  /** Of more than one unit. */
  many: boolean;
}) {
  const t = useLedgerText();
  const word = useWords();
  const paged = usePagedQuery<PeopleFilters>();
  const people = useRead('GET /hours/people', { query: { ...filters, ...paged.query } });
  const { minutes } = rule;
  const hours = (key: string, title: string, value: (row: LedgerPerson) => number | null) => ({
    title,
    key,
    width: 96,
    align: 'right' as const,
    render: (_: unknown, row: LedgerPerson) => value(row) ?? '–',
  });
  return (
    <>
      <div className="filters">
        <SearchField label={t('search')} width={220} onSearch={(q) => paged.filter({ q })} />
        <Select
          allowClear
          placeholder={t('standing')}
          aria-label={t('standing')}
          style={{ width: 130 }}
          onChange={(standing?: LedgerStanding) => paged.filter({ standing })}
          options={(['behind', 'fulfilled', 'none'] as const).map((value) => ({ value, label: t(value) }))}
        />
      </div>
      <PagedTable<LedgerPerson>
        read={people}
        paged={paged}
        total={(count) => t('countPeople', { count: formatCount(count) })}
        rowKey="personId"
        minWidth={many ? 1_150 : 950}
        empty={t(paged.query.q || paged.query.standing ? 'nobody' : 'noRows')}
        expanded={(row) => <Attended personId={row.personId} year={filters.year} minutes={minutes} />}
        columns={[
          {
            title: t('name'),
            key: 'name',
            fixed: 'left',
            width: 96,
            render: (_, row) => (
              <>
                {row.personName}
                {!row.onRoster && (
                  <div>
                    <Mark>{t('left')}</Mark>
                  </div>
                )}
              </>
            ),
          },
          {
            title: t('standing'),
            key: 'standing',
            width: 92,
            render: (_, { standing }) => (
              <Mark tone={standing === 'behind' ? 'amber' : standing === 'fulfilled' ? 'green' : 'plain'}>
                {t(standing)}
              </Mark>
            ),
          },
          hours('due', t('dueHours'), (row) => row.dueHours || null),
          hours('statutory', t('statutory'), (row) => classHours(row.statutoryMs, minutes)),
          hours('missing', t('missing'), (row) =>
            row.standing === 'none' ? null : missingHours(row.dueHours, row.statutoryMs, minutes),
          ),
          ...(many ? [{ title: t('unit'), dataIndex: 'unitName', width: 200 }] : []),
          { title: t('category'), key: 'category', width: 110, render: (_, row) => word(row.category) },
          { title: t('kind'), key: 'kind', width: 88, render: (_, row) => t(row.initial ? 'initial' : 'yearly') },
          hours('attended', t('attended'), (row) => Math.floor(row.attendedMs / 60_000)),
          {
            title: <ActsTitle />,
            key: 'acts',
            width: 130,
            render: (_, row) => row.onRoster && <InitialButton person={row} year={filters.year} />,
          },
        ]}
      />
    </>
  );
}

/** Says whether the year is that of somebody's initial training. */
function InitialButton({ person, year }: { person: LedgerPerson; year: number }) {
  const t = useLedgerText();
  const mark = useAct('PUT /people/:personId/initial-training', { done: t('marked') });
  return (
    <ConfirmButton
      size="small"
      question={t(person.initial ? 'unmarkHint' : 'markHint', { name: person.personName, year })}
      verb={t(person.initial ? 'markYearly' : 'markInitial')}
      busy={mark.isPending}
      onConfirm={() => mark.mutate({ params: { personId: person.personId }, body: { year, initial: !person.initial } })}
    />
  );
}

function Attended({ personId, year, minutes }: { personId: string; year: number; minutes: number }) {
  const t = useLedgerText();
  const language = useLanguage();
  const ledger = useRead('GET /people/:personId/hours', { params: { personId }, query: { year } });
  return (
    <Loaded read={ledger}>
      {({ sessions, person }) =>
        sessions.length === 0 ? (
          <p className="muted">{t('noRecord')}</p>
        ) : (
          <ul className="hours-record" aria-label={t('details', { name: person.personName })}>
            {sessions.map((session) => (
              <li key={session.sessionId}>
                <span className="numbers">{formatDateTime(session.startedAt, language)}</span>
                <span>
                  {session.courseTitle} · {t('number', { number: session.number })} {session.topic}
                </span>
                <span className="numbers">{t('minutes', { count: Math.floor(session.creditedMs / 60_000) })}</span>
                <span>
                  {session.statutory ? t('counts', { hours: classHours(session.creditedMs, minutes) }) : t('countsNot')}
                </span>
              </li>
            ))}
          </ul>
        )
      }
    </Loaded>
  );
}
