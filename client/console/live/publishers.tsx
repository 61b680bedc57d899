import type { Result } from '#contract/api.ts';
import type { PublisherStatus } from '#contract/media.ts';
import { useAct } from '../data.ts';
import { ConfirmButton, Mark } from '../parts.tsx';
import { useDeskText } from './text.ts';

type Health = Result<'GET /sessions/:sessionId/stream'>;

const STATES = {
  'on-air': { text: 'onAir', tone: 'red' },
  lost: { text: 'lostSource', tone: 'amber' },
  coming: { text: 'coming', tone: 'brand' },
  standby: { text: 'standby', tone: 'plain' },
} as const;

/** Who publishes into the session, and which of them learners see. */
export function Publishers({
  sessionId,
  publishers,
  mayTake,
}: {
  sessionId: string;
  publishers: Health['publishers'];
  mayTake: boolean;
}) {
  const t = useDeskText();
  const take = useAct('POST /sessions/:sessionId/on-air', { touches: ['GET /sessions/:sessionId/stream'] });
  return (
    <div className="publishers">
      <div className="muted">{t('publishers')}</div>
      <ul className="list-plain">
        {publishers.map((publisher) => (
          <li key={publisher.id}>
            <Publisher publisher={publisher} />
            {mayTake && publisher.state === 'standby' && (
              <ConfirmButton
                size="small"
                question={t('takeOverSure')}
                verb={t('takeOver')}
                busy={take.isPending}
                onConfirm={() => take.mutate({ params: { sessionId }, body: { publisherId: publisher.id } })}
              />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Publisher({ publisher }: { publisher: PublisherStatus }) {
  const t = useDeskText();
  const { via, state, source, bitrate, remoteAddress } = publisher;
  const { text, tone } = STATES[state];
  const size = source.width ? `${source.width}×${source.height}` : '–';
  return (
    <span>
      <Mark tone={tone}>{t(text)}</Mark> {t(via)} <span className="muted">{remoteAddress}</span>
      <br />
      <span className="muted">{t('sourceFigures', { size, bitrate: (bitrate / 1_000_000).toFixed(2) })}</span>
    </span>
  );
}
