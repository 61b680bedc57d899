import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate, useSearchParams } from 'react-router';
import { ApiError, call } from '#client/api.ts';
import { signedIn, useMeIfKnown } from '#client/session.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Field, SelectField } from '#client/ui/field.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import type { BodyInput, Result } from '#contract/api.ts';
import { isMobile, normalisePhone } from '#contract/codes.ts';
import { ownPath } from './next.ts';
import { useEntryText } from './text.ts';

type UnitKind = Result<'GET /join/unit/:joinCode'>['unitKind'];
type JoinBody = BodyInput<'POST /join/unit/:joinCode'>;
type Category = NonNullable<JoinBody['category']>;

const CATEGORIES: Record<UnitKind, readonly Category[]> = {
  bureau: ['deputy_leader', 'official'],
  government: ['deputy_leader', 'official'],
  enterprise: ['principal', 'safety_manager', 'worker', 'special_operator'],
};

export function JoinForm({ joinCode, unitKind }: { joinCode: string; unitKind: UnitKind }) {
  const t = useEntryText();
  const me = useMeIfKnown();
  const navigate = useNavigate();
  const [search] = useSearchParams();
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [category, setCategory] = useState<Category | ''>('');
  const [checked, setChecked] = useState(false);
  const join = useMutation({
    mutationFn: (body: JoinBody) => call('POST /join/unit/:joinCode', { params: { joinCode }, body }),
    onSuccess: (joined) => {
      signedIn(joined);
      navigate(ownPath(search.get('next')) ?? '/learn', { replace: true });
    },
  });

  const nameError = name.trim() ? undefined : t('noName');
  const phoneError = isMobile(normalisePhone(phone)) ? undefined : t(phone.trim() ? 'badPhone' : 'noPhone');
  const mismatch = join.error instanceof ApiError && join.error.code === 'name-phone-mismatch';

  function submit(event: FormEvent) {
    event.preventDefault();
    setChecked(true);
    if (nameError || phoneError) return;
    join.mutate({ name: name.trim(), phone, ...(category && { category }) });
  }

  return (
    <>
      {me?.personId && (
        <Notice title={t('alreadyIn', { name: me.name })} action={<ButtonLink to="/learn">{t('goOn')}</ButtonLink>}>
          {me.unitName}
        </Notice>
      )}
      {join.isError && !mismatch && <Failure what={t('joinFailed')} error={join.error} />}
      <form className="entry__form" onSubmit={submit} noValidate>
        <Field
          label={t('name')}
          autoComplete="name"
          value={name}
          error={checked && nameError ? nameError : mismatch ? join.error?.message : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <Field
          label={t('phone')}
          hint={t('phoneHint')}
          type="tel"
          inputMode="tel"
          autoComplete="tel-national"
          value={phone}
          error={checked ? phoneError : undefined}
          onChange={(event) => setPhone(event.target.value)}
        />
        <SelectField
          label={t('category')}
          value={category}
          onChange={(event) => setCategory(event.target.value as Category | '')}
        >
          <option value="">{t('categoryNone')}</option>
          {CATEGORIES[unitKind].map((each) => (
            <option key={each} value={each}>
              {t(each)}
            </option>
          ))}
        </SelectField>
        <Button className="entry__submit" look="primary" type="submit" wide busy={join.isPending}>
          {t('enter')}
        </Button>
        <p className="entry__small">{t('archive')}</p>
      </form>
    </>
  );
}
