import './entry.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Navigate } from 'react-router';
import { ApiError, call } from '#client/api.ts';
import { homeOf, signedIn, useMe } from '#client/session.ts';
import { Button } from '#client/ui/button.tsx';
import { Field } from '#client/ui/field.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { useEntryText } from './text.ts';

const BLANK = { code: '', bureauName: '', displayName: '', accountName: '', password: '' };

/** First visit of an installation: makes the first bureau administrator. */
export default function Setup() {
  const t = useEntryText();
  const me = useMe();
  const [form, setForm] = useState(BLANK);
  const installation = useQuery({ queryKey: ['installation'], queryFn: () => call('GET /installation') });
  const setUp = useMutation({
    mutationFn: (body: typeof BLANK) => call('POST /setup', { body }),
    onSuccess: signedIn,
  });

  if (me) return <Navigate replace to={homeOf(me)} />;
  if (installation.isPending) return <Waiting />;
  if (installation.data?.setUpNeeded === false) return <Navigate replace to="/login" />;

  function submit(event: FormEvent) {
    event.preventDefault();
    setUp.mutate(form);
  }

  const wrong = setUp.error instanceof ApiError ? setUp.error.fields.map((field) => field.path) : [];
  const bind = (name: keyof typeof BLANK, rule?: string) => ({
    value: form[name],
    required: true,
    error: wrong.includes(name) ? rule : undefined,
    onChange: (event: { target: { value: string } }) => setForm({ ...form, [name]: event.target.value }),
  });

  return (
    <Page title={t('setUp')} narrow>
      <h1 className="entry__title">{t('setUp')}</h1>
      {setUp.isError && wrong.length === 0 && <Failure what={t('setUpFailed')} error={setUp.error} />}
      <form className="entry__form" onSubmit={submit}>
        <Field label={t('code')} hint={t('setUpHint')} autoComplete="one-time-code" {...bind('code', t('setUpHint'))} />
        <Field label={t('bureauName')} placeholder={t('bureauNameExample')} {...bind('bureauName', t('bureauName'))} />
        <Field label={t('displayName')} autoComplete="name" {...bind('displayName', t('displayName'))} />
        <Field
          label={t('accountName')}
          hint={t('accountNameHint')}
          autoComplete="username"
          autoCapitalize="none"
          {...bind('accountName', t('accountNameHint'))}
        />
        <Field
          label={t('password')}
          hint={t('passwordHint')}
          type="password"
          minLength={8}
          autoComplete="new-password"
          {...bind('password', t('passwordHint'))}
        />
        <Button className="entry__submit" look="primary" type="submit" wide busy={setUp.isPending}>
          {t('create')}
        </Button>
      </form>
    </Page>
  );
}
