import { Button, Form, Input } from 'antd';
import { signOut, useMe } from '#client/session.ts';
import { useAct } from '../data.ts';
import { ConfirmButton, PageHead } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { useAccountText } from './text.ts';

interface Values {
  current: string;
  next: string;
}

/** My own account: its password, and signing out of every device. */
export default function MyAccount() {
  const t = useAccountText();
  const shared = useConsoleText();
  const me = useMe();
  const [form] = Form.useForm<Values>();
  const change = useAct('POST /me/password', { done: t('changed') });
  const everywhere = useAct('POST /logout/everywhere');
  const required = { required: true, message: shared('required') };
  return (
    <>
      <PageHead title={shared('myAccount')} />
      <p className="lead">{[me?.name, me?.unitName].filter(Boolean).join(' · ')}</p>
      <section className="section" style={{ maxWidth: 480 }}>
        <h2>{t('changePassword')}</h2>
        <Form<Values>
          form={form}
          layout="vertical"
          onFinish={(body) => change.mutate({ body }, { onSuccess: () => form.resetFields() })}
        >
          <Form.Item name="current" label={t('current')} rules={[required]}>
            <Input.Password autoComplete="current-password" maxLength={128} />
          </Form.Item>
          <Form.Item
            name="next"
            label={t('newPassword')}
            extra={t('passwordHint')}
            rules={[required, { min: 8, message: t('passwordHint') }]}
          >
            <Input.Password autoComplete="new-password" maxLength={128} />
          </Form.Item>
          <Button type="primary" htmlType="submit" loading={change.isPending}>
            {t('change')}
          </Button>
        </Form>
      </section>
      <section className="section" style={{ maxWidth: 480 }}>
        <h2>{t('devices')}</h2>
        <p className="muted">{t('devicesHint')}</p>
        <ConfirmButton
          danger
          question={t('everywhereSure')}
          verb={t('everywhere')}
          busy={everywhere.isPending}
          onConfirm={() => everywhere.mutate(undefined as never, { onSettled: () => void signOut() })}
        />
      </section>
    </>
  );
}
