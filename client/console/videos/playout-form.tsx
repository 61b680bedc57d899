import { Button, Checkbox, Empty, Form, Input, Radio, Select } from 'antd';
import type { Dayjs } from 'dayjs';
import { formatClock, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import { StartPicker } from '../courses/start-picker.tsx';
import { useAct, useRead } from '../data.ts';
import { LinkButton, Loaded } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { instantOf } from '../time.ts';
import { parsePosition } from './position.ts';
import { useVideoText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

interface Values {
  videoId: string;
  start: 'plan' | 'time' | 'manual';
  startsAt?: Dayjs;
  startsClass: boolean;
  from: string;
}

/** Chooses a video for a session, and when it plays. */
export function PlayoutForm({ session }: { session: Session }) {
  const t = useVideoText();
  const videos = useRead('GET /videos');
  return (
    <Loaded read={videos}>
      {({ items }) => {
        const ready = items.filter(({ state }) => state === 'ready');
        if (ready.length > 0) return <Fields session={session} ready={ready} />;
        return (
          <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('noReady')}>
            <LinkButton to="/console/videos">{t('toVideos')}</LinkButton>
          </Empty>
        );
      }}
    </Loaded>
  );
}

function Fields({ session, ready }: { session: Session; ready: Result<'GET /videos'>['items'] }) {
  const t = useVideoText();
  const shared = useConsoleText();
  const language = useLanguage();
  const [form] = Form.useForm<Values>();
  const videoId = Form.useWatch('videoId', form);
  const start = Form.useWatch('start', form);
  const arm = useAct('PUT /sessions/:sessionId/playout', {
    touches: ['GET /sessions/:sessionId/playout', 'GET /videos'],
  });
  const ahead = Date.parse(session.startsAt) > Date.now();
  const mayStartClass = session.state === 'scheduled' && start !== 'manual';
  const length = ready.find(({ id }) => id === videoId)?.durationMs ?? null;

  const save = ({ videoId, start, startsAt, startsClass, from }: Values) =>
    arm.mutate({
      params: { sessionId: session.id },
      body: {
        videoId,
        start,
        startsAt: start === 'time' && startsAt ? instantOf(startsAt) : null,
        startsClass: mayStartClass && startsClass,
        fromMs: parsePosition(from) ?? 0,
      },
    });

  return (
    <Form<Values>
      form={form}
      layout="vertical"
      initialValues={{ start: ahead ? 'plan' : 'manual', startsClass: true, from: '0:00' }}
      onFinish={save}
    >
      <Form.Item name="videoId" label={t('pick')} rules={[{ required: true, message: shared('required') }]}>
        <Select
          placeholder={t('pickHint')}
          showSearch={{ optionFilterProp: 'label' }}
          options={ready.map(({ id, name, durationMs }) => ({
            value: id,
            label: `${name}（${formatClock(durationMs ?? 0)}）`,
          }))}
        />
      </Form.Item>
      <Form.Item name="start" label={t('start')} {...(!ahead && { extra: t('planPassed') })}>
        <Radio.Group
          className="playout__starts"
          options={[
            {
              value: 'plan',
              label: t('start_plan', { when: formatDateTime(session.startsAt, language) }),
              disabled: !ahead,
            },
            { value: 'time', label: t('start_time') },
            { value: 'manual', label: t('start_manual') },
          ]}
        />
      </Form.Item>
      {start === 'time' && (
        <Form.Item
          name="startsAt"
          rules={[
            {
              validator: (_, picked?: Dayjs) =>
                picked && Date.parse(instantOf(picked)) > Date.now()
                  ? Promise.resolve()
                  : Promise.reject(new Error(t('timeNeeded'))),
            },
          ]}
        >
          <StartPicker />
        </Form.Item>
      )}
      {mayStartClass && (
        <Form.Item
          name="startsClass"
          valuePropName="checked"
          extra={
            <>
              {t('startsClassHint')} {t('waitsForClass')}
            </>
          }
        >
          <Checkbox>{t('startsClass')}</Checkbox>
        </Form.Item>
      )}
      <Form.Item
        name="from"
        label={t('from')}
        extra={t('fromHint')}
        rules={[
          {
            validator: (_, text: string) => {
              const position = parsePosition(text);
              const inside = position !== null && (length === null || position < length);
              return inside ? Promise.resolve() : Promise.reject(new Error(t('fromWrong')));
            },
          },
        ]}
      >
        <Input style={{ width: 120 }} maxLength={9} />
      </Form.Item>
      <Button htmlType="submit" loading={arm.isPending}>
        {t('arm')}
      </Button>
    </Form>
  );
}
