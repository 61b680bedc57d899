import { Form, Input, Radio } from 'antd';
import type { Dayjs } from 'dayjs';
import type { DoorSign, VenueClass, Visit } from '#contract/venues.ts';
import { type AccountPerson, PersonField } from '../accounts/person-field.tsx';
import { useAct } from '../data.ts';
import { FormModal } from '../form-modal.tsx';
import { useConsoleText } from '../text.ts';
import { instantOf } from '../time.ts';
import { MomentPicker } from './moment-picker.tsx';
import { useVenueText } from './text.ts';

interface Values {
  person: AccountPerson;
  sign: DoorSign;
  at: Dayjs | null;
  reason: string;
}

/** Signs somebody in or out who can't by themselves; `visit`: whose is to end. */
export function HandForm({ venue, visit, onClose }: { venue: VenueClass; visit: Visit | null; onClose: () => void }) {
  const t = useVenueText();
  const shared = useConsoleText();
  const sign = useAct('POST /sessions/:sessionId/visits', { done: t('recorded') });
  const required = { required: true, message: shared('required') };
  return (
    <FormModal<Values>
      title={visit ? `${t('signOut')} ${visit.personName}` : t('byHandTitle')}
      verb={t('record')}
      initialValues={{ sign: visit ? 'out' : 'in', at: null, reason: '', person: null }}
      save={({ at, person, ...values }) =>
        sign.mutateAsync({
          params: { sessionId: venue.sessionId },
          body: {
            ...values,
            personId: visit?.personId ?? person?.id ?? '',
            sign: visit ? 'out' : values.sign,
            at: at ? instantOf(at) : null,
          },
        })
      }
      onClose={onClose}
    >
      <p className="muted">{t('byHandHint')}</p>
      {!visit && (
        <>
          <Form.Item name="person" label={t('who')} rules={[required]}>
            <PersonField />
          </Form.Item>
          <Form.Item name="sign" label={t('what')}>
            <Radio.Group options={(['in', 'out'] as const).map((value) => ({ value, label: t(value) }))} />
          </Form.Item>
        </>
      )}
      <Form.Item name="at" label={t('at')} extra={t('atHint')}>
        <MomentPicker />
      </Form.Item>
      <Form.Item
        name="reason"
        label={t('reason')}
        extra={t('reasonHint')}
        rules={[{ ...required, whitespace: true, min: 2 }]}
      >
        <Input maxLength={200} />
      </Form.Item>
    </FormModal>
  );
}
