import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Standing } from '../network/standing.tsx';
import { useNetworkText } from '../network/text.ts';
import { LinkButton } from '../parts.tsx';

type Session = Result<'GET /sessions/:sessionId'>;

/** Whose network fails in this class; nothing while nobody has sent a check. */
export function NetworkPanel({ session }: { session: Session }) {
  const t = useNetworkText();
  const input = { params: { sessionId: session.id }, query: { pageSize: 1 } };
  const reports = useRead('GET /sessions/:sessionId/network-reports', input, {
    every: session.state === 'live' && 10_000,
  });
  if (!reports.data || reports.data.total === 0) return null;
  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('short')}</h2>
        <LinkButton to={`/console/sessions/${session.id}/network`}>{t('seeAll')}</LinkButton>
      </div>
      <Standing reports={reports.data} />
    </section>
  );
}
