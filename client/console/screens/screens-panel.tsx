import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Loaded } from '../parts.tsx';
import { Standing } from './standing.tsx';
import { useScreensText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

/** All shared screens of a class, as it runs. */
export function ScreensPanel({ session }: { session: Session }) {
  const t = useScreensText();
  const live = session.state === 'live';
  const screens = useRead(
    'GET /sessions/:sessionId/screens',
    { params: { sessionId: session.id } },
    { every: (live || session.state === 'scheduled') && 10_000 },
  );
  return (
    <section className="section">
      <Loaded read={screens}>
        {(all) => (
          <>
            <div className="section__head">
              <h2>{t('title')}</h2>
              {all.length > 0 && (
                <span className="muted">
                  {t('counts', { open: all.filter(({ closedAt }) => closedAt === null).length, all: all.length })}
                </span>
              )}
            </div>
            {all.length === 0 && <p className="muted">{t('none')}</p>}
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard too */}
            <ul className="list-plain" tabIndex={0}>
              {all.map((screen) => (
                <li key={screen.id}>
                  <div>
                    {[screen.unitName, screen.room].filter(Boolean).join(' · ')}
                    <div className="muted numbers">
                      {t('declared')} {screen.declaredHeads ?? '–'} · {t('signedIn')} {screen.signedIn}
                    </div>
                    {screen.sharedPhones > 0 && (
                      <div className="muted">
                        ⚠ {t('sharedCount', { phones: screen.sharedPhones, people: screen.bySharedPhones })}
                      </div>
                    )}
                  </div>
                  <Standing screen={screen} live={live} />
                </li>
              ))}
            </ul>
          </>
        )}
      </Loaded>
    </section>
  );
}
