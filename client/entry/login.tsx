import './entry.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, Navigate, useSearchParams } from 'react-router';
import { call, failureText } from '#client/api.ts';
import { homeOf, signedIn, useMe, whySignedOut } from '#client/session.ts';
import { Button } from '#client/ui/button.tsx';
import { Field } from '#client/ui/field.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { DemoAccounts } from './demo-accounts.tsx';
import { ownPath } from './next.ts';
import { useEntryText } from './text.ts';

export default function Login() {
  const t = useEntryText();
  const me = useMe();
  const [search] = useSearchParams();
  const [login, setLogin] = useState('');
  const [password, setPassword] = useState('');
  const installation = useQuery({ queryKey: ['installation'], queryFn: () => call('GET /installation') });
  const signIn = useMutation({
    mutationFn: (body: { login: string; password: string }) => call('POST /login', { body }),
    onSuccess: signedIn,
  });

  if (me) return <Navigate replace to={ownPath(search.get('next')) ?? homeOf(me)} />;
  if (installation.data?.setUpNeeded) return <Navigate replace to="/setup" />;
  if (me === undefined || installation.isPending) return <Waiting />;

  function submit(event: FormEvent) {
    event.preventDefault();
    signIn.mutate({ login, password });
  }

  const ended = whySignedOut();
  return (
    <Page title={t('signIn')} narrow>
      <h1 className="entry__title">{installation.data?.bureauName || t('signIn')}</h1>
      {ended && !signIn.isError && (
        <Notice kind="error" title={failureText('login-ended', ended.params)}>
          {ended.params.reason === 'account-disabled' ? t('askOfficer') : t('askUnit')}
        </Notice>
      )}
      {signIn.isError && <Failure what={t('signInFailed')} error={signIn.error} />}
      <form className="entry__form" onSubmit={submit}>
        <Field
          label={t('login')}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          required
          value={login}
          onChange={(event) => setLogin(event.target.value)}
        />
        <Field
          label={t('password')}
          name="password"
          type="password"
          autoComplete="current-password"
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <Button className="entry__submit" look="primary" type="submit" wide busy={signIn.isPending}>
          {t('signIn')}
        </Button>
      </form>
      <p className="entry__other">
        <Link to="/u">{t('withCode')}</Link>
      </p>
      <DemoAccounts
        accounts={installation.data?.demoAccounts ?? []}
        busy={signIn.isPending}
        onPick={(account) => signIn.mutate({ login: account.login, password: account.password })}
      />
    </Page>
  );
}
