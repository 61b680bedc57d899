import './screen.css';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { call } from '#client/api.ts';
import { formatTime } from '#client/format.ts';
import { homeOf, useMe } from '#client/session.ts';
import { Button } from '#client/ui/button.tsx';
import { Field } from '#client/ui/field.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { Tabs } from '#client/ui/tabs.tsx';
import type { Result } from '#contract/api.ts';
import { Files } from './files.tsx';
import { NewcomerForm } from './newcomer-form.tsx';
import { useScreenText } from './text.ts';

const REFRESH_MS = 5_000;

type Person = Result<'GET /screens/:screenId/people'>[number];

/** The convenor's own phone: signing in those without one, and who is here. */
export default function Convenor() {
  const t = useScreenText();
  const me = useMe();
  const { screenId = '' } = useParams();
  const params = { screenId };
  const screen = useQuery({
    queryKey: ['screen', screenId],
    queryFn: () => call('GET /screens/:screenId', { params }),
    refetchInterval: REFRESH_MS,
  });
  const people = useQuery({
    queryKey: ['screen', screenId, 'people'],
    queryFn: () => call('GET /screens/:screenId/people', { params }),
    refetchInterval: REFRESH_MS,
  });
  const shown = screen.data?.screen;
  if (!shown) {
    return (
      <Page title={t('list')} narrow>
        {screen.isError ? (
          <Failure what={t('refused')} error={screen.error} retry={() => screen.refetch()} />
        ) : (
          <Waiting />
        )}
      </Page>
    );
  }
  return (
    <Page title={t('list')} home={me ? homeOf(me) : '/'} narrow>
      <h1 className="signing__title">{shown.room || t('screen')}</h1>
      <p className="signing__hint">
        {shown.unitName} · <Link to={`/screen/${screenId}`}>{t('screen')}</Link>
      </p>
      <dl className="signing__counts numbers">
        <div>
          <dt>{t('declared')}</dt>
          <dd>{shown.declaredHeads ?? '–'}</dd>
        </div>
        <div>
          <dt>{t('signedIn')}</dt>
          <dd>{shown.signedIn}</dd>
        </div>
        <div>
          <dt>{t('present')}</dt>
          <dd>{shown.present}</dd>
        </div>
      </dl>
      <Tabs
        lazy
        label={t('list')}
        tabs={[
          { key: 'roster', title: t('roster'), panel: <Roster screenId={screenId} closed={shown.closedAt !== null} /> },
          {
            key: 'here',
            title: `${t('isPresent')} ${shown.signedIn}`,
            panel: people.data ? (
              <Here screenId={screenId} people={people.data} />
            ) : people.isError ? (
              <Failure what={t('loadFailed')} error={people.error} retry={() => people.refetch()} />
            ) : (
              <Waiting />
            ),
          },
          { key: 'files', title: t('files'), panel: <Files screenId={screenId} /> },
        ]}
      />
    </Page>
  );
}

function useSigning(screenId: string) {
  const queries = useQueryClient();
  const onSuccess = () => queries.invalidateQueries({ queryKey: ['screen', screenId] });
  const params = { screenId };
  const signIn = useMutation({
    mutationFn: (body: { personId: string } | { name: string; phone: string }) =>
      call('POST /screens/:screenId/sign-ins', { params, body }),
    onSuccess,
  });
  const signOut = useMutation({
    mutationFn: (personId: string) => call('POST /screens/:screenId/sign-outs', { params, body: { personId } }),
    onSuccess,
  });
  return { signIn, signOut };
}

function Roster({ screenId, closed }: { screenId: string; closed: boolean }) {
  const t = useScreenText();
  const [q, setQ] = useState('');
  const [adding, setAdding] = useState(false);
  const roster = useQuery({
    queryKey: ['screen', screenId, 'roster', q.trim()],
    queryFn: () =>
      call('GET /screens/:screenId/roster', { params: { screenId }, query: q.trim() ? { q: q.trim() } : {} }),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });
  const { signIn, signOut } = useSigning(screenId);
  const busyWith = signIn.isPending && 'personId' in signIn.variables ? signIn.variables.personId : null;
  const leaving = signOut.isPending ? signOut.variables : null;
  const found = roster.data ?? [];
  return (
    <section className="signing__block">
      <p className="signing__hint">{t('rosterHint')}</p>
      <Field label={t('search')} type="search" value={q} onChange={(event) => setQ(event.target.value)} />
      {roster.isError && <Failure what={t('loadFailed')} error={roster.error} retry={() => roster.refetch()} />}
      {signIn.isError && <Failure what={t('signInFailed')} error={signIn.error} />}
      {signOut.isError && <Failure what={t('signOutFailed')} error={signOut.error} />}
      <ul className="signing__list">
        {found.map((each) => (
          <li key={each.personId} className="signing__row">
            <span className="signing__who">
              <strong>{each.name}</strong>
              <span className="signing__facts numbers">{each.phoneMasked}</span>
            </span>
            {each.present ? (
              <>
                <span className="signing__present">✓ {t('isPresent')}</span>
                <Button
                  look="quiet"
                  busy={leaving === each.personId}
                  aria-label={`${t('signOut')} ${each.name}`}
                  onClick={() => signOut.mutate(each.personId)}
                >
                  {t('signOut')}
                </Button>
              </>
            ) : (
              <Button
                look="primary"
                disabled={closed}
                busy={busyWith === each.personId}
                aria-label={`${t('signIn')} ${each.name}`}
                onClick={() => signIn.mutate({ personId: each.personId })}
              >
                {t('signIn')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {roster.data && found.length === 0 && (
        <p className="signing__none">{q.trim() ? t('noneFound', { q: q.trim() }) : t('emptyRoster')}</p>
      )}
      {adding ? (
        <NewcomerForm
          busy={signIn.isPending}
          onGiven={(who) => signIn.mutate(who, { onSuccess: () => setAdding(false) })}
        />
      ) : (
        <Button wide disabled={closed} onClick={() => setAdding(true)}>
          {t('notListed')}
        </Button>
      )}
    </section>
  );
}

function Here({ screenId, people }: { screenId: string; people: Person[] }) {
  const t = useScreenText();
  const { signOut } = useSigning(screenId);
  return (
    <section className="signing__block">
      {signOut.isError && <Failure what={t('signOutFailed')} error={signOut.error} />}
      {people.length === 0 && <p className="signing__none">{t('nobody')}</p>}
      <ul className="signing__list">
        {people.map((each) => (
          <li key={`${each.personId} ${each.signedInAt}`} className="signing__row">
            <span className="signing__who">
              <strong>{each.name}</strong>
              <span className="signing__facts numbers">{factsOf(each, t)}</span>
              {each.phoneSigned > 1 && (
                <span className="signing__shared">⚠ {t('shared', { count: each.phoneSigned })}</span>
              )}
            </span>
            {each.signedOutAt === null && (
              <Button
                look="quiet"
                busy={signOut.isPending && signOut.variables === each.personId}
                aria-label={`${t('signOut')} ${each.name}`}
                onClick={() => signOut.mutate(each.personId)}
              >
                {t('signOut')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function factsOf(person: Person, t: ReturnType<typeof useScreenText>): string {
  const facts = [t('at', { time: formatTime(person.signedInAt) })];
  if (person.signedOutAt) facts.push(t('left', { time: formatTime(person.signedOutAt) }));
  if (person.way === 'convenor') facts.push(t('byHand'));
  if (person.added) facts.push(t('added'));
  return facts.join(' · ');
}
