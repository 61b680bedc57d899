import './verify.css';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { call } from '#client/api.ts';
import { formatCount, formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { Result } from '#contract/api.ts';
import { useVerifyText } from './text.ts';

/** Where the code on an export leads: whether the record still is what the export was made from. For anybody. */
export default function VerifyPage() {
  const t = useVerifyText();
  const { sessionId = '', code = '' } = useParams();
  const seal = useQuery({
    queryKey: ['seal', sessionId, code],
    queryFn: () => call('GET /seals/:sessionId/:code', { params: { sessionId, code } }),
  });
  return (
    <Page title={t('title')} narrow>
      <h1 className="verify__title">{t('title')}</h1>
      {seal.data ? (
        <Verdict seal={seal.data} code={code} />
      ) : seal.isError ? (
        <Failure what={t('failed')} error={seal.error} retry={() => seal.refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

function Verdict({ seal, code }: { seal: Result<'GET /seals/:sessionId/:code'>; code: string }) {
  const t = useVerifyText();
  const language = useLanguage();
  const at = (instant: string | null) => (instant ? formatDateTime(instant, language) : '–');
  if (seal.state === 'unknown') {
    return (
      <Notice kind="warning" title={t('unknown')}>
        {t('unknownHint')}
      </Notice>
    );
  }
  return (
    <>
      {seal.state === 'current' ? (
        <Notice kind="info" title={`✓ ${t('current')}`}>
          {t('currentHint')}
        </Notice>
      ) : (
        <Notice kind="warning" title={t('grown', { count: formatCount(seal.later ?? 0) })}>
          {t('grownHint', { corrections: formatCount(seal.laterCorrections ?? 0) })}
        </Notice>
      )}
      <dl className="verify__facts numbers">
        <dt>{t('course')}</dt>
        <dd>
          {seal.courseTitle} · {t('session', { number: seal.number ?? 0 })}
        </dd>
        <dt>{t('startedAt')}</dt>
        <dd>{at(seal.startedAt)}</dd>
        <dt>{t('entries')}</dt>
        <dd>{t('count', { count: formatCount(seal.entries ?? 0) })}</dd>
        <dt>{t('sealedAt')}</dt>
        <dd>{at(seal.sealedAt)}</dd>
        <dt>{t('lastAt')}</dt>
        <dd>{at(seal.lastAt)}</dd>
        <dt>{t('digest')}</dt>
        <dd className="verify__digest">{code.slice(code.indexOf('-') + 1)}</dd>
      </dl>
      <p className="verify__note">{t('noPeople')}</p>
    </>
  );
}
