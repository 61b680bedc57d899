import { Checkbox, Form, Input, Select } from 'antd';
import type { BodyInput, Result } from '#contract/api.ts';
import { isCreditCode, normaliseCode, normalisePhone } from '#contract/codes.ts';
import { INDUSTRIES, UNIT_KINDS } from '#contract/plain.ts';
import { useAct, useRead } from '../data.ts';
import { FormModal, mobileRule } from '../form-modal.tsx';
import { useRoles } from '../roles.ts';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { useUnitText } from './text.ts';

type Unit = Result<'GET /units/:unitId'>;
type Values = BodyInput<'POST /units'>;

/** Adds a unit or changes one. What a role may not change the server refuses; an enterprise sees only what is its own to keep. */
export function UnitForm({ unit, onClose }: { unit?: Unit; onClose: () => void }) {
  const t = useUnitText();
  const shared = useConsoleText();
  const word = useWords();
  const { bureau } = useRoles();
  const [form] = Form.useForm<Values>();
  const kind = Form.useWatch('kind', form);
  const areas = useRead('GET /areas');
  const add = useAct('POST /units', { done: shared('saved') });
  const change = useAct('PATCH /units/:unitId', { done: shared('saved') });
  const required = { required: true, message: shared('required') };

  const save = ({ contactPhone, ...rest }: Values) => {
    // An empty field at a unit that has a number means "as it is": the number itself is not on the page.
    const body = { ...rest, ...(contactPhone && { contactPhone: normalisePhone(contactPhone) }) };
    return unit ? change.mutateAsync({ params: { unitId: unit.id }, body }) : add.mutateAsync({ body });
  };

  return (
    <FormModal<Values>
      title={unit?.name ?? t('addUnit')}
      form={form}
      initialValues={unit ? { ...unit, contactPhone: undefined } : { kind: 'enterprise', highRisk: false }}
      save={save}
      onClose={onClose}
    >
      {bureau && (
        <>
          <Form.Item name="name" label={t('name')} rules={[{ ...required, whitespace: true }]}>
            <Input maxLength={80} />
          </Form.Item>
          <Form.Item name="kind" label={t('kind')}>
            <Select options={UNIT_KINDS.map((value) => ({ value, label: word(value) }))} />
          </Form.Item>
          <Form.Item
            name="creditCode"
            label={t('creditCode')}
            normalize={(text: string) => (text ? normaliseCode(text) : null)}
            rules={[
              {
                validator: (_, code: string | null) =>
                  !code || isCreditCode(code) ? Promise.resolve() : Promise.reject(new Error(t('badCreditCode'))),
              },
            ]}
          >
            <Input maxLength={24} />
          </Form.Item>
          <Form.Item name="areaId" label={t('area')} rules={[required]}>
            <Select
              showSearch={{ optionFilterProp: 'label' }}
              options={(areas.data ?? []).map((area) => ({ value: area.id, label: area.name }))}
            />
          </Form.Item>
          {kind === 'enterprise' && (
            <>
              <Form.Item name="industry" label={t('industry')}>
                <Select allowClear options={INDUSTRIES.map((value) => ({ value, label: word(value) }))} />
              </Form.Item>
              <Form.Item name="highRisk" valuePropName="checked">
                <Checkbox>{t('highRisk')}</Checkbox>
              </Form.Item>
            </>
          )}
        </>
      )}
      <Form.Item name="address" label={t('address')}>
        <Input maxLength={200} />
      </Form.Item>
      <Form.Item name="contactName" label={t('contact')}>
        <Input maxLength={80} />
      </Form.Item>
      <Form.Item name="contactPhone" label={t('contactPhone')} rules={[mobileRule(t('badPhone'))]}>
        <Input inputMode="tel" {...(unit?.contactPhoneMasked && { placeholder: unit.contactPhoneMasked })} />
      </Form.Item>
    </FormModal>
  );
}
