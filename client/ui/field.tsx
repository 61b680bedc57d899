import './ui.css';
import { type InputHTMLAttributes, type ReactNode, type SelectHTMLAttributes, useId } from 'react';

interface Around {
  label: string;
  hint?: ReactNode;
  /** What is wrong, and what to do about it. */
  error?: string | undefined;
}

export function Field({ label, hint, error, ...input }: InputHTMLAttributes<HTMLInputElement> & Around) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {(attributes) => <input {...input} {...attributes} />}
    </FieldFrame>
  );
}

export function SelectField({ label, hint, error, ...select }: SelectHTMLAttributes<HTMLSelectElement> & Around) {
  return (
    <FieldFrame label={label} hint={hint} error={error}>
      {(attributes) => <select {...select} {...attributes} />}
    </FieldFrame>
  );
}

interface Attributes {
  id: string;
  className: string;
  'aria-invalid': boolean | undefined;
  'aria-describedby': string | undefined;
}

function FieldFrame({ label, hint, error, children }: Around & { children: (attributes: Attributes) => ReactNode }) {
  const id = useId();
  const notes = [hint ? `${id}-hint` : '', error ? `${id}-error` : ''].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label className="field__label" htmlFor={id}>
        {label}
      </label>
      {children({
        id,
        className: 'input',
        'aria-invalid': error ? true : undefined,
        'aria-describedby': notes || undefined,
      })}
      {hint && (
        <span className="field__hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span className="field__error" id={`${id}-error`} role="alert">
          {error}
        </span>
      )}
    </div>
  );
}
