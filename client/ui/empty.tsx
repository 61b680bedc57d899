import './ui.css';
import type { ReactNode } from 'react';

/** Nothing here yet: says what would fill it. */
export function Empty({
  title,
  hint,
  action,
  page = false,
}: {
  title: string;
  hint?: string;
  action?: ReactNode;
  /** It is the whole page, and its title the page's. */
  page?: boolean;
}) {
  const Title = page ? 'h1' : 'p';
  return (
    <div className="empty">
      <Title className="empty__title">{title}</Title>
      {hint && <p className="empty__hint">{hint}</p>}
      {action && <div className="empty__action">{action}</div>}
    </div>
  );
}
