import './ui.css';
import type { ButtonHTMLAttributes } from 'react';
import { Link, type LinkProps } from 'react-router';
import { Spinner } from './spinner.tsx';

interface Look {
  look?: 'primary' | 'plain' | 'danger' | 'quiet';
  wide?: boolean;
}

/** A button; `busy` shows that its work is under way and refuses a second press. */
export function Button({
  look = 'plain',
  wide = false,
  busy = false,
  type = 'button',
  className = '',
  disabled,
  children,
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & Look & { busy?: boolean }) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={`${classOf(look, wide)} ${className}`}
    >
      {busy && <Spinner />}
      {children}
    </button>
  );
}

/** A link to another page that looks like a button. */
export function ButtonLink({ look = 'plain', wide = false, className = '', ...rest }: LinkProps & Look) {
  return <Link {...rest} className={`${classOf(look, wide)} ${className}`} />;
}

function classOf(look: string, wide: boolean): string {
  return `button button--${look}${wide ? ' button--wide' : ''}`;
}
