import './line.css';
import { useEffect, useState } from 'react';
import { formatCount } from '#client/format.ts';
import { Page } from '#client/ui/page.tsx';
import { Spinner } from '#client/ui/spinner.tsx';
import type { Standing } from './place.ts';
import { useLineText } from './text.ts';
import { inMinutes, roughly } from './words.ts';

/** Stands for the page as long as its requests wait to be let in. */
export default function InLine({ standing: { ahead, seconds } }: { standing: Standing }) {
  const t = useLineText();
  useOwnTitle();
  const minutes = inMinutes(seconds);
  const wait = minutes === 1 ? t('soon') : t('minutes', { minutes });
  const about = formatCount(roughly(ahead));
  return (
    <Page title={t('title')} narrow>
      <h1 className="line__title">{t('title')}</h1>
      <p className="line__heading">{t('heading')}</p>
      <div className="line__place">
        {ahead > 0 ? (
          <>
            <p>{t('ahead')}</p>
            <p className="line__ahead">
              <strong>{about}</strong> {t('people')}
            </p>
            <p className="line__wait">{wait}</p>
          </>
        ) : (
          <p className="line__wait">
            <Spinner /> {t('next')}
          </p>
        )}
      </div>
      {/* Said anew only when it has changed for somebody who listens. */}
      <p className="visually-hidden" role="status">
        {ahead > 0 ? t('spoken', { ahead: about, wait }) : t('spokenNext')}
      </p>
      <p>{t('stay')}</p>
      <p className="line__counted">{t('counted')}</p>
    </Page>
  );
}

/** The page behind gets its title back, unless it has taken another meanwhile. */
function useOwnTitle(): void {
  const [before] = useState(() => document.title);
  useEffect(() => {
    const own = document.title;
    return () => {
      if (document.title === own) document.title = before;
    };
  }, [before]);
}
