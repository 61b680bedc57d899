import { Form, Input, Select } from 'antd';
import type { BodyInput, Result } from '#contract/api.ts';
import { normalisePhone } from '#contract/codes.ts';
import { PERSON_CATEGORIES } from '#contract/plain.ts';
import { useAct } from '../data.ts';
import { FormModal, mobileRule } from '../form-modal.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { useUnitText } from './text.ts';

type Person = Result<'GET /units/:unitId/people'>['items'][number];
type Values = BodyInput<'POST /units/:unitId/people'>;

/** Adds somebody to a unit's roster, or changes what it says of them. */
export function PersonForm({ unitId, person, onClose }: { unitId: string; person?: Person; onClose: () => void }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const word = useWords();
  const add = useAct('POST /units/:unitId/people', { done: shared('saved') });
  const change = useAct('PATCH /people/:personId', { done: shared('saved') });

  const save = ({ phone, ...values }: Values) => {
    // An empty field at a person who has a number means "as it is": the number itself is not on the page.
    const body = { ...values, ...(phone && { phone: normalisePhone(phone) }) };
    return person
      ? change.mutateAsync({ params: { personId: person.id }, body })
      : add.mutateAsync({ params: { unitId }, body });
  };

  return (
    <FormModal<Values>
      title={person?.name ?? t('addPerson')}
      initialValues={person ?? { category: 'worker' }}
      save={save}
      onClose={onClose}
    >
      <Form.Item
        name="name"
        label={t('personName')}
        rules={[{ required: true, whitespace: true, message: shared('required') }]}
      >
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item name="category" label={t('category')}>
        <Select options={PERSON_CATEGORIES.map((value) => ({ value, label: word(value) }))} />
      </Form.Item>
      <Form.Item name="position" label={t('position')}>
        <Input maxLength={60} />
      </Form.Item>
      <Form.Item name="phone" label={t('phone')} rules={[mobileRule(t('badPhone'))]}>
        <Input inputMode="tel" {...(person?.phoneMasked && { placeholder: person.phoneMasked })} />
      </Form.Item>
    </FormModal>
  );
}
