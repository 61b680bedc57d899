import { Button, Form, Input, Select, Space } from 'antd';
import { useState } from 'react';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { QueryInput, Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { ActsTitle, DownloadButton, Mark, SearchField } from '../parts.tsx';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useProofListText } from './text.ts';

type Proof = Result<'GET /sessions/:sessionId/proofs'>['items'][number];
type Filters = Omit<NonNullable<QueryInput<'GET /sessions/:sessionId/proofs'>>, 'page' | 'pageSize'>;

/** Proofs of training of a session. */
export function ProofList({ sessionId, mayWithdraw }: { sessionId: string; mayWithdraw: boolean }) {
  const t = useProofListText();
  const shared = useConsoleText();
  const language = useLanguage();
  const paged = usePagedQuery<Filters>();
  const params = { sessionId };
  const proofs = useRead('GET /sessions/:sessionId/proofs', { params, query: paged.query });
  const [acting, setActing] = useState<Proof | null>(null);
  const { q, state } = paged.query;
  return (
    <>
      <p className="muted" style={{ marginBottom: 12 }}>
        {t('rule')}
      </p>
      <div className="filters">
        <SearchField label={t('search')} width={240} onSearch={(text) => paged.filter({ q: text })} />
        <Select<'all' | 'valid' | 'withdrawn'>
          value={state ?? 'all'}
          aria-label={t('state')}
          style={{ width: 120 }}
          onChange={(value) => paged.filter({ state: value === 'all' ? undefined : value })}
          options={[
            { value: 'all', label: shared('all') },
            { value: 'valid', label: t('valid') },
            { value: 'withdrawn', label: t('withdrawn') },
          ]}
        />
        {(proofs.data?.total ?? 0) > 0 && (
          <DownloadButton endpoint="GET /sessions/:sessionId/proofs/files" params={params} query={{ q }}>
            {t('all')}
          </DownloadButton>
        )}
      </div>
      <PagedTable<Proof>
        read={proofs}
        paged={paged}
        total={(count) => t('count', { count: formatCount(count) })}
        rowKey="id"
        minWidth={960}
        empty={q || state ? t('nothing') : t('empty')}
        columns={[
          { title: t('person'), dataIndex: 'personName', fixed: 'left', width: 80 },
          { title: t('unit'), dataIndex: 'unitName', width: 165 },
          { title: t('number'), dataIndex: 'number', width: 155 },
          {
            title: t('minutes'),
            key: 'minutes',
            align: 'right',
            width: 125,
            render: (_, { creditedSeconds }) => Math.floor(creditedSeconds / 60),
          },
          { title: t('hours'), key: 'hours', align: 'right', width: 80, render: (_, row) => row.classHours ?? '–' },
          { title: t('issuedAt'), key: 'at', width: 150, render: (_, row) => formatDateTime(row.issuedAt, language) },
          {
            title: t('state'),
            key: 'state',
            width: 100,
            render: (_, { withdrawal, withdrawnReason }) =>
              withdrawal ? (
                <>
                  <Mark tone="amber">{t('withdrawn')}</Mark>
                  <div className="muted">{withdrawnReason ?? t(withdrawal)}</div>
                </>
              ) : (
                <Mark tone="green">{t('valid')}</Mark>
              ),
          },
          {
            title: <ActsTitle />,
            key: 'acts',
            width: 120,
            render: (_, row) => (
              <Space size={4}>
                <DownloadButton
                  size="small"
                  endpoint="GET /sessions/:sessionId/proofs/file"
                  params={params}
                  query={{ number: row.number }}
                >
                  <span aria-hidden="true">{t('pdf')}</span>
                  <span className="visually-hidden">{t('pdfOf', { name: row.personName })}</span>
                </DownloadButton>
                {mayWithdraw && (!row.withdrawal || row.withdrawal === 'by_hand') && (
                  <Button size="small" onClick={() => setActing(row)}>
                    {row.withdrawal ? t('reissue') : t('withdraw')}
                  </Button>
                )}
              </Space>
            ),
          },
        ]}
      />
      {acting && <ReasonForm sessionId={sessionId} proof={acting} onClose={() => setActing(null)} />}
    </>
  );
}

/** Withdraws a proof, or issues another one in its place. */
function ReasonForm({ sessionId, proof, onClose }: { sessionId: string; proof: Proof; onClose: () => void }) {
  const t = useProofListText();
  const withdraw = useAct('POST /sessions/:sessionId/proofs/withdraw', { done: t('withdrawnDone') });
  const reissue = useAct('POST /sessions/:sessionId/proofs/reissue', { done: t('reissued') });
  const again = proof.withdrawal !== null;
  const params = { sessionId };
  const save = ({ reason }: { reason: string }): Promise<unknown> =>
    again
      ? reissue.mutateAsync({ params, body: { personId: proof.personId, reason } })
      : withdraw.mutateAsync({ params, body: { number: proof.number, reason } });
  return (
    <FormModal<{ reason: string }>
      title={t(again ? 'reissueOf' : 'withdrawOf', { name: proof.personName })}
      verb={t(again ? 'reissue' : 'withdraw')}
      initialValues={{}}
      save={save}
      onClose={onClose}
    >
      <p>{t(again ? 'reissueHint' : 'withdrawHint')}</p>
      <Form.Item
        name="reason"
        label={t('reason')}
        rules={[{ required: true, whitespace: true, min: 4, max: 200, message: t('reasonHint') }]}
      >
        <Input maxLength={200} />
      </Form.Item>
    </FormModal>
  );
}
