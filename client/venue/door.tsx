import './door.css';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useParams } from 'react-router';
import { call } from '#client/api.ts';
import { deviceId } from '#client/device.ts';
import { formatDateTime, formatTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Button } from '#client/ui/button.tsx';
import { CodeForm } from '#client/ui/code-form.tsx';
import { FindPerson } from '#client/ui/find-person.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { Result } from '#contract/api.ts';
import type { DoorPerson, DoorSign } from '#contract/venues.ts';
import { useDoorText } from './text.ts';

type Scan = Result<'POST /door/scans'>;

/** What the code at a venue's door, or its poster, opens on somebody's phone. */
export default function DoorPage() {
  const t = useDoorText();
  const { door = '', code } = useParams();
  const scan = useMutation({
    mutationFn: (body: { door: string; code: string }) => call('POST /door/scans', { body }),
  });
  const { mutate } = scan;
  // The code is as old as this page: it is checked before anything is asked.
  useEffect(() => {
    if (door && code) mutate({ door, code });
  }, [door, code, mutate]);
  return (
    <Page title={t('title')} narrow>
      {scan.data ? (
        <Opened key={scan.data.ticket} scan={scan.data} />
      ) : (
        <>
          <h1 className="door__title">{t('title')}</h1>
          {scan.isPending || (code && scan.isIdle) ? (
            <Waiting />
          ) : (
            <>
              {scan.isError && <Failure what={t('failed')} error={scan.error} />}
              <CodeForm
                place={door}
                words={{
                  hint: t('type'),
                  place: t('door'),
                  placeHint: t('doorHint'),
                  code: t('digits'),
                  badCode: t('badDigits'),
                  next: t('next'),
                }}
                onTyped={(typed, code) => mutate({ door: typed, code })}
              />
            </>
          )}
        </>
      )}
    </Page>
  );
}

function Opened({ scan }: { scan: Scan }) {
  const t = useDoorText();
  const language = useLanguage();
  const [person, setPerson] = useState<DoorPerson | null>(scan.me);
  const sign = useMutation({
    mutationFn: ({ personId, how }: { personId: string; how: DoorSign }) =>
      call('POST /door/signs', { body: { ticket: scan.ticket, personId, deviceId: deviceId(), sign: how } }),
  });
  const when = formatDateTime(scan.startsAt, language);
  return (
    <>
      <p className="door__course">
        {scan.courseTitle} · {t('number', { number: scan.number })}
      </p>
      <h1 className="door__title">{scan.topic}</h1>
      <p className="door__course numbers">{scan.venue ? t('when', { when, venue: scan.venue }) : when}</p>
      {sign.data && sign.variables ? (
        <Done signed={sign.data} how={sign.variables.how} />
      ) : person ? (
        <section className="door__block">
          {sign.isError && <Failure what={t('signFailed')} error={sign.error} />}
          <Signing
            person={person}
            busy={sign.isPending}
            onSign={(how) => sign.mutate({ personId: person.personId, how })}
            onAnother={() => {
              sign.reset();
              setPerson(null);
            }}
          />
        </section>
      ) : (
        <Find ticket={scan.ticket} onChosen={setPerson} />
      )}
    </>
  );
}

function Done({ signed, how }: { signed: Result<'POST /door/signs'>; how: DoorSign }) {
  const t = useDoorText();
  const words = { name: signed.name, time: formatTime(signed.at) };
  const title =
    how === 'in'
      ? t(signed.again ? 'againIn' : 'didIn', words)
      : how === 'out'
        ? t(signed.again ? 'againOut' : 'didOut', words)
        : t('didHere', words);
  return (
    <div className="door__block">
      <Notice kind="success" title={title}>
        {t(how === 'out' ? 'outHint' : 'inHint')}
      </Notice>
    </div>
  );
}

function Signing({
  person,
  busy,
  onSign,
  onAnother,
}: {
  person: DoorPerson;
  busy: boolean;
  onSign: (how: DoorSign) => void;
  onAnother: () => void;
}) {
  const t = useDoorText();
  const { name, unitName, present } = person;
  return (
    <>
      <h2>{present ? t('presentOf', { name }) : t('inOf', { name })}</h2>
      <p className="door__hint">{unitName}</p>
      {present ? (
        <>
          <Button className="door__submit" look="primary" wide busy={busy} onClick={() => onSign('out')}>
            {t('out')}
          </Button>
          <Button className="door__submit" wide disabled={busy} onClick={() => onSign('here')}>
            {t('here')}
          </Button>
          <p className="door__hint">{t('hereHint')}</p>
        </>
      ) : (
        <Button className="door__submit" look="primary" wide busy={busy} onClick={() => onSign('in')}>
          {t('in')}
        </Button>
      )}
      <Button className="door__submit" look="quiet" wide disabled={busy} onClick={onAnother}>
        {t('another')}
      </Button>
    </>
  );
}

function Find({ ticket, onChosen }: { ticket: string; onChosen: (person: DoorPerson) => void }) {
  const t = useDoorText();
  return (
    <section className="door__block">
      <h2>{t('who')}</h2>
      <p className="door__hint">{t('whoHint')}</p>
      <FindPerson
        words={{
          search: t('search'),
          find: t('find'),
          failed: t('findFailed'),
          none: (q) => t('none', { q }),
          choose: (name) => t('choose', { name }),
        }}
        find={(q) => call('POST /door/people', { body: { ticket, q } })}
        facts={({ unitName, present }) => (
          <>
            {unitName}
            {present && <> · {t('isPresent')}</>}
          </>
        )}
        onChosen={onChosen}
      />
    </section>
  );
}
