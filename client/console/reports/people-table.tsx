import { Button, Select } from 'antd';
import { useState } from 'react';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { QueryInput, Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { ActsTitle, Mark, SearchField } from '../parts.tsx';
import { CorrectionForm } from '../records/correction-form.tsx';
import { useRecordText } from '../records/text.ts';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { useReportText } from './text.ts';

type Row = Result<'GET /sessions/:sessionId/people'>['items'][number];
type Filters = Omit<NonNullable<QueryInput<'GET /sessions/:sessionId/people'>>, 'page' | 'pageSize'>;

/** Attendance person by person, a page at a time. */
export function PeopleTable({
  sessionId,
  live,
  correctable,
}: {
  sessionId: string;
  live: boolean;
  /** When the class began, for whoever may correct what is credited; null: not here, not yet or not any more. */
  correctable: string | null;
}) {
  const t = useReportText();
  const shared = useConsoleText();
  const word = useWords();
  const language = useLanguage();
  const paged = usePagedQuery<Filters>();
  const record = useRecordText();
  const [correcting, setCorrecting] = useState<Row | null>(null);
  const people = useRead(
    'GET /sessions/:sessionId/people',
    { params: { sessionId }, query: paged.query },
    { every: live && 15_000 },
  );
  return (
    <>
      <div className="filters">
        <SearchField label={t('searchPeople')} width={240} onSearch={(q) => paged.filter({ q })} />
        <Select<'all' | 'yes' | 'no'>
          value={paged.query.present ?? 'all'}
          aria-label={t('present')}
          style={{ width: 140 }}
          onChange={(value) => paged.filter({ present: value === 'all' ? undefined : value })}
          options={[
            { value: 'all', label: shared('all') },
            { value: 'yes', label: t('presentOnly') },
            { value: 'no', label: t('absentOnly') },
          ]}
        />
      </div>
      <PagedTable<Row>
        read={people}
        paged={paged}
        total={(count) => t('countPeople', { count: formatCount(count) })}
        rowKey="personId"
        minWidth={correctable ? 1_290 : 1_210}
        empty={paged.query.q || paged.query.present ? t('nobodyFound') : t('noRows')}
        columns={[
          {
            title: t('name'),
            key: 'name',
            fixed: 'left',
            width: 90,
            render: (_, row) => (
              <>
                {row.personName}
                {row.verification !== 'verified' && (
                  <div>
                    <Mark tone="amber">{word(row.verification)}</Mark>
                  </div>
                )}
              </>
            ),
          },
          { title: t('unit'), dataIndex: 'unitName', width: 200 },
          { title: t('category'), key: 'category', width: 110, render: (_, row) => word(row.category) },
          { title: t('phone'), key: 'phone', width: 115, render: (_, row) => row.phoneMasked ?? '–' },
          { title: t('isDue'), key: 'due', width: 56, render: (_, row) => (row.due ? shared('yes') : shared('no')) },
          {
            title: t('joined'),
            key: 'joined',
            width: 165,
            render: (_, row) => (
              <>
                {row.firstJoinedAt ? formatDateTime(row.firstJoinedAt, language) : '–'}
                {row.waitedSeconds > 0 && (
                  <div className="muted">{t('waited', { seconds: formatCount(row.waitedSeconds) })}</div>
                )}
              </>
            ),
          },
          {
            title: t('minutes'),
            key: 'minutes',
            align: 'right',
            width: 120,
            render: (_, row) => Math.floor(row.creditedSeconds / 60),
          },
          {
            title: t('isComplete'),
            key: 'complete',
            width: 60,
            render: (_, row) => (row.complete ? <Mark tone="green">{shared('yes')}</Mark> : shared('no')),
          },
          {
            title: t('checks'),
            key: 'checks',
            align: 'right',
            width: 100,
            render: (_, row) => `${row.checksConfirmed} / ${row.checksConfirmed + row.checksMissed}`,
          },
          {
            title: t('live'),
            key: 'live',
            align: 'right',
            width: 90,
            render: (_, row) => `${row.liveCorrect} / ${row.liveAnswered}`,
          },
          {
            title: t('paperResult'),
            key: 'paper',
            align: 'right',
            width: 105,
            render: (_, row) =>
              row.paperPercent === null
                ? '–'
                : t(row.paperPassed ? 'passedWith' : 'failedWith', { points: Math.floor(row.paperPercent) }),
          },
          ...(correctable
            ? [
                {
                  title: <ActsTitle />,
                  key: 'acts',
                  width: 80,
                  render: (_: unknown, row: Row) => (
                    <Button
                      size="small"
                      aria-label={record('correctOf', { name: row.personName })}
                      onClick={() => setCorrecting(row)}
                    >
                      {record('correct')}
                    </Button>
                  ),
                },
              ]
            : []),
        ]}
      />
      {correcting && correctable && (
        <CorrectionForm
          sessionId={sessionId}
          startedAt={correctable}
          person={correcting}
          onClose={() => setCorrecting(null)}
        />
      )}
    </>
  );
}
