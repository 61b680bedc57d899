import './my-data.css';
import { useMutation } from '@tanstack/react-query';
import { Link } from 'react-router';
import { urlOf } from '#client/api.ts';
import { queryClient } from '#client/query-client.ts';
import { meQuery, useMe } from '#client/session.ts';
import { Button } from '#client/ui/button.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { useMyDataText } from './text.ts';

/** 我的个人信息: what is kept of a person, and what they may ask for. */
export default function MyDataPage() {
  const t = useMyDataText();
  const me = useMe();
  return (
    <Page title={t('title')} home="/learn" end={<Link to="/learn">{t('back')}</Link>}>
      <h1 className="my-data__title">{t('title')}</h1>
      <p className="my-data__lead">{t('lead')}</p>
      <section className="my-data__part">
        <h2>{t('kept')}</h2>
        <ul>
          <li>{t('kept1')}</li>
          <li>{t('kept2')}</li>
          <li>{t('kept3')}</li>
        </ul>
      </section>
      {me?.personId && <Copy personId={me.personId} />}
      <section className="my-data__part">
        <h2>{t('correct')}</h2>
        <p>{t('correctHint')}</p>
      </section>
      <section className="my-data__part">
        <h2>{t('erase')}</h2>
        <p>{t('eraseHint')}</p>
        <p>{t('eraseKept')}</p>
        <p>{t('periods')}</p>
      </section>
    </Page>
  );
}

function Copy({ personId }: { personId: string }) {
  const t = useMyDataText();
  const download = useMutation({
    mutationFn: async () => {
      // The browser fetches the file by itself: a login that has run out meanwhile is renewed before.
      const me = await queryClient.fetchQuery({ ...meQuery, staleTime: 0 });
      if (me) location.assign(urlOf('GET /people/:personId/data', { personId }));
    },
  });
  return (
    <section className="my-data__part">
      <h2>{t('copy')}</h2>
      <p>{t('copyHint')}</p>
      <Button look="primary" busy={download.isPending} onClick={() => download.mutate()}>
        {t('download')}
      </Button>
      {download.isSuccess && <Notice kind="success">{t('started')}</Notice>}
      {download.isError && <Failure what={t('failed')} error={download.error} />}
      {/MicroMessenger/i.test(navigator.userAgent) && <p>{t('weChat')}</p>}
    </section>
  );
}
