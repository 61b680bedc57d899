import { type FormEvent, useState } from 'react';
import { Button } from '#client/ui/button.tsx';
import { Field } from '#client/ui/field.tsx';
import { isMobile, normalisePhone } from '#contract/codes.ts';
import { useScreenText } from './text.ts';

/** Name and phone of somebody who is not on the roster. */
export function NewcomerForm({
  busy,
  onGiven,
}: {
  busy: boolean;
  onGiven: (who: { name: string; phone: string }) => void;
}) {
  const t = useScreenText();
  const [name, setName] = useState('');
  const [phone, setPhone] = useState('');
  const [checked, setChecked] = useState(false);
  const nameError = name.trim() ? undefined : t('noName');
  const phoneError = isMobile(normalisePhone(phone)) ? undefined : t('badPhone');

  function submit(event: FormEvent) {
    event.preventDefault();
    setChecked(true);
    if (!nameError && !phoneError) onGiven({ name: name.trim(), phone });
  }

  return (
    <form onSubmit={submit} noValidate>
      <Field
        label={t('name')}
        autoComplete="name"
        value={name}
        error={checked ? nameError : undefined}
        onChange={(event) => setName(event.target.value)}
      />
      <Field
        label={t('phone')}
        hint={t('addHint')}
        type="tel"
        inputMode="tel"
        autoComplete="tel-national"
        value={phone}
        error={checked ? phoneError : undefined}
        onChange={(event) => setPhone(event.target.value)}
      />
      <Button className="signing__submit" look="primary" type="submit" wide busy={busy}>
        {t('addPerson')}
      </Button>
    </form>
  );
}
