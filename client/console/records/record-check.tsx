import { Alert, Button, Progress } from 'antd';
import { useParams } from 'react-router';
import { formatClock, formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Empty } from '#client/ui/empty.tsx';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { CopyButton, Figure, LinkButton, Loaded, Mark, PageHead } from '../parts.tsx';
import { WideTable } from '../table.tsx';
import { useCheckText } from './check-text.ts';

type Checks = Result<'GET /sessions/:sessionId/record-checks'>;
type Check = Checks['checks'][number];
type Verification = NonNullable<Checks['found']>['verification'];
type Fault = Verification['faults'][number];

const EVERY_MS = 2_000;

/** 核验 of one session's record: what the command `verify` does, with its progress, its result and who asked for it when. */
export default function RecordCheckPage() {
  const { sessionId = '' } = useParams();
  const t = useCheckText();
  const params = { sessionId };
  const session = useRead('GET /sessions/:sessionId', { params });
  const checks = useRead('GET /sessions/:sessionId/record-checks', { params }, { every: EVERY_MS });
  const start = useAct('POST /sessions/:sessionId/record-checks', {
    touches: ['GET /sessions/:sessionId/record-checks'],
  });
  const { number = 0, topic = '' } = session.data ?? {};
  const running = checks.data?.checks.find(({ outcome }) => outcome === null);
  return (
    <>
      <PageHead
        title={t('title', { number, topic })}
        back={{ to: `/console/sessions/${sessionId}/report`, label: t('report') }}
      >
        <Button
          type="primary"
          loading={start.isPending || running !== undefined}
          disabled={running !== undefined}
          onClick={() => start.mutate({ params })}
        >
          {t(running ? 'running' : 'start')}
        </Button>
      </PageHead>
      <p className="lead">{t('lead')}</p>
      <Loaded read={checks}>{(loaded) => <Standing checks={loaded} sessionId={sessionId} running={running} />}</Loaded>
    </>
  );
}

function Standing({
  checks: { checks, found, sealPath },
  sessionId,
  running,
}: {
  checks: Checks;
  sessionId: string;
  running: Check | undefined;
}) {
  const t = useCheckText();
  const by = checks.find(({ id }) => id === found?.checkId)?.startedByName ?? '–';
  return (
    <>
      {running && <Running check={running} />}
      {checks[0]?.outcome === 'stopped' && (
        <Alert
          type="warning"
          showIcon
          title={t('stopped')}
          description={t('stoppedHint')}
          style={{ marginBottom: 16 }}
        />
      )}
      {found ? (
        <Findings verification={found.verification} by={by} sealPath={sealPath} />
      ) : (
        !running && <Empty title={t('never')} hint={t('neverHint')} />
      )}
      {checks.length > 0 && <History checks={checks} />}
      <p className="muted">
        {t('command')}{' '}
        <code>
          <span className="command">npm run verify --</span> {sessionId}
        </code>
      </p>
    </>
  );
}

function Running({ check: { done, expected, startedByName, startedAt } }: { check: Check }) {
  const t = useCheckText();
  const language = useLanguage();
  const percent = expected === 0 ? 0 : Math.min(100, Math.floor((done / expected) * 100));
  return (
    <section className="section" aria-live="polite">
      <Progress percent={percent} status="active" aria-label={t('running')} />
      <p className="muted numbers">
        {expected === 0 ? t('waits') : t('progress', { done: formatCount(done), expected: formatCount(expected) })}
        {' · '}
        {t('runningBy', { name: startedByName, at: formatDateTime(startedAt, language) })}
      </p>
    </section>
  );
}

