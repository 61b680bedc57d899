import { Input, Select, Table } from 'antd';
import { useState } from 'react';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { useReportText } from './text.ts';

type Row = Result<'GET /sessions/:sessionId/people'>['items'][number];

/** Attendance person by person, a page at a time. */
export function PeopleTable({ sessionId, live }: { sessionId: string; live: boolean }) {
  const t = useReportText();
  const shared = useConsoleText();
  const word = useWords();
  const language = useLanguage();
  const [query, setQuery] = useState<{ q?: string; present?: 'yes' | 'no'; page: number; pageSize: number }>({
    page: 1,
    pageSize: 50,
  });
  const people = useRead(
    'GET /sessions/:sessionId/people',
    { params: { sessionId }, query },
    { every: live && 15_000 },
  );
  return (
    <>
      <div className="filters">
        <Input.Search
          allowClear
          placeholder={`${t('name')} / ${t('unit')}`}
          style={{ width: 240 }}
          onSearch={(text) =>
            setQuery({ ...query, page: 1, ...(text.trim() ? { q: text.trim() } : { q: undefined }) } as typeof query)
          }
        />
        <Select
          value={query.present ?? 'all'}
          style={{ width: 140 }}
          onChange={(value) => {
            const { present: _, ...rest } = query;
            setQuery({ ...rest, page: 1, ...(value !== 'all' && { present: value as 'yes' | 'no' }) });
          }}
          options={[
            { value: 'all', label: shared('all') },
            { value: 'yes', label: t('presentOnly') },
            { value: 'no', label: t('absentOnly') },
          ]}
        />
      </div>
      <Table<Row>
        rowKey="personId"
        size="middle"
        loading={people.isFetching && !people.data}
        dataSource={people.data?.items ?? []}
        scroll={{ x: 1_200 }}
        locale={{ emptyText: t('noRows') }}
        pagination={{
          current: query.page,
          pageSize: query.pageSize,
          total: people.data?.total ?? 0,
          showTotal: (count) => shared('total', { count }),
          onChange: (page, pageSize) => setQuery({ ...query, page, pageSize }),
        }}
        columns={[
          { title: t('name'), dataIndex: 'personName', fixed: 'left', width: 100 },
          { title: t('unit'), dataIndex: 'unitName' },
          { title: t('category'), key: 'category', render: (_, row) => word(row.category) },
          { title: t('phone'), dataIndex: 'phoneMasked' },
          { title: t('isDue'), key: 'due', render: (_, row) => (row.due ? shared('yes') : shared('no')) },
          {
            title: t('joined'),
            key: 'joined',
            render: (_, row) => (row.firstJoinedAt ? formatDateTime(row.firstJoinedAt, language) : '–'),
          },
          {
            title: t('minutes'),
            key: 'minutes',
            align: 'right',
            render: (_, row) => Math.floor(row.creditedSeconds / 60),
          },
          {
            title: t('isComplete'),
            key: 'complete',
            render: (_, row) => (row.complete ? shared('yes') : shared('no')),
          },
          {
            title: t('live'),
            key: 'live',
            align: 'right',
            render: (_, row) => `${row.liveCorrect} / ${row.liveAnswered}`,
          },
          {
            title: t('paperResult'),
            key: 'paper',
            render: (_, row) =>
              row.paperPercent === null ? '–' : `${row.paperPercent}% ${row.paperPassed ? t('passed') : t('failed')}`,
          },
          {
            title: word('unverified'),
            key: 'verification',
            render: (_, row) => (row.verification === 'verified' ? '' : word(row.verification)),
          },
        ]}
      />
    </>
  );
}
