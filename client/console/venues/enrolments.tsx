import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Enrolled, VenueClass } from '#contract/venues.ts';
import { useAct, useRead } from '../data.ts';
import { ActsTitle, ConfirmButton, Mark } from '../parts.tsx';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useWords } from '../words.ts';
import { useVenueText } from './text.ts';

/** Who has a seat, then who waits. */
export function Enrolments({ venue: { sessionId }, mayWithdraw }: { venue: VenueClass; mayWithdraw: boolean }) {
  const t = useVenueText();
  const word = useWords();
  const language = useLanguage();
  const paged = usePagedQuery();
  const params = { sessionId };
  const enrolled = useRead('GET /sessions/:sessionId/enrolments', { params, query: paged.query }, { every: 15_000 });
  const withdraw = useAct('POST /sessions/:sessionId/enrolments/withdraw', { done: t('withdrawn') });
  return (
    <section className="section">
      <h2>{t('enrolments')}</h2>
      <PagedTable<Enrolled>
        read={enrolled}
        paged={paged}
        total={(count) => t('count', { count: formatCount(count) })}
        rowKey="personId"
        minWidth={760}
        empty={t('nobody')}
        columns={[
          { title: t('name'), dataIndex: 'personName', fixed: 'left', width: 100 },
          {
            title: t('seat'),
            key: 'seat',
            width: 110,
            render: (_, { seat, waitingAt }) =>
              seat === null ? (
                <Mark tone="amber">{t('waitingAt', { place: waitingAt ?? 0 })}</Mark>
              ) : (
                t('seatNumber', { seat })
              ),
          },
          { title: t('unit'), dataIndex: 'unitName', width: 220 },
          { title: t('category'), key: 'category', width: 120, render: (_, row) => word(row.category) },
          {
            title: t('enrolledAt'),
            key: 'at',
            width: 160,
            render: (_, row) => formatDateTime(row.enrolledAt, language),
          },
          ...(mayWithdraw
            ? [
                {
                  title: <ActsTitle />,
                  key: 'acts',
                  width: 90,
                  render: (_: unknown, { personId, personName }: Enrolled) => (
                    <ConfirmButton
                      size="small"
                      question={t('withdrawSure', { name: personName })}
                      verb={t('withdraw')}
                      busy={withdraw.isPending && withdraw.variables.body.personId === personId}
                      onConfirm={() => withdraw.mutate({ params, body: { personId } })}
                    />
                  ),
                },
              ]
            : []),
        ]}
      />
    </section>
  );
}
