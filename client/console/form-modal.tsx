import { Form, type FormInstance, type FormRule, Modal } from 'antd';
import { type ReactNode, useState } from 'react';
import { isMobile, normalisePhone } from '#contract/codes.ts';
import { useConsoleText } from './text.ts';

/**
 * A form in a dialog: closes once `save` is through, and stays with what was typed when it fails, which `useAct` has put
 * into words.
 */
export function FormModal<V extends object>({
  title,
  verb,
  initialValues,
  form: given,
  save,
  onClose,
  children,
}: {
  title: string;
  /** Of the button that saves. */
  verb?: string;
  initialValues: object;
  /** For those who watch its fields. */
  form?: FormInstance<V>;
  save: (values: V) => Promise<unknown>;
  onClose: () => void;
  children: ReactNode;
}) {
  const t = useConsoleText();
  const [form] = Form.useForm<V>(given);
  const [busy, setBusy] = useState(false);

  const submit = async (values: V) => {
    setBusy(true);
    try {
      await save(values);
      onClose();
    } catch {
      setBusy(false);
    }
  };

  return (
    <Modal
      open
      title={title}
      okText={verb ?? t('save')}
      cancelText={t('cancel')}
      onOk={form.submit}
      onCancel={onClose}
      confirmLoading={busy}
      mask={{ closable: false }}
    >
      <Form<V> form={form} layout="vertical" initialValues={initialValues} onFinish={(values) => void submit(values)}>
        {children}
      </Form>
    </Modal>
  );
}

/** A field for a mobile number, as people type it; an empty one passes. */
export function mobileRule(message: string): FormRule {
  return {
    validator: (_, phone?: string) =>
      !phone || isMobile(normalisePhone(phone)) ? Promise.resolve() : Promise.reject(new Error(message)),
  };
}
