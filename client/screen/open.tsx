import './screen.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate, useParams } from 'react-router';
import { ApiError, call } from '#client/api.ts';
import { homeOf, useMe } from '#client/session.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Field } from '#client/ui/field.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { useScreenText } from './text.ts';

/** Opens a class on the screen of a meeting room. */
export default function OpenScreen() {
  const t = useScreenText();
  const me = useMe();
  const navigate = useNavigate();
  const { sessionId = '' } = useParams();
  const [room, setRoom] = useState('');
  const [heads, setHeads] = useState('');
  const screens = useQuery({
    queryKey: ['screens', sessionId],
    queryFn: () => call('GET /sessions/:sessionId/screens', { params: { sessionId } }),
  });
  const open = useMutation({
    mutationFn: () =>
      call('POST /sessions/:sessionId/screens', {
        params: { sessionId },
        body: { room, declaredHeads: heads === '' ? null : Number(heads) },
      }),
    onSuccess: ({ id }) => navigate(`/screen/${id}`),
  });
  const running = (screens.data ?? []).filter(({ closedAt }) => closedAt === null);

  function submit(event: FormEvent) {
    event.preventDefault();
    open.mutate();
  }

  return (
    <Page title={t('open')} home={me ? homeOf(me) : '/'} narrow>
      <h1 className="signing__title">{t('open')}</h1>
      <p className="signing__hint">{t('openHint')}</p>
      {screens.isError && <Failure what={t('loadFailed')} error={screens.error} retry={() => screens.refetch()} />}
      {running.length > 0 && (
        <section className="signing__block">
          <h2 className="signing__heading">{t('running')}</h2>
          <ul className="signing__list">
            {running.map((screen) => (
              <li key={screen.id} className="signing__row">
                <span className="signing__who">
                  <strong>{screen.room || t('screen')}</strong>
                  <span className="signing__facts numbers">
                    {t('declared')} {screen.declaredHeads ?? '–'} · {t('signedIn')} {screen.signedIn}
                  </span>
                </span>
                <ButtonLink look="primary" to={`/screen/${screen.id}`}>
                  {t('goOn')}
                </ButtonLink>
              </li>
            ))}
          </ul>
        </section>
      )}
      <form className="signing__block" onSubmit={submit}>
        {running.length > 0 && <h2 className="signing__heading">{t('newOne')}</h2>}
        <Field
          label={t('room')}
          hint={t('roomHint')}
          maxLength={40}
          value={room}
          onChange={(event) => setRoom(event.target.value)}
        />
        <Field
          label={t('heads')}
          hint={t('headsHint')}
          inputMode="numeric"
          value={heads}
          onChange={(event) => setHeads(event.target.value.replace(/\D/g, '').slice(0, 4))}
        />
        {open.isError && <Failure what={t('openFailed')} error={open.error} />}
        <Button
          className="signing__submit"
          look={running.length > 0 ? 'plain' : 'primary'}
          type="submit"
          wide
          busy={open.isPending}
        >
          {t('start')}
        </Button>
      </form>
      {open.error instanceof ApiError && open.error.code === 'session-not-open' && (
        <ButtonLink wide to="/learn">
          {t('toList')}
        </ButtonLink>
      )}
    </Page>
  );
}
