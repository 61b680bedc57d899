import '../reports/bulletin.css';
import './venues.css';
import { Button } from 'antd';
import { Link, useParams } from 'react-router';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { useTitle } from '#client/ui/page.tsx';
import { QrCode } from '#client/ui/qr-code.tsx';
import { useRead } from '../data.ts';
import { Loaded } from '../parts.tsx';
import { useVenueText } from './text.ts';

/** To be printed and put up at the venue: leads to the page where the digits of the door's screen are typed. */
export default function Poster() {
  const t = useVenueText();
  const language = useLanguage();
  const { sessionId = '' } = useParams();
  const params = { sessionId };
  const venue = useRead('GET /sessions/:sessionId/venue', { params });
  const door = useRead('GET /sessions/:sessionId/door', { params });
  useTitle(t('poster'));
  return (
    <main className="bulletin-page">
      <div className="bulletin-bar">
        <Link to={`/console/sessions/${sessionId}/venue`}>‹ {t('back')}</Link>
        <Button type="primary" onClick={() => window.print()}>
          {t('print')}
        </Button>
      </div>
      <Loaded read={door}>
        {({ doorCode }) => (
          <article className="poster">
            <h1>{t('posterTitle')}</h1>
            <p className="poster__topic">{venue.data?.topic}</p>
            <p className="poster__where numbers">
              {venue.data &&
                t('where', { when: formatDateTime(venue.data.startsAt, language), venue: venue.data.venue ?? '' })}
            </p>
            <QrCode className="poster__qr" text={`${location.origin}/d/${doorCode}`} label={t('posterTitle')} />
            <p className="poster__address">
              {location.host}/d/{doorCode}
            </p>
            <ol>
              <li>{t('posterStep1')}</li>
              <li>{t('posterStep2')}</li>
              <li>{t('posterStep3')}</li>
            </ol>
            <p className="poster__note">{t('posterNote')}</p>
          </article>
        )}
      </Loaded>
    </main>
  );
}
