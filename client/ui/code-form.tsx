import './ui.css';
import { type FormEvent, useState } from 'react';
import { Button } from './button.tsx';
import { Field } from './field.tsx';

interface Words {
  hint: string;
  place: string;
  placeHint: string;
  code: string;
  badCode: string;
  next: string;
}

/** The digits that a place shows, six or ten, for those who can't scan them. The place is asked for where the address does not name it. */
export function CodeForm({
  place: known,
  words,
  onTyped,
}: {
  place: string;
  words: Words;
  onTyped: (place: string, code: string) => void;
}) {
  const [place, setPlace] = useState(known);
  const [digits, setDigits] = useState('');
  const [checked, setChecked] = useState(false);
  const isWhole = /^(\d{6}|\d{10})$/.test(digits);

  function submit(event: FormEvent) {
    event.preventDefault();
    setChecked(true);
    if (isWhole && place.trim()) onTyped(place.trim(), digits);
  }

  return (
    <form className="code-form" onSubmit={submit} noValidate>
      <p className="code-form__hint">{words.hint}</p>
      {!known && (
        <Field
          label={words.place}
          hint={words.placeHint}
          autoCapitalize="characters"
          autoComplete="off"
          maxLength={12}
          value={place}
          onChange={(event) => setPlace(event.target.value)}
        />
      )}
      <Field
        label={words.code}
        inputMode="numeric"
        autoComplete="off"
        value={digits}
        error={checked && !isWhole ? words.badCode : undefined}
        onChange={(event) => setDigits(event.target.value.replace(/\D/g, '').slice(0, 10))}
      />
      <Button className="code-form__next" look="primary" type="submit" wide>
        {words.next}
      </Button>
    </form>
  );
}
