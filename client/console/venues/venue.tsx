import { Button } from 'antd';
import { useState } from 'react';
import { useParams } from 'react-router';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Notice } from '#client/ui/notice.tsx';
import type { VenueClass } from '#contract/venues.ts';
import { useAct, useRead } from '../data.ts';
import { ConfirmButton, Figure, LinkButton, Loaded, Mark, PageHead, StateMark } from '../parts.tsx';
import { useRoles } from '../roles.ts';
import { EnrolForm } from './enrol-form.tsx';
import { Enrolments } from './enrolments.tsx';
import { PlanForm } from './plan-form.tsx';
import { useVenueText } from './text.ts';
import { Visits } from './visits.tsx';

const EVERY_MS = 10_000;

/** The venue of a session: the bureau sets it up and sees who is there, enterprises enrol their people. */
export default function VenuePage() {
  const { sessionId = '' } = useParams();
  const venue = useRead('GET /sessions/:sessionId/venue', { params: { sessionId } }, { every: EVERY_MS });
  return <Loaded read={venue}>{(loaded) => <VenueView venue={loaded} />}</Loaded>;
}

function VenueView({ venue }: { venue: VenueClass }) {
  const t = useVenueText();
  const language = useLanguage();
  const { bureau, instructor, supervisor, enterprise } = useRoles();
  const [dialog, setDialog] = useState<'plan' | 'enrol' | null>(null);
  const move = useAct('POST /sessions/:sessionId/state');
  const { sessionId, courseId, courseTitle, number, topic, state, capacity } = venue;
  const over = state === 'ended' || state === 'archived';
  const begun = state === 'live' || over;
  const runs = bureau || instructor;
  const mayEnrol = capacity !== null && (bureau ? !over && state !== 'draft' : enterprise && venue.open);
  return (
    <>
      <PageHead
        title={t('title', { number, topic })}
        mark={<StateMark state={state} />}
        back={{ to: `/console/courses/${courseId}`, label: courseTitle }}
      >
        {capacity !== null && runs && (
          <LinkButton to={`/console/sessions/${sessionId}/poster`}>{t('poster')}</LinkButton>
        )}
        {capacity !== null && runs && <LinkButton to={`/console/sessions/${sessionId}/door`}>{t('door')}</LinkButton>}
        {bureau && !over && <Button onClick={() => setDialog('plan')}>{t('plan')}</Button>}
        {bureau && venue.mode === 'offline' && state === 'scheduled' && (
          <ConfirmButton
            question={t('beginSure')}
            verb={t('begin')}
            busy={move.isPending}
            onConfirm={() => move.mutate({ params: { sessionId }, body: { to: 'live' } })}
          />
        )}
        {bureau && venue.mode === 'offline' && state === 'live' && (
          <ConfirmButton
            question={t('endSure')}
            verb={t('end')}
            busy={move.isPending}
            onConfirm={() => move.mutate({ params: { sessionId }, body: { to: 'ended' } })}
          />
        )}
        {mayEnrol && (
          <Button type="primary" onClick={() => setDialog('enrol')}>
            {t('enrol')}
          </Button>
        )}
      </PageHead>
      <section className="section">
        <p className="section__lead muted numbers">
          {t('where', {
            when: formatDateTime(venue.startsAt, language),
            venue: venue.venue || t('noPlace'),
          })}
        </p>
        {capacity === null ? (
          <Notice>{t(bureau ? 'planHint' : 'notPlanned')}</Notice>
        ) : (
          <>
            <p>
              <Mark tone={venue.open ? 'green' : 'plain'}>{t(venue.open ? 'isOpen' : 'closed')}</Mark>{' '}
              <span className="muted numbers">
                {t('until', { when: formatDateTime(venue.enrolUntil ?? venue.startsAt, language) })}
              </span>
            </p>
            <div className="figures">
              <Figure name={t('capacity')} value={formatCount(capacity)} />
              <Figure name={t('enrolled')} value={formatCount(venue.enrolled)} />
              <Figure name={t('waiting')} value={formatCount(venue.waiting)} />
              {!runs && !supervisor && (
                <>
                  <Figure name={t('ownEnrolled')} value={formatCount(venue.ownEnrolled)} />
                  <Figure name={t('ownWaiting')} value={formatCount(venue.ownWaiting)} />
                </>
              )}
              {runs && <Figure name={t('signedIn')} value={formatCount(venue.signedIn)} />}
              {runs && <Figure name={t('present')} value={formatCount(venue.present)} />}
            </div>
          </>
        )}
      </section>
      {capacity !== null && (
        <>
          <Enrolments venue={venue} mayWithdraw={mayEnrol} />
          {(begun || runs) && <Visits venue={venue} bySelf={bureau && state !== 'archived'} />}
        </>
      )}
      {dialog === 'plan' && <PlanForm venue={venue} onClose={() => setDialog(null)} />}
      {dialog === 'enrol' && <EnrolForm venue={venue} all={bureau} onClose={() => setDialog(null)} />}
    </>
  );
}
