import './ui.css';
import { useUiText } from './text.ts';

export function Spinner() {
  return <span className="spinner" aria-hidden="true" />;
}

/** Stands for a page or part of it that is on its way. */
export function Waiting() {
  const t = useUiText();
  return (
    <div className="waiting" role="status">
      <Spinner />
      {t('loading')}
    </div>
  );
}