function Findings({ verification: v, by, sealPath }: { verification: Verification; by: string; sealPath: string }) {
  const t = useCheckText();
  const language = useLanguage();
  const took = t('seconds', { count: (v.tookMs / 1_000).toFixed(1) });
  return (
    <section className="section" aria-live="polite">
      <Alert
        type={v.intact ? 'success' : 'error'}
        showIcon
        title={v.intact ? t('intact') : t('altered', { count: formatCount(v.faultCount) })}
        description={
          <>
            {t('checkedBy', { name: by, at: formatDateTime(v.at, language), took })}
            {!v.intact && <div>{t('alteredHint')}</div>}
          </>
        }
        style={{ marginBottom: 16 }}
      />
      <div className="figures">
        <Figure name={t('entries')} value={formatCount(v.entries)} />
        {v.removed > 0 && <Figure name={t('removed')} value={formatCount(v.removed)} />}
        <Figure name={t('links')} value={formatCount(v.links)} />
        <Figure name={t('people')} value={formatCount(v.people)} />
        <Figure name={t('credited')} value={(v.creditedSeconds / 3_600).toFixed(1)} />
      </div>
      {v.faults.length > 0 && <FaultTable faults={v.faults} count={v.faultCount} />}
      <div className="record-digest">
        <div>
          <div className="muted">{t('digest')}</div>
          <code>{v.digest}</code>
        </div>
        <div className="page-actions">
          <CopyButton text={v.digest} size="small" />
          <LinkButton to={sealPath} size="small">
            {t('publicPage')}
          </LinkButton>
        </div>
      </div>
    </section>
  );
}

function FaultTable({ faults, count }: { faults: Fault[]; count: number }) {
  const t = useCheckText();
  const title = count > faults.length ? t('wrongFirst', { count: faults.length }) : t('wrong');
  const length = (ms: number | null) => (ms === null ? '–' : formatClock(ms));
  return (
    <>
      <h2 className="record-wrong">{title}</h2>
      <WideTable<Fault & { key: number }>
        rowKey="key"
        minWidth={760}
        pagination={faults.length > 20 && { pageSize: 20, showSizeChanger: false }}
        dataSource={faults.map((fault, key) => ({ ...fault, key }))}
        columns={[
          { title: t('what'), key: 'what', width: 190, render: (_, { kind }) => <Mark tone="red">{t(kind)}</Mark> },
          {
            title: t('whose'),
            key: 'whose',
            width: 200,
            render: (_, { personId, personName, unitName }) =>
              personId === null ? (
                '–'
              ) : (
                <>
                  {personName ?? personId}
                  <div className="muted">{unitName}</div>
                </>
              ),
          },
          {
            title: t('where'),
            key: 'where',
            width: 220,
            render: (_, { link, position, entryId }) =>
              [
                link !== null && t('link', { link }),
                position !== null && t('position', { position }),
                entryId !== null && t('row', { id: entryId }),
              ]
                .filter(Boolean)
                .join(' · ') || '–',
          },
          {
            title: t('detail'),
            key: 'detail',
            width: 240,
            render: (_, { keptMs, recomputedMs }) =>
              recomputedMs === null ? '' : t('keptAs', { kept: length(keptMs), recomputed: length(recomputedMs) }),
          },
        ]}
      />
    </>
  );
}

function History({ checks }: { checks: Check[] }) {
  const t = useCheckText();
  const language = useLanguage();
  return (
    <section className="section">
      <h2>{t('history')}</h2>
      <WideTable<Check>
        rowKey="id"
        minWidth={520}
        pagination={false}
        dataSource={checks}
        columns={[
          { title: t('when'), key: 'when', width: 170, render: (_, row) => formatDateTime(row.startedAt, language) },
          { title: t('by'), dataIndex: 'startedByName', width: 120 },
          { title: t('result'), key: 'result', width: 140, render: (_, row) => <Outcome check={row} /> },
          { title: t('count'), key: 'count', align: 'right', width: 90, render: (_, { done }) => formatCount(done) },
        ]}
      />
    </section>
  );
}

function Outcome({ check: { outcome, faultCount } }: { check: Check }) {
  const t = useCheckText();
  switch (outcome) {
    case 'intact':
      return <Mark tone="green">✓ {t('passed')}</Mark>;
    case 'altered':
      return <Mark tone="red">✗ {t('failed', { count: formatCount(faultCount) })}</Mark>;
    case 'stopped':
      return <Mark>{t('stopped')}</Mark>;
    case null:
      return <Mark tone="brand">{t('running')}</Mark>;
  }
}
