import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { CopyButton, DownloadButton, HighRiskMark, Loaded } from '../parts.tsx';
import { ContactPhone, type MissingUnit, missingAsText } from '../reports/missing-list.tsx';
import { useReportText } from '../reports/text.ts';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;

/** Units of whom nobody is here, high-risk first, with whom to call; before the class, all that are invited. */
export function MissingPanel({ session }: { session: Session }) {
  const params = { sessionId: session.id };
  const missing = useRead(
    'GET /sessions/:sessionId/missing',
    { params },
    { every: session.state === 'live' && 10_000 },
  );
  return (
    <section className="section">
      <Loaded read={missing}>{(units) => <List session={session} units={units} />}</Loaded>
    </section>
  );
}

function List({ session, units }: { session: Session; units: MissingUnit[] }) {
  const t = useDeskText();
  const name = useReportText();
  return (
    <>
      <div className="section__head">
        <h2>{t(session.startedAt ? 'missingUnits' : 'invitedUnits', { count: units.length })}</h2>
        {units.length > 0 && (
          <div className="page-actions">
            <CopyButton size="small" text={missingAsText(units)} label={name('copyAll')} />
            <DownloadButton
              size="small"
              endpoint="GET /sessions/:sessionId/export/missing"
              params={{ sessionId: session.id }}
            >
              {name('exportMissing')}
            </DownloadButton>
          </div>
        )}
      </div>
      {units.length === 0 && <p className="muted">{t('allHere')}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard too */}
      <ul className="list-plain" tabIndex={0}>
        {units.map((unit) => (
          <li key={unit.unitId}>
            <div>
              {unit.unitName} {unit.highRisk && <HighRiskMark />}
              <div className="muted">{[unit.areaName, unit.contactName].filter(Boolean).join(' · ')}</div>
            </div>
            <ContactPhone unit={unit} />
          </li>
        ))}
      </ul>
    </>
  );
}
