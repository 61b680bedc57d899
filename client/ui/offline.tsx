import './ui.css';
import { useSyncExternalStore } from 'react';
import { useUiText } from './text.ts';

/** Says above the page that the device has no network. */
export function OfflineBanner() {
  const t = useUiText();
  const online = useSyncExternalStore(subscribe, () => navigator.onLine);
  return online ? null : (
    <div className="offline" role="status">
      {t('offline')}
    </div>
  );
}

function subscribe(changed: () => void): () => void {
  window.addEventListener('online', changed);
  window.addEventListener('offline', changed);
  return () => {
    window.removeEventListener('online', changed);
    window.removeEventListener('offline', changed);
  };
}
