import { formatCount, formatDateTime, formatDay } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Figure, Loaded, Mark, PageHead } from '../parts.tsx';
import { WideTable } from '../table.tsx';
import { useRetentionText } from './text.ts';

type Retention = Result<'GET /retention'>;
type Upcoming = Retention['upcoming'][number];
type Removal = Retention['removals'][number];

const TONES = { kept: 'plain', due: 'brand', removing: 'brand', held: 'red' } as const;

/** 保存期限: what is removed when, and what was. */
export default function RetentionPage() {
  const t = useRetentionText();
  const retention = useRead('GET /retention');
  return (
    <>
      <PageHead title={t('title')} />
      <p className="lead">{t('lead')}</p>
      <Loaded read={retention}>{(loaded) => <Standing retention={loaded} />}</Loaded>
    </>
  );
}

function Standing({ retention: { periods, network, upcoming, removals } }: { retention: Retention }) {
  const t = useRetentionText();
  const language = useLanguage();
  return (
    <>
      <section className="section">
        <div className="figures figures--retention">
          <Figure name={t('general')} value={t('years', { count: periods.recordsYears })} />
          <Figure name={t('special')} value={t('years', { count: periods.specialRecordsYears })} />
          <Figure name={t('network')} value={t('days', { count: periods.networkLogsDays })} />
        </div>
        <p className="section__foot muted">
          {network.nextAt === null
            ? t('networkNone')
            : t('networkNext', { count: formatCount(network.sessions), at: formatDay(network.nextAt, language) })}
        </p>
      </section>
      <section className="section">
        <h2>{t('upcoming')}</h2>
        <UpcomingTable rows={upcoming} />
      </section>
      <section className="section">
        <h2>{t('removals')}</h2>
        <RemovalTable rows={removals} />
      </section>
    </>
  );
}

function UpcomingTable({ rows }: { rows: Upcoming[] }) {
  const t = useRetentionText();
  const language = useLanguage();
  return (
    <WideTable<Upcoming>
      rowKey={keyOf}
      minWidth={800}
      dataSource={rows}
      locale={{ emptyText: t('noUpcoming') }}
      pagination={rows.length > 20 && { pageSize: 20, showSizeChanger: false, showTotal: countOf(t) }}
      columns={[
        { title: t('session'), key: 'session', width: 260, render: (_, row) => <SessionName row={row} /> },
        { title: t('dueAt'), key: 'due', width: 150, render: (_, { dueAt }) => formatDay(dueAt, language) },
        { title: t('what'), key: 'what', width: 180, render: (_, { recordClass }) => t(recordClass) },
        {
          title: t('people'),
          key: 'people',
          align: 'right',
          width: 80,
          render: (_, { people }) => formatCount(people),
        },
        {
          title: t('state'),
          key: 'state',
          width: 170,
          render: (_, { state }) => <Mark tone={TONES[state]}>{t(state)}</Mark>,
        },
      ]}
    />
  );
}

function RemovalTable({ rows }: { rows: Removal[] }) {
  const t = useRetentionText();
  const language = useLanguage();
  return (
    <WideTable<Removal>
      rowKey={keyOf}
      minWidth={1300}
      dataSource={rows}
      locale={{ emptyText: t('noRemovals') }}
      pagination={rows.length > 20 && { pageSize: 20, showSizeChanger: false, showTotal: countOf(t) }}
      columns={[
        { title: t('session'), key: 'session', width: 240, render: (_, row) => <SessionName row={row} /> },
        { title: t('finishedAt'), key: 'at', width: 170, render: (_, row) => formatDateTime(row.finishedAt, language) },
        { title: t('what'), key: 'what', width: 160, render: (_, { recordClass }) => t(recordClass) },
        {
          title: t('present'),
          key: 'present',
          align: 'right',
          width: 110,
          render: (_, { present, due }) => `${formatCount(present)} / ${formatCount(due)}`,
        },
        {
          title: t('entries'),
          key: 'entries',
          align: 'right',
          width: 100,
          render: (_, { entries }) => formatCount(entries),
        },
        { title: t('rows'), key: 'rows', align: 'right', width: 100, render: (_, row) => formatCount(row.rows) },
        { title: t('files'), key: 'files', width: 220, render: (_, { files }) => <Files files={files} /> },
        {
          title: t('digest'),
          key: 'digest',
          width: 200,
          render: (_, { digest }) => <code title={digest}>{digest.slice(0, 16)}…</code>,
        },
      ]}
    />
  );
}

/** What each removed file was, for whoever holds a copy of it. */
function Files({ files }: Pick<Removal, 'files'>) {
  const t = useRetentionText();
  if (files.length === 0) return <>–</>;
  return (
    <details>
      <summary>{t('fileCount', { count: formatCount(files.length) })}</summary>
      {files.map(({ id, kind, sha256 }) => (
        <div key={id}>
          {t(kind)} <code title={`SHA-256 ${sha256}`}>{sha256.slice(0, 16)}…</code>
        </div>
      ))}
    </details>
  );
}

function SessionName({ row: { courseTitle, number, topic } }: { row: Upcoming | Removal }) {
  const t = useRetentionText();
  return (
    <>
      {t('numbered', { number, topic })}
      <div className="muted">{courseTitle}</div>
    </>
  );
}

function keyOf({ sessionId, recordClass }: Upcoming | Removal): string {
  return `${sessionId} ${recordClass}`;
}

function countOf(t: ReturnType<typeof useRetentionText>) {
  return (count: number) => t('count', { count: formatCount(count) });
}
