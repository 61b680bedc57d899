import './ui.css';
import { type ReactNode, useEffect } from 'react';
import { Link } from 'react-router';
import { LanguageSwitch } from './language-switch.tsx';
import { useUiText } from './text.ts';

/** A light page: brand and language above, one column below. `title` is the window's. */
export function Page({
  title,
  narrow = false,
  home = '/',
  end,
  children,
}: {
  title: string;
  narrow?: boolean;
  home?: string;
  end?: ReactNode;
  children: ReactNode;
}) {
  const t = useUiText();
  useTitle(title);
  return (
    <div className={narrow ? 'page page--narrow' : 'page'}>
      <header className="topbar">
        <Link className="topbar__brand" to={home}>
          <Emblem />
          {t('product')}
        </Link>
        <div className="topbar__end">
          {end}
          <LanguageSwitch />
        </div>
      </header>
      <main>{children}</main>
    </div>
  );
}

/** Names the window: the page first, since a phone shows only the beginning. */
export function useTitle(title: string): void {
  const product = useUiText()('product');
  useEffect(() => {
    document.title = title ? `${title} · ${product}` : product;
  }, [title, product]);
}

/** The product's sign, as in the window's tab. */
export function Emblem() {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="var(--brand)" />
      <path d="M12 9.5v13l11-6.5z" fill="var(--on-brand)" />
    </svg>
  );
}
