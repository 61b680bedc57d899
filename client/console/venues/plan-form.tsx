import { Form, InputNumber } from 'antd';
import type { Dayjs } from 'dayjs';
import type { VenueClass } from '#contract/venues.ts';
import { useAct } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { useConsoleText } from '../text.ts';
import { instantOf, pickerValue } from '../time.ts';
import { MomentPicker } from './moment-picker.tsx';
import { useVenueText } from './text.ts';

interface Values {
  capacity: number;
  enrolUntil: Dayjs | null;
}

/** How many people the venue takes, and until when units enrol. */
export function PlanForm({ venue, onClose }: { venue: VenueClass; onClose: () => void }) {
  const t = useVenueText();
  const shared = useConsoleText();
  const plan = useAct('PUT /sessions/:sessionId/venue', { done: shared('saved') });
  const { sessionId, capacity, enrolUntil } = venue;
  return (
    <FormModal<Values>
      title={t('plan')}
      initialValues={{ capacity: capacity ?? 100, enrolUntil: enrolUntil ? pickerValue(enrolUntil) : null }}
      save={(values) =>
        plan.mutateAsync({
          params: { sessionId },
          body: { capacity: values.capacity, enrolUntil: values.enrolUntil ? instantOf(values.enrolUntil) : null },
        })
      }
      onClose={onClose}
    >
      <p className="muted">{t('planHint')}</p>
      <Form.Item name="capacity" label={t('capacityLabel')} rules={[{ required: true, message: shared('required') }]}>
        <InputNumber min={1} max={5_000} precision={0} />
      </Form.Item>
      <Form.Item name="enrolUntil" label={t('enrolUntil')} extra={t('enrolUntilHint')}>
        <MomentPicker />
      </Form.Item>
    </FormModal>
  );
}
