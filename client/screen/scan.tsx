import './screen.css';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useParams } from 'react-router';
import { ApiError, call } from '#client/api.ts';
import { deviceId } from '#client/device.ts';
import { formatTime } from '#client/format.ts';
import { Button } from '#client/ui/button.tsx';
import { CodeForm } from '#client/ui/code-form.tsx';
import { FindPerson } from '#client/ui/find-person.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { Result } from '#contract/api.ts';
import { NewcomerForm } from './newcomer-form.tsx';
import { forgetSigned, rememberSigned, signedHere } from './signed-here.ts';
import { useScreenText } from './text.ts';

type Scan = Result<'POST /scans'>;
type Who = { personId: string } | { name: string; phone: string };

/** What the code on a shared screen opens, on the phone of whoever signs in. */
export default function ScanPage() {
  const t = useScreenText();
  const { shortCode = '', code } = useParams();
  const scan = useMutation({
    mutationFn: (body: { screen: string; code: string }) => call('POST /scans', { body }),
  });
  const { mutate } = scan;
  // The code is as old as this page: it is checked before anything is asked.
  useEffect(() => {
    if (shortCode && code) mutate({ screen: shortCode, code });
  }, [shortCode, code, mutate]);
  const screen = scan.variables?.screen ?? shortCode;
  return (
    <Page title={t('scanTitle')} narrow>
      {scan.data ? (
        <Opened key={scan.data.ticket} scan={scan.data} screen={screen.toUpperCase()} />
      ) : (
        <>
          <h1 className="signing__title">{t('scanTitle')}</h1>
          {scan.isPending || (code && scan.isIdle) ? (
            <Waiting />
          ) : (
            <>
              {scan.isError && <Failure what={t('scanFailed')} error={scan.error} />}
              <CodeForm
                place={shortCode}
                words={{
                  hint: t('typeCode'),
                  place: t('screenCode'),
                  placeHint: t('screenCodeHint'),
                  code: t('code'),
                  badCode: t('badCode'),
                  next: t('next'),
                }}
                onTyped={(screen, code) => mutate({ screen, code })}
              />
            </>
          )}
        </>
      )}
    </Page>
  );
}

function Opened({ scan, screen }: { scan: Scan; screen: string }) {
  const t = useScreenText();
  const [before, setBefore] = useState(() => signedHere(screen));
  const signIn = useMutation({
    mutationFn: (who: Who) => call('POST /scans/sign-in', { body: { ticket: scan.ticket, deviceId: deviceId(), who } }),
    onSuccess: ({ name }, who) => {
      if ('personId' in who) rememberSigned(screen, { personId: who.personId, name });
    },
  });
  const signOut = useMutation({
    mutationFn: (personId: string) => call('POST /scans/sign-out', { body: { ticket: scan.ticket, personId } }),
    onSuccess: () => forgetSigned(screen),
    onError: (error) => {
      // By the convenor, or at another phone.
      if (error instanceof ApiError && error.code === 'not-signed-in-here') forgetSigned(screen);
    },
  });
  return (
    <>
      <p className="signing__course">
        {scan.unitName}
        {scan.room && <> · {scan.room}</>}
      </p>
      <h1 className="signing__title">
        {t('number', { number: scan.number })} {scan.topic}
      </h1>
      {signIn.data ? (
        <Notice
          kind="success"
          title={`${t(signIn.data.again ? 'doneAgain' : 'done')} ${signIn.data.name} ${formatTime(signIn.data.at)}`}
        >
          <p>{t('doneHint')}</p>
          <p>{t('doneNext')}</p>
        </Notice>
      ) : signOut.data ? (
        <Notice kind="success" title={`${t('out')} ${signOut.data.name} ${formatTime(signOut.data.at)}`}>
          {t('outHint')}
        </Notice>
      ) : before ? (
        <section className="signing__block">
          <p>{t('youAre', { name: before.name })}</p>
          {signOut.isError && <Failure what={t('signOutFailed')} error={signOut.error} />}
          <Button look="primary" wide busy={signOut.isPending} onClick={() => signOut.mutate(before.personId)}>
            {t('leaveNow', { name: before.name })}
          </Button>
          <Button className="signing__submit" wide onClick={() => setBefore(null)}>
            {t('another')}
          </Button>
        </section>
      ) : (
        <Choose ticket={scan.ticket} busy={signIn.isPending} error={signIn.error} onChosen={signIn.mutate} />
      )}
    </>
  );
}

/** Picks oneself from the roster, or gives name and phone. */
function Choose({
  ticket,
  busy,
  error,
  onChosen,
}: {
  ticket: string;
  busy: boolean;
  error: Error | null;
  onChosen: (who: Who) => void;
}) {
  const t = useScreenText();
  const [adding, setAdding] = useState(false);
  return (
    <section className="signing__block">
      <h2 className="signing__heading">{t('who')}</h2>
      <p className="signing__hint">{t('whoHint')}</p>
      {error && <Failure what={t('signInFailed')} error={error} />}
      {adding ? (
        <>
          <NewcomerForm busy={busy} onGiven={onChosen} />
          <Button className="signing__submit" look="quiet" wide onClick={() => setAdding(false)}>
            {t('backToList')}
          </Button>
        </>
      ) : (
        <>
          <FindPerson
            words={{
              search: t('search'),
              find: t('find'),
              failed: t('loadFailed'),
              none: (q) => t('noneFound', { q }),
              choose: (name) => t('thatsMe', { name }),
            }}
            find={(q) => call('POST /scans/people', { body: { ticket, q } })}
            facts={({ phoneMasked }) => phoneMasked}
            busy={busy}
            onChosen={({ personId }) => onChosen({ personId })}
          />
          <Button wide onClick={() => setAdding(true)}>
            {t('notMe')}
          </Button>
        </>
      )}
    </section>
  );
}
