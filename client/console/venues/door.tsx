import './venues.css';
import { Link, useParams } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { grouped, useCodeOfNow } from '#client/rotating-code.ts';
import { useTitle } from '#client/ui/page.tsx';
import { QrCode } from '#client/ui/qr-code.tsx';
import type { Result } from '#contract/api.ts';
import { useRead } from '../data.ts';
import { Loaded } from '../parts.tsx';
import { useVenueText } from './text.ts';

type Door = Result<'GET /sessions/:sessionId/door'>;

/** Names appear within so long, and a code that is lost to a bad network is not missed, ms. */
const REFRESH_MS = 4_000;

/** 签到屏: the code at the door, to be read from afar. */
export default function DoorScreen() {
  const t = useVenueText();
  const language = useLanguage();
  const { sessionId = '' } = useParams();
  const params = { sessionId };
  const venue = useRead('GET /sessions/:sessionId/venue', { params });
  const door = useRead('GET /sessions/:sessionId/door', { params }, { every: REFRESH_MS });
  useTitle(t('doorTitle'));
  const { topic = '', startsAt, venue: place } = venue.data ?? {};
  return (
    <main className="door-page">
      <Link className="door-page__back" to={`/console/sessions/${sessionId}/venue`}>
        ‹ {t('back')}
      </Link>
      <h1>{topic}</h1>
      <p className="door-page__where numbers">
        {startsAt && t('where', { when: formatDateTime(startsAt, language), venue: place ?? '' })}
      </p>
      <p className="door-page__again">{t('doorAgain')}</p>
      <Loaded read={door}>{(loaded) => <Code door={loaded} heardAt={door.dataUpdatedAt} />}</Loaded>
    </main>
  );
}

function Code({ door, heardAt }: { door: Door; heardAt: number }) {
  const t = useVenueText();
  const { code, leftMs } = useCodeOfNow(door, heardAt);
  return (
    <>
      {code ? (
        <>
          <QrCode className="door-page__qr" text={`${location.origin}${code.path}`} label={t('doorTitle')} />
          <div className="door-page__life" aria-hidden="true">
            <span style={{ width: `${(leftMs / door.stepMs) * 100}%` }} />
          </div>
          <p className="door-page__type">{t('doorType', { address: `${location.host}/d/${door.doorCode}` })}</p>
          <p className={`door-page__digits${code.digits.length > 6 ? ' door-page__digits--long' : ''}`}>
            {grouped(code.digits)}
          </p>
        </>
      ) : (
        <p className="door-page__stale" role="alert">
          {t('stale')}
        </p>
      )}
      <p className="door-page__counts">
        <span>
          {t('signedIn')} <strong>{door.signedIn}</strong> / {door.enrolled}
        </span>
        <span>
          {t('present')} <strong>{door.present}</strong>
        </span>
      </p>
      {door.names.length > 0 && (
        <p className="door-page__where">
          {t('lastNames')}：{door.names.slice(0, 3).join('　')}
        </p>
      )}
    </>
  );
}
