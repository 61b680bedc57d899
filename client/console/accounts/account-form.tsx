import { Button, Form, Input, Select, Space } from 'antd';
import type { BodyInput, Result } from '#contract/api.ts';
import { normalisePhone } from '#contract/codes.ts';
import { INDUSTRIES } from '#contract/plain.ts';
import { useAct, useRead } from '../data.ts';
import { FormModal, mobileRule } from '../form-modal.tsx';
import { useConsoleText } from '../text.ts';
import { useUnitOptions } from '../units/unit-options.ts';
import { useWords } from '../words.ts';
import { type AccountPerson, PersonField } from './person-field.tsx';
import { useAccountText } from './text.ts';

type Account = Result<'GET /accounts'>['items'][number];
type Grant = BodyInput<'POST /accounts'>['grants'][number];

interface Values {
  displayName: string;
  name?: string;
  phone?: string;
  password?: string;
  grants: { role: Grant['role']; areaId?: string | null; industry?: string | null; unitId?: string | null }[];
  person?: AccountPerson;
}

/** Makes an account, or changes its name, roles, password and whose it is. */
export function AccountForm({ account, onClose }: { account?: Account; onClose: () => void }) {
  const t = useAccountText();
  const shared = useConsoleText();
  const [form] = Form.useForm<Values>();
  const add = useAct('POST /accounts', { done: shared('saved') });
  const change = useAct('PATCH /accounts/:accountId', { done: shared('saved') });
  const required = { required: true, message: shared('required') };

  const save = ({ displayName, password = '', name, phone, person = null, ...values }: Values) => {
    const grants = values.grants.map(scoped);
    if (account) {
      // Roles and person sign the account's devices out, so they are sent only when they change.
      const body = {
        displayName,
        ...(JSON.stringify(grants) !== JSON.stringify(account.grants.map(scoped)) && { grants }),
        ...(password && { password }),
        ...(person?.id !== account.person?.id && { personId: person?.id ?? null }),
      };
      return change.mutateAsync({ params: { accountId: account.id }, body });
    }
    return add.mutateAsync({
      body: { displayName, grants, name: name?.trim() || null, phone: phone ? normalisePhone(phone) : null, password },
    });
  };

  return (
    <FormModal<Values>
      title={account?.displayName ?? t('add')}
      form={form}
      initialValues={
        account
          ? { displayName: account.displayName, grants: account.grants, person: account.person }
          : { grants: [{ role: 'enterprise' }] }
      }
      save={save}
      onClose={onClose}
    >
      <Form.Item name="displayName" label={t('displayName')} rules={[{ ...required, whitespace: true }]}>
        <Input maxLength={80} />
      </Form.Item>
      {!account && (
        <>
          <Form.Item
            name="name"
            label={t('accountName')}
            extra={t('accountNameHint')}
            dependencies={['phone']}
            rules={[
              { pattern: /^[a-z][a-z0-9._-]{2,31}$/, message: t('accountNameHint') },
              {
                validator: (_, name?: string) =>
                  name || form.getFieldValue('phone') ? Promise.resolve() : Promise.reject(new Error(t('nameOrPhone'))),
              },
            ]}
          >
            <Input autoComplete="off" />
          </Form.Item>
          <Form.Item name="phone" label={t('phone')} rules={[mobileRule(t('badPhone'))]}>
            <Input inputMode="tel" />
          </Form.Item>
        </>
      )}
      <Form.Item
        name="password"
        label={account ? t('newPassword') : t('password')}
        extra={account ? t('newPasswordHint') : t('passwordHint')}
        rules={[...(account ? [] : [required]), { min: 8, message: t('passwordHint') }]}
      >
        <Input.Password autoComplete="new-password" maxLength={128} />
      </Form.Item>
      <Form.Item label={`${t('role')} · ${t('scope')}`} required={!account || account.grants.length > 0}>
        <Form.List name="grants">
          {(fields, { add: addGrant, remove }) => (
            <Space orientation="vertical" style={{ width: '100%' }}>
              {fields.map((field) => (
                <GrantFields
                  key={field.key}
                  at={field.name}
                  {...(fields.length > 1 && { onRemove: () => remove(field.name) })}
                />
              ))}
              <Button size="small" onClick={() => addGrant({ role: 'enterprise' })}>
                {t('addRole')}
              </Button>
            </Space>
          )}
        </Form.List>
      </Form.Item>
      {account && (
        <Form.Item name="person" label={t('person')} extra={t('personHint')}>
          <PersonField />
        </Form.Item>
      )}
    </FormModal>
  );
}

function GrantFields({ at, onRemove }: { at: number; onRemove?: () => void }) {
  const t = useAccountText();
  const shared = useConsoleText();
  const word = useWords();
  const form = Form.useFormInstance<Values>();
  const role = Form.useWatch(['grants', at, 'role'], form);
  const industry = Form.useWatch(['grants', at, 'industry'], form);
  const areaId = Form.useWatch(['grants', at, 'areaId'], form);
  const areas = useRead('GET /areas');
  const unitId = Form.useWatch(['grants', at, 'unitId'], form);
  const units = useUnitOptions(unitId ? [unitId] : []);
  const required = { required: true, message: shared('required') };
  return (
    <div className="field-row">
      <Form.Item name={[at, 'role']} noStyle>
        <Select
          aria-label={t('role')}
          className="field-row__middle"
          options={(['bureau', 'supervisor', 'enterprise', 'instructor'] as const).map((value) => ({
            value,
            label: word(value),
          }))}
        />
      </Form.Item>
      {role === 'supervisor' && !industry && (
        <Form.Item name={[at, 'areaId']} noStyle rules={industry ? [] : [required]}>
          <Select
            allowClear
            placeholder={t('scopeArea')}
            aria-label={t('scopeArea')}
            className="field-row__middle"
            options={(areas.data ?? []).map((area) => ({ value: area.id, label: area.name }))}
          />
        </Form.Item>
      )}
      {role === 'supervisor' && !areaId && (
        <Form.Item name={[at, 'industry']} noStyle>
          <Select
            allowClear
            placeholder={t('scopeIndustry')}
            aria-label={t('scopeIndustry')}
            className="field-row__middle"
            options={INDUSTRIES.map((value) => ({ value, label: word(value) }))}
          />
        </Form.Item>
      )}
      {role === 'enterprise' && (
        <Form.Item name={[at, 'unitId']} noStyle rules={[required]}>
          <Select placeholder={t('scopeUnit')} aria-label={t('scopeUnit')} style={{ width: 240 }} {...units} />
        </Form.Item>
      )}
      {onRemove && (
        <Button size="small" type="text" danger onClick={onRemove}>
          {shared('remove')}
        </Button>
      )}
    </div>
  );
}

/** A grant with only the scope that its role has. */
function scoped({ role, areaId, industry, unitId }: Values['grants'][number]): Grant {
  if (role === 'supervisor')
    return { role, areaId: areaId ?? null, industry: areaId ? null : (industry ?? null), unitId: null };
  return { role, areaId: null, industry: null, unitId: role === 'enterprise' ? (unitId ?? null) : null };
}
