import { Button } from 'antd';
import { useState } from 'react';
import { formatTime } from '#client/format.ts';
import type { VenueClass, Visit } from '#contract/venues.ts';
import { useRead } from '../data.ts';
import { ActsTitle, Loaded, Mark } from '../parts.tsx';
import { WideTable } from '../table.tsx';
import { HandForm } from './hand-form.tsx';
import { useVenueText } from './text.ts';

/** Who was at the venue, and since and until when. */
export function Visits({ venue, bySelf }: { venue: VenueClass; bySelf: boolean }) {
  const t = useVenueText();
  const params = { sessionId: venue.sessionId };
  const visits = useRead('GET /sessions/:sessionId/visits', { params }, { every: 10_000 });
  const [hand, setHand] = useState<{ visit: Visit | null } | null>(null);
  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('visits')}</h2>
        {bySelf && <Button onClick={() => setHand({ visit: null })}>{t('byHand')}</Button>}
      </div>
      <p className="section__lead muted">{t('visitsHint')}</p>
      <Loaded read={visits}>
        {(loaded) => (
          <WideTable<Visit>
            rowKey="visitId"
            dataSource={loaded}
            minWidth={820}
            pagination={{ pageSize: 50, hideOnSinglePage: true }}
            locale={{ emptyText: t('noVisits') }}
            columns={[
              {
                title: t('name'),
                key: 'name',
                fixed: 'left',
                width: 110,
                render: (_, row) => (
                  <>
                    {row.personName}
                    {!row.enrolled && (
                      <div>
                        <Mark>{t('notEnrolled')}</Mark>
                      </div>
                    )}
                  </>
                ),
              },
              { title: t('in'), key: 'in', width: 80, render: (_, row) => formatTime(row.signedInAt) },
              { title: t('sure'), key: 'sure', width: 120, render: (_, row) => formatTime(row.sureAt) },
              {
                title: t('out'),
                key: 'out',
                width: 100,
                render: (_, row) =>
                  row.signedOutAt ? formatTime(row.signedOutAt) : <Mark tone="amber">{t('notOut')}</Mark>,
              },
              {
                title: t('way'),
                key: 'way',
                width: 150,
                render: (_, row) => (
                  <>
                    {t(row.inWay)}
                    {row.outWay && row.outWay !== row.inWay && ` / ${t(row.outWay)}`}
                    {row.phoneSigned > 1 && (
                      <div>
                        <Mark tone="amber">{t('sharedPhone', { count: row.phoneSigned })}</Mark>
                      </div>
                    )}
                  </>
                ),
              },
              { title: t('unit'), dataIndex: 'unitName', width: 200 },
              ...(bySelf
                ? [
                    {
                      title: <ActsTitle />,
                      key: 'acts',
                      width: 100,
                      render: (_: unknown, row: Visit) =>
                        row.signedOutAt === null && (
                          <Button size="small" onClick={() => setHand({ visit: row })}>
                            {t('signOut')}
                          </Button>
                        ),
                    },
                  ]
                : []),
            ]}
          />
        )}
      </Loaded>
      {hand && <HandForm venue={venue} visit={hand.visit} onClose={() => setHand(null)} />}
    </section>
  );
}
