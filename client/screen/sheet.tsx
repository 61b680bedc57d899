import './sheet.css';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { call } from '#client/api.ts';
import { formatDateTime, formatTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page, useTitle } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import { useScreenText } from './text.ts';

/** For people who come after it was printed. */
const EMPTY_ROWS = 6;

/** 签到表: everybody who signed in by name, to be printed and signed by hand. */
export default function SheetPage() {
  const t = useScreenText();
  const { screenId = '' } = useParams();
  useTitle(t('sheet'));
  const sheet = useQuery({
    queryKey: ['screen', screenId, 'sheet'],
    queryFn: async () => {
      const params = { screenId };
      const [{ screen }, people] = await Promise.all([
        call('GET /screens/:screenId', { params }),
        call('GET /screens/:screenId/people', { params }),
      ]);
      const session = await call('GET /sessions/:sessionId', { params: { sessionId: screen.sessionId } });
      return { screen, people: people.reverse(), session };
    },
    staleTime: 0,
  });
  if (!sheet.data) {
    if (!sheet.isError) return <Waiting />;
    return (
      <Page title={t('sheet')} narrow>
        <Failure what={t('refused')} error={sheet.error} retry={() => sheet.refetch()} />
      </Page>
    );
  }
  return <Sheet {...sheet.data} />;
}

type Sheeted = {
  screen: Awaited<ReturnType<typeof call<'GET /screens/:screenId'>>>['screen'];
  people: Awaited<ReturnType<typeof call<'GET /screens/:screenId/people'>>>;
  session: Awaited<ReturnType<typeof call<'GET /sessions/:sessionId'>>>;
};

function Sheet({ screen, people, session }: Sheeted) {
  const t = useScreenText();
  const language = useLanguage();
  return (
    <div className="sheet-page">
      <header className="sheet-bar">
        <ButtonLink to={`/screen/${screen.id}/people`}>{t('list')}</ButtonLink>
        <Button look="primary" onClick={() => window.print()}>
          {t('print')}
        </Button>
      </header>
      <main className="sheet numbers">
        <h1>{t('sheet')}</h1>
        <dl className="sheet__facts">
          <dt>{t('sheetUnit')}</dt>
          <dd>{[screen.unitName, screen.room].filter(Boolean).join(' · ')}</dd>
          <dt>{t('sheetClass')}</dt>
          <dd>
            {session.courseTitle} {t('number', { number: session.number })} {session.topic}
          </dd>
          <dt>{t('sheetTime')}</dt>
          <dd>{formatDateTime(session.startedAt ?? session.startsAt, language)}</dd>
          <dt>{t('heads')}</dt>
          <dd>{screen.declaredHeads ?? t('headsUnknown')}</dd>
          <dt>{t('signedIn')}</dt>
          <dd>{screen.signedIn}</dd>
        </dl>
        <table>
          <thead>
            <tr>
              <th className="sheet__number">{t('sheetNumber')}</th>
              <th>{t('name')}</th>
              <th>{t('sheetIn')}</th>
              <th>{t('sheetOut')}</th>
              <th>{t('sheetWay')}</th>
              <th className="sheet__signature">{t('sheetSignature')}</th>
            </tr>
          </thead>
          <tbody>
            {people.map((each, n) => (
              <tr key={`${each.personId} ${each.signedInAt}`}>
                <td className="sheet__number">{n + 1}</td>
                <td className="sheet__name">{each.name}</td>
                <td>{formatTime(each.signedInAt)}</td>
                <td>{each.signedOutAt ? formatTime(each.signedOutAt) : ''}</td>
                <td>
                  {[t(each.way === 'convenor' ? 'byHand' : 'byScan'), each.added ? t('added') : '']
                    .filter(Boolean)
                    .join('，')}
                </td>
                <td />
              </tr>
            ))}
            {Array.from({ length: EMPTY_ROWS }, (_, n) => people.length + n + 1).map((number) => (
              <tr key={number}>
                <td className="sheet__number">{number}</td>
                <td />
                <td />
                <td />
                <td />
                <td />
              </tr>
            ))}
          </tbody>
        </table>
        <p className="sheet__foot">
          <span>{t('sheetConvenor')}</span>
          <span>{t('sheetDate')}</span>
        </p>
      </main>
    </div>
  );
}
