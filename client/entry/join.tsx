import './entry.css';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { call } from '#client/api.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Field } from '#client/ui/field.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { normaliseCode } from '#contract/codes.ts';
import { JoinForm } from './join-form.tsx';
import { useEntryText } from './text.ts';

/** Entering without a password: by the unit's code, from its QR code or typed. */
export default function Join() {
  const { joinCode } = useParams();
  return joinCode ? <Unit joinCode={joinCode} /> : <TypeCode />;
}

function TypeCode() {
  const t = useEntryText();
  const navigate = useNavigate();
  const [code, setCode] = useState('');

  function submit(event: FormEvent) {
    event.preventDefault();
    const plain = normaliseCode(code);
    if (plain) navigate(`/u/${encodeURIComponent(plain)}`);
  }

  return (
    <Page title={t('codeTitle')} narrow>
      <h1 className="entry__title">{t('codeTitle')}</h1>
      <form className="entry__form" onSubmit={submit}>
        <Field
          label={t('unitCode')}
          hint={t('unitCodeHint')}
          autoComplete="off"
          autoCapitalize="characters"
          required
          value={code}
          onChange={(event) => setCode(event.target.value)}
        />
        <Button className="entry__submit" look="primary" type="submit" wide>
          {t('next')}
        </Button>
      </form>
    </Page>
  );
}

function Unit({ joinCode }: { joinCode: string }) {
  const t = useEntryText();
  const unit = useQuery({
    queryKey: ['join', joinCode],
    queryFn: () => call('GET /join/unit/:joinCode', { params: { joinCode } }),
  });

  return (
    <Page title={t('joinTitle')} narrow>
      {unit.isPending && <Waiting />}
      {unit.isError && (
        <>
          <h1 className="entry__title">{t('joinTitle')}</h1>
          <Failure what={t('unitFailed')} error={unit.error} retry={() => unit.refetch()} />
          <p className="entry__other">
            <ButtonLink to="/u">{t('otherCode')}</ButtonLink>
          </p>
        </>
      )}
      {unit.data && (
        <>
          <h1 className="entry__title">{unit.data.unitName}</h1>
          <p className="entry__area">{unit.data.areaName}</p>
          <JoinForm joinCode={joinCode} unitKind={unit.data.unitKind} />
        </>
      )}
    </Page>
  );
}
