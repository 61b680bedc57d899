import './ui.css';
import type { ReactNode } from 'react';
import { failureText } from '#client/api.ts';
import { Button } from './button.tsx';
import { useUiText } from './text.ts';

type Kind = 'info' | 'warning' | 'error' | 'success';

const ICONS: Record<Kind, string> = {
  info: 'M10 9v5M10 6v.5',
  warning: 'M10 6v5M10 14v.5',
  error: 'M7 7l6 6M13 7l-6 6',
  success: 'M6 10.5l3 3 5-6.5',
};

/** A message in the page. Its kind shows by icon and words, not by colour alone. */
export function Notice({
  kind = 'info',
  title,
  action,
  children,
}: {
  kind?: Kind;
  title?: string;
  action?: ReactNode;
  children?: ReactNode;
}) {
  return (
    <div className={`notice notice--${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <svg className="notice__icon" viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true">
        <circle cx="10" cy="10" r="8.5" strokeWidth="1.6" />
        <path d={ICONS[kind]} strokeWidth="1.8" strokeLinecap="round" strokeLinejoin="round" />
      </svg>
      <div className="notice__body">
        {title && <p className="notice__title">{title}</p>}
        {children}
      </div>
      {action && <div className="notice__action">{action}</div>}
    </div>
  );
}

/** What failed, why, and a way to try again. */
export function Failure({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const t = useUiText();
  return (
    <Notice kind="error" title={what} action={retry && <Button onClick={retry}>{t('retry')}</Button>}>
      {error instanceof Error && error.name === 'ApiError' ? error.message : failureText('offline')}
    </Notice>
  );
}
