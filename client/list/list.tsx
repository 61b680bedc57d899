import './list.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect } from 'react';
import { Link } from 'react-router';
import { keepSendingLeftovers } from '#client/room/leftovers.ts';
import { preloadRoom } from '#client/room/load.ts';
import { type Me, signOut, useMe } from '#client/session.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Empty } from '#client/ui/empty.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { useUiText } from '#client/ui/text.ts';
import type { MySession } from '#contract/courses.ts';
import { FinishedSession, LiveSession, UpcomingSession } from './session-card.tsx';
import { mySessionsQuery } from './sessions-query.ts';
import { useListText } from './text.ts';

/** While the page is open a class may begin. */
const REFRESH_MS = 30_000;

export default function List() {
  const t = useListText();
  const ui = useUiText();
  const me = useMe();
  const leave = useMutation({ mutationFn: signOut });
  useEffect(() => keepSendingLeftovers(null), []);
  if (!me) return null;
  return (
    <Page
      title={t('title')}
      home="/learn"
      end={
        <Button look="quiet" busy={leave.isPending} onClick={() => leave.mutate()}>
          {ui('signOut')}
        </Button>
      }
    >
      <header className="who">
        <h1 className="who__name">{me.name}</h1>
        <p className="who__unit">{me.unitName}</p>
      </header>
      <Standing me={me} />
      {me.personId ? <Sessions /> : <NoPerson />}
      <p className="list__help">
        {me.personId && (
          <>
            <Link to="/hours">{t('myHours')}</Link>
            <span aria-hidden="true"> · </span>
            <Link to="/proofs">{t('proofs')}</Link>
            <span aria-hidden="true"> · </span>
            <Link to="/my-data">{t('myData')}</Link>
            <span aria-hidden="true"> · </span>
          </>
        )}
        <Link to="/check">{t('checkNetwork')}</Link>
      </p>
    </Page>
  );
}

function Standing({ me }: { me: Me }) {
  const t = useListText();
  if (me.verification === 'unverified') {
    return (
      <Notice kind="warning" title={t('unverified')}>
        {t('unverifiedHint')}
      </Notice>
    );
  }
  if (me.verification === 'refused') {
    return (
      <Notice kind="error" title={t('refused')}>
        {t('refusedHint')}
      </Notice>
    );
  }
  return null;
}

function NoPerson() {
  const t = useListText();
  return (
    <Empty
      title={t('noPerson')}
      hint={t('noPersonHint')}
      action={
        <ButtonLink look="primary" to="/console">
          {t('console')}
        </ButtonLink>
      }
    />
  );
}

function Sessions() {
  const t = useListText();
  const sessions = useQuery({ ...mySessionsQuery, refetchInterval: REFRESH_MS });
  const anyLive = sessions.data?.some(({ session }) => session.state === 'live') ?? false;
  // The room's program comes while its button is being found.
  useEffect(() => {
    if (anyLive) preloadRoom();
  }, [anyLive]);

  if (sessions.isPending) return <Waiting />;
  if (sessions.isError && !sessions.data) {
    return <Failure what={t('loadFailed')} error={sessions.error} retry={() => sessions.refetch()} />;
  }
  const { live, upcoming, finished } = grouped(sessions.data ?? []);
  if (live.length + upcoming.length + finished.length === 0) return <Empty title={t('none')} hint={t('noneHint')} />;
  return (
    <>
      <Group title={t('live')} mine={live} Card={LiveSession} />
      <Group title={t('upcoming')} mine={upcoming} Card={UpcomingSession} />
      <Group title={t('finished')} mine={finished} Card={FinishedSession} />
    </>
  );
}

function Group({
  title,
  mine,
  Card,
}: {
  title: string;
  mine: MySession[];
  Card: (props: { mine: MySession }) => React.ReactNode;
}) {
  if (mine.length === 0) return null;
  return (
    <section className="group">
      <h2 className="group__title">{title}</h2>
      <ul className="group__cards">
        {mine.map((each) => (
          <li key={each.session.id}>
            <Card mine={each} />
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Soonest first of what comes, latest first of what was. */
function grouped(all: MySession[]) {
  const byStart = [...all].sort((a, b) => Date.parse(a.session.startsAt) - Date.parse(b.session.startsAt));
  return {
    live: byStart.filter(({ session }) => session.state === 'live'),
    upcoming: byStart.filter(({ session }) => session.state === 'scheduled'),
    finished: byStart.filter(({ session }) => session.state === 'ended' || session.state === 'archived').reverse(),
  };
}
