import { Alert, Form, Input, InputNumber, Radio, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { OutsideAddress } from '../outside/outside-address.tsx';
import { useConsoleText } from '../text.ts';
import { instantOf, pickerValue } from '../time.ts';
import { useWords } from '../words.ts';
import { StartPicker } from './start-picker.tsx';
import { useCourseText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

interface Values {
  topic: string;
  outline: string;
  instructorName: string;
  instructorAccountId: string | null;
  startsAt: Dayjs;
  plannedMinutes: number;
  mode: 'online' | 'offline' | 'both';
  venue: string | null;
  fromOutside: boolean;
  outsideUrl: string | null;
}

/** Adds a session to a course, or changes one; once it has started, only its texts, and until it is over where its picture is. */
export function SessionForm({
  courseId,
  session,
  onClose,
}: {
  courseId: string;
  session?: Session;
  onClose: () => void;
}) {
  const t = useCourseText();
  const shared = useConsoleText();
  const word = useWords();
  const [form] = Form.useForm<Values>();
  const mode = Form.useWatch('mode', form);
  const add = useAct('POST /courses/:courseId/sessions', { done: shared('saved') });
  const change = useAct('PATCH /sessions/:sessionId', { done: shared('saved') });
  const instructors = useRead('GET /accounts', { query: { role: 'instructor', pageSize: 500 } });
  const started = session !== undefined && session.state !== 'draft' && session.state !== 'scheduled';

  const over = session?.state === 'ended' || session?.state === 'archived';

  const save = ({ startsAt, fromOutside, ...values }: Values) => {
    const outsideUrl = fromOutside ? (values.outsideUrl?.trim() ?? null) : null;
    const texts = { topic: values.topic, outline: values.outline ?? '', instructorName: values.instructorName ?? '' };
    if (session && started)
      return change.mutateAsync({
        params: { sessionId: session.id },
        body: { ...texts, ...(!over && { outsideUrl }) },
      });
    const body = {
      ...values,
      ...texts,
      outsideUrl,
      instructorAccountId: values.instructorAccountId ?? null,
      venue: values.mode === 'online' ? null : (values.venue ?? null),
      startsAt: instantOf(startsAt),
    };
    return session
      ? change.mutateAsync({ params: { sessionId: session.id }, body })
      : add.mutateAsync({ params: { courseId }, body });
  };

  const required = { required: true, message: shared('required') };
  return (
    <FormModal<Values>
      title={session ? t('session', { number: session.number }) : t('addSession')}
      form={form}
      initialValues={
        session
          ? { ...session, startsAt: pickerValue(session.startsAt), fromOutside: session.outsideUrl !== null }
          : { plannedMinutes: 60, mode: 'online', outline: '', fromOutside: false }
      }
      save={save}
      onClose={onClose}
    >
      {started && (
        <Alert type="info" showIcon title={t(over ? 'overLocked' : 'startedLocked')} style={{ marginBottom: 16 }} />
      )}
      <Form.Item name="topic" label={t('topic')} rules={[{ ...required, whitespace: true }]}>
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item name="instructorName" label={t('instructor')}>
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item name="outline" label={t('outline')} extra={t('outlineHint')}>
        <Input.TextArea rows={4} maxLength={4_000} />
      </Form.Item>
      {!started && (
        <>
          <Form.Item name="instructorAccountId" label={t('instructorAccount')} extra={t('instructorAccountHint')}>
            <Select
              allowClear
              options={(instructors.data?.items ?? []).map((account) => ({
                value: account.id,
                label: account.displayName,
              }))}
            />
          </Form.Item>
          <Form.Item name="startsAt" label={t('startsAt')} rules={[required]}>
            <StartPicker />
          </Form.Item>
          <Form.Item name="plannedMinutes" label={t('lengthMinutes')} rules={[required]}>
            <InputNumber min={5} max={720} />
          </Form.Item>
          <Form.Item name="mode" label={t('mode')}>
            <Radio.Group
              options={(['online', 'offline', 'both'] as const).map((value) => ({ value, label: word(value) }))}
            />
          </Form.Item>
          {mode !== 'online' && (
            <Form.Item name="venue" label={t('venue')}>
              <Input maxLength={200} />
            </Form.Item>
          )}
        </>
      )}
      {!over && <OutsideAddress />}
    </FormModal>
  );
}
