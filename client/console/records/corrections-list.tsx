import { Button, Form, Input, Space } from 'antd';
import { useState } from 'react';
import { formatCount, formatDateTime, formatTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { ActsTitle, DownloadButton, Mark } from '../parts.tsx';
import { PagedTable, usePagedQuery } from '../table.tsx';
import { useRecordText } from './text.ts';

type Correction = Result<'GET /sessions/:sessionId/corrections'>['items'][number];

/** Corrections of a session, the newest first. */
export function CorrectionsList({ sessionId, mayCorrect }: { sessionId: string; mayCorrect: boolean }) {
  const t = useRecordText();
  const language = useLanguage();
  const paged = usePagedQuery();
  const corrections = useRead('GET /sessions/:sessionId/corrections', { params: { sessionId }, query: paged.query });
  const [withdrawing, setWithdrawing] = useState<Correction | null>(null);
  return (
    <>
      <PagedTable<Correction>
        read={corrections}
        paged={paged}
        total={(count) => t('countCorrections', { count: formatCount(count) })}
        rowKey="id"
        minWidth={mayCorrect ? 940 : 790}
        empty={t('noCorrections')}
        columns={[
          { title: t('at'), key: 'at', width: 155, render: (_, { at }) => formatDateTime(at, language) },
          {
            title: t('person'),
            key: 'person',
            width: 180,
            render: (_, { personName, unitName }) => (
              <>
                {personName} <div className="muted">{unitName}</div>
              </>
            ),
          },
          {
            title: t('what'),
            key: 'what',
            width: 150,
            render: (_, row) => (
              <>
                <What correction={row} /> {row.withdrawn && <Mark tone="amber">{t('withdrawn')}</Mark>}
              </>
            ),
          },
          { title: t('reason'), dataIndex: 'reason', width: 215 },
          { title: t('by'), dataIndex: 'actorName', width: 90 },
          ...(mayCorrect
            ? [
                {
                  title: <ActsTitle />,
                  key: 'acts',
                  width: 150,
                  render: (_: unknown, row: Correction) => (
                    <Space size={4}>
                      {row.evidence && (
                        <DownloadButton
                          size="small"
                          endpoint="GET /sessions/:sessionId/evidence"
                          params={{ sessionId }}
                          query={{ evidenceId: row.evidence.id }}
                        >
                          {t('openEvidence')}
                        </DownloadButton>
                      )}
                      {row.effect !== 'withdrawal' && !row.withdrawn && (
                        <Button size="small" onClick={() => setWithdrawing(row)}>
                          {t('withdraw')}
                        </Button>
                      )}
                    </Space>
                  ),
                },
              ]
            : []),
        ]}
      />
      {withdrawing && (
        <WithdrawForm sessionId={sessionId} correction={withdrawing} onClose={() => setWithdrawing(null)} />
      )}
    </>
  );
}

/** `+5 分钟`, `补记在场 09:00–09:20`. */
function What({ correction }: { correction: Pick<Correction, 'effect' | 'deltaMs' | 'from' | 'to'> }) {
  const t = useRecordText();
  const { effect, deltaMs, from, to } = correction;
  if (effect === 'withdrawal') return t('withdrawal');
  if (effect === 'difference') {
    const minutes = Math.round(Math.abs(deltaMs ?? 0) / 60_000);
    return t((deltaMs ?? 0) < 0 ? 'less' : 'more', { minutes });
  }
  return t(effect === 'present' ? 'presentAt' : 'absentAt', { from: formatTime(from ?? 0), to: formatTime(to ?? 0) });
}

function WithdrawForm({
  sessionId,
  correction,
  onClose,
}: {
  sessionId: string;
  correction: Correction;
  onClose: () => void;
}) {
  const t = useRecordText();
  const withdraw = useAct('POST /sessions/:sessionId/corrections/withdraw', { done: t('withdrawn2') });
  return (
    <FormModal<{ reason: string }>
      title={t('withdrawOf', { name: correction.personName })}
      verb={t('withdraw')}
      initialValues={{}}
      save={({ reason }) =>
        withdraw.mutateAsync({ params: { sessionId }, body: { correctionId: correction.id, reason } })
      }
      onClose={onClose}
    >
      <p>
        <What correction={correction} /> · {correction.reason}
      </p>
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
