import { Alert, Button, Form, Input, InputNumber, Select, Upload } from 'antd';
import { useState } from 'react';
import { call } from '#client/api.ts';
import { formatLength, formatTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { BodyInput } from '#contract/api.ts';
import { useAct, useRead, wordsOf } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { Mark } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { onTheDay } from '../time.ts';
import { useRecordText } from './text.ts';

type Change = BodyInput<'POST /sessions/:sessionId/corrections'>['change'];
interface Values {
  effect: Change['effect'];
  minutes?: number | null;
  from?: string;
  to?: string;
  reason: string;
  evidence?: File[];
}

/** Corrects one person's credited time in a session; what it comes to is shown before it is written. */
export function CorrectionForm({
  sessionId,
  startedAt,
  person,
  onClose,
}: {
  sessionId: string;
  /** When the class began: times are of its day. */
  startedAt: string;
  person: { personId: string; personName: string };
  onClose: () => void;
}) {
  const t = useRecordText();
  const shared = useConsoleText();
  const [form] = Form.useForm<Values>();
  const [files, setFiles] = useState<File[]>([]);
  const values: Partial<Values> = Form.useWatch([], form) ?? {};
  const store = useAct('POST /sessions/:sessionId/corrections', { done: t('stored') });
  const params = { sessionId };
  const { personId, personName } = person;

  async function save(given: Values) {
    const change = changeOf(given, startedAt);
    const [file] = files;
    if (!change || !file) return;
    const query = { name: file.name.slice(-120) };
    const evidence = await call('POST /sessions/:sessionId/evidence', { params, query, file }).catch((error) => {
      form.setFields([{ name: 'evidence', errors: [wordsOf(error)] }]);
      throw error;
    });
    await store.mutateAsync({ params, body: { personId, change, reason: given.reason, evidenceId: evidence.id } });
  }

  return (
    <FormModal<Values>
      title={t('correctOf', { name: personName })}
      verb={t('store')}
      form={form}
      initialValues={{ effect: 'difference', from: formatTime(startedAt) }}
      save={save}
      onClose={onClose}
    >
      <p className="muted" style={{ marginBottom: 16 }}>
        {t('correctHint')}
      </p>
      <Form.Item name="effect" label={t('effect')}>
        <Select options={(['difference', 'present', 'absent'] as const).map((value) => ({ value, label: t(value) }))} />
      </Form.Item>
      {(values.effect ?? 'difference') === 'difference' ? (
        <Form.Item name="minutes" label={t('minutes')} rules={[{ required: true, message: shared('required') }]}>
          <InputNumber min={-1_440} max={1_440} precision={0} style={{ width: 160 }} />
        </Form.Item>
      ) : (
        <div className="field-row">
          <Form.Item name="from" label={t('from')} rules={[{ required: true, message: shared('required') }]}>
            <Input type="time" />
          </Form.Item>
          <Form.Item name="to" label={t('to')} rules={[{ required: true, message: shared('required') }]}>
            <Input type="time" />
          </Form.Item>
        </div>
      )}
      <Outcome sessionId={sessionId} personId={personId} change={changeOf(values, startedAt)} />
      <Form.Item
        name="reason"
        label={t('reason')}
        rules={[{ required: true, whitespace: true, min: 4, max: 200, message: t('reasonHint') }]}
      >
        <Input placeholder={t('reasonHint')} maxLength={200} />
      </Form.Item>
      <Form.Item
        name="evidence"
        label={t('evidence')}
        valuePropName="fileList"
        getValueFromEvent={({ fileList }) => fileList}
        rules={[{ required: true, message: t('evidenceMissing') }]}
      >
        <Upload
          accept=".pdf,.jpg,.jpeg,.png"
          maxCount={1}
          beforeUpload={(file) => {
            setFiles([file]);
            return false;
          }}
          onRemove={() => setFiles([])}
        >
          <Button>{t('choose')}</Button>
        </Upload>
      </Form.Item>
    </FormModal>
  );
}

/** What a correction would come to, or why it is refused. */
function Outcome({ sessionId, personId, change }: { sessionId: string; personId: string; change: Change | null }) {
  const t = useRecordText();
  const language = useLanguage();
  const outcome = useRead(
    'POST /sessions/:sessionId/corrections/preview',
    { params: { sessionId }, body: { personId, change: change as Change } },
    { enabled: change !== null },
  );
  if (change === null) return null;
  if (outcome.error)
    return <Alert type="warning" showIcon title={wordsOf(outcome.error)} style={{ marginBottom: 16 }} />;
  if (!outcome.data) return null;
  const { beforeMs, afterMs, requiredMs } = outcome.data;
  const complete = afterMs > 0 && afterMs >= requiredMs;
  return (
    <p className="numbers" role="status" style={{ marginBottom: 16 }}>
      {t('before', { length: formatLength(beforeMs, language) })} →{' '}
      {t('after', { length: formatLength(afterMs, language) })}{' '}
      <Mark tone={complete ? 'green' : 'plain'}>{t(complete ? 'willBeComplete' : 'willNotBeComplete')}</Mark>
    </p>
  );
}

/** Null while it is not said yet. */
function changeOf({ effect = 'difference', minutes, from, to }: Partial<Values>, startedAt: string): Change | null {
  if (effect === 'difference') return minutes ? { effect, deltaMs: minutes * 60_000 } : null;
  if (!from || !to) return null;
  // The class began within a minute; that minute means from its beginning.
  const stretch = { from: Math.max(onTheDay(startedAt, from), Date.parse(startedAt)), to: onTheDay(startedAt, to) };
  return stretch.to > stretch.from ? { effect, ...stretch } : null;
}
