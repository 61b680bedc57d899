import { Checkbox, Form, Input, InputNumber, Radio, Select } from 'antd';
import dayjs, { type Dayjs } from 'dayjs';
import { useNavigate } from 'react-router';
import type { Result } from '#contract/api.ts';
import { useAct } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { useConsoleText } from '../text.ts';
import { instantOf } from '../time.ts';
import { StartPicker } from './start-picker.tsx';
import { useCourseText } from './text.ts';

type Course = Result<'GET /courses/:courseId'>;

interface Values {
  title: string;
  summary: string;
  statutory: boolean;
  statutoryBasis: string | null;
  statutoryApprover: string | null;
  attendanceSeconds: number;
  completePercent: number;
  presenceMinutes: number;
  replayDays: number;
  template: 'blank' | 'cloud-classroom';
  firstStartsAt: Dayjs;
}

/** Makes a course, or changes the settings of one. */
export function CourseForm({ course, onClose }: { course?: Course; onClose: () => void }) {
  const t = useCourseText();
  const shared = useConsoleText();
  const navigate = useNavigate();
  const [form] = Form.useForm<Values>();
  const statutory = Form.useWatch('statutory', form);
  const template = Form.useWatch('template', form);
  const presenceWords = (minutes: number) => (minutes === 0 ? t('presenceOff') : t('presenceEvery', { minutes }));
  const makeUpWords = (days: number) => (days === 0 ? t('makeUpOff') : t('makeUpDays', { days }));
  const make = useAct('POST /courses', { done: t('created') });
  const change = useAct('PATCH /courses/:courseId', { done: shared('saved') });

  const save = async ({ template: chosen, firstStartsAt, ...values }: Values) => {
    const body = { ...values, ...(!values.statutory && { statutoryBasis: null, statutoryApprover: null }) };
    if (course) return change.mutateAsync({ params: { courseId: course.id }, body });
    const made = await make.mutateAsync({
      body: {
        ...body,
        template: chosen,
        ...(chosen === 'cloud-classroom' && { firstStartsAt: instantOf(firstStartsAt) }),
      },
    });
    navigate(`/console/courses/${made.id}`);
    return made;
  };

  return (
    <FormModal<Values>
      title={course ? t('settings') : t('newCourse')}
      verb={course ? shared('save') : t('create')}
      form={form}
      initialValues={
        course ?? {
          title: '',
          summary: '',
          statutory: false,
          attendanceSeconds: 60,
          completePercent: 80,
          presenceMinutes: 30,
          replayDays: 30,
          template: 'cloud-classroom',
          firstStartsAt: dayjs().add(1, 'day').hour(9).minute(0).second(0).millisecond(0),
        }
      }
      save={save}
      onClose={onClose}
    >
      <Form.Item
        name="title"
        label={t('title')}
        rules={[{ required: true, whitespace: true, message: shared('required') }]}
      >
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item name="summary" label={t('summary')}>
        <Input.TextArea rows={2} maxLength={2_000} />
      </Form.Item>
      {!course && (
        <>
          <Form.Item name="template" label={t('template')}>
            <Radio.Group
              options={[
                { value: 'cloud-classroom', label: t('cloudClassroom') },
                { value: 'blank', label: t('blank') },
              ]}
            />
          </Form.Item>
          {template !== 'blank' && (
            <Form.Item
              name="firstStartsAt"
              label={t('firstStart')}
              rules={[{ required: true, message: shared('required') }]}
            >
              <StartPicker />
            </Form.Item>
          )}
        </>
      )}
      <Form.Item name="completePercent" label={t('completePercent')}>
        <InputNumber min={1} max={100} suffix="%" />
      </Form.Item>
      <Form.Item name="attendanceSeconds" label={t('attendanceSeconds')}>
        <InputNumber min={1} max={3_600} />
      </Form.Item>
      <Form.Item name="presenceMinutes" label={t('presence')} extra={t('presenceHint')}>
        <Select options={[0, 15, 20, 30, 45, 60].map((value) => ({ value, label: presenceWords(value) }))} />
      </Form.Item>
      <Form.Item name="replayDays" label={t('makeUp')} extra={t('makeUpHint')}>
        <Select options={[0, 7, 15, 30, 60, 90].map((value) => ({ value, label: makeUpWords(value) }))} />
      </Form.Item>
      <Form.Item name="statutory" valuePropName="checked" extra={t('statutoryHint')}>
        <Checkbox>{t('statutory')}</Checkbox>
      </Form.Item>
      {statutory && (
        <>
          <Form.Item name="statutoryBasis" label={t('basis')} rules={[{ required: true, message: shared('required') }]}>
            <Input maxLength={200} />
          </Form.Item>
          <Form.Item
            name="statutoryApprover"
            label={t('approver')}
            rules={[{ required: true, message: shared('required') }]}
          >
            <Input maxLength={80} />
          </Form.Item>
        </>
      )}
    </FormModal>
  );
}
