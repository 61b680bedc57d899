import { Table } from 'antd';
import { formatTime } from '#client/format.ts';
import type { Screen } from '#contract/screens.ts';
import { useRead } from '../data.ts';
import { DownloadButton, Loaded, Mark } from '../parts.tsx';
import { WideTable } from '../table.tsx';
import { Standing } from './standing.tsx';
import { useScreensText } from './text.ts';

/** Shared screens of a session in its report: heads declared and heads signed in by name, each in its own column. */
export function ScreensTable({ sessionId, live }: { sessionId: string; live: boolean }) {
  const t = useScreensText();
  const screens = useRead('GET /sessions/:sessionId/screens', { params: { sessionId } }, { every: live && 10_000 });
  return (
    <Loaded read={screens}>
      {(all) => (
        <>
          <WideTable<Screen>
            rowKey="id"
            minWidth={1050}
            pagination={{ pageSize: 50, hideOnSinglePage: true }}
            dataSource={all}
            locale={{ emptyText: t('none') }}
            expandable={{
              expandedRowRender: ({ id }) => (
                <>
                  <People screenId={id} />
                  <Files screenId={id} />
                </>
              ),
              columnTitle: <span className="visually-hidden">{t('people')}</span>,
            }}
            columns={[
              {
                title: t('unit'),
                key: 'unit',
                width: 240,
                render: (_, { unitName, areaName, room }) => (
                  <>
                    {unitName}
                    <div className="muted">{[areaName, room].filter(Boolean).join(' · ')}</div>
                  </>
                ),
              },
              {
                title: t('declared'),
                key: 'declared',
                width: 110,
                align: 'right',
                render: (_, { declaredHeads }) => declaredHeads ?? '–',
              },
              {
                title: t('signedIn'),
                key: 'signedIn',
                width: 130,
                align: 'right',
                render: (_, { signedIn, added }) => (
                  <>
                    {signedIn}
                    {added > 0 && <div className="muted">{t('added', { count: added })}</div>}
                  </>
                ),
              },
              {
                title: t('counted'),
                key: 'counted',
                width: 190,
                render: (_, { counted }) =>
                  counted
                    ? t('countedAt', { heads: counted.heads, time: formatTime(counted.at), present: counted.present })
                    : '–',
              },
              {
                title: t('shared'),
                key: 'shared',
                width: 200,
                render: (_, { sharedPhones, bySharedPhones }) =>
                  sharedPhones > 0 ? (
                    <Mark tone="amber">{t('sharedCount', { phones: sharedPhones, people: bySharedPhones })}</Mark>
                  ) : (
                    '–'
                  ),
              },
              {
                title: t('state'),
                key: 'state',
                width: 150,
                render: (_, row) => <Standing screen={row} live={live} />,
              },
            ]}
          />
          {all.length > 0 && <p className="section__foot muted">{t('declaredNote')}</p>}
        </>
      )}
    </Loaded>
  );
}

function People({ screenId }: { screenId: string }) {
  const t = useScreensText();
  const people = useRead('GET /screens/:screenId/people', { params: { screenId } });
  return (
    <Loaded read={people}>
      {(all) => (
        <Table
          size="small"
          rowKey={({ personId, signedInAt }) => `${personId} ${signedInAt}`}
          pagination={{ pageSize: 50, hideOnSinglePage: true }}
          dataSource={all}
          locale={{ emptyText: t('nobody') }}
          columns={[
            { title: t('name'), dataIndex: 'name' },
            { title: t('signedInAt'), key: 'in', render: (_, { signedInAt }) => formatTime(signedInAt) },
            {
              title: t('signedOutAt'),
              key: 'out',
              render: (_, { signedOutAt }) => (signedOutAt ? formatTime(signedOutAt) : '–'),
            },
            {
              title: t('way'),
              key: 'way',
              render: (_, { way, added, phoneSigned }) => (
                <>
                  {t(way === 'convenor' ? 'byConvenor' : 'byCode')}{' '}
                  {phoneSigned > 1 && <Mark tone="amber">{t('onePhone', { count: phoneSigned })}</Mark>}{' '}
                  {added && <Mark>{t('addedMark')}</Mark>}
                </>
              ),
            },
          ]}
        />
      )}
    </Loaded>
  );
}

/** The signed sheet and photographs of the room. */
function Files({ screenId }: { screenId: string }) {
  const t = useScreensText();
  const params = { screenId };
  const files = useRead('GET /screens/:screenId/files', { params });
  return (
    <Loaded read={files}>
      {(all) => (
        <p className="page-actions">
          {all.length === 0 && <span className="muted">{t('noFiles')}</span>}
          {all.map((file) => (
            <DownloadButton
              key={file.id}
              size="small"
              endpoint="GET /screens/:screenId/file"
              params={params}
              query={{ fileId: file.id }}
            >
              {t(file.kind)} {formatTime(file.uploadedAt)}
            </DownloadButton>
          ))}
        </p>
      )}
    </Loaded>
  );
}
