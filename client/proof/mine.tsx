import './proof.css';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { call, urlOf } from '#client/api.ts';
import { formatDateTime, formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { ButtonLink } from '#client/ui/button.tsx';
import { Empty } from '#client/ui/empty.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { MyProof } from '#contract/proofs.ts';
import { useProofText } from './text.ts';

/** A learner's own proofs of training. */
export default function MyProofsPage() {
  const t = useProofText();
  const proofs = useQuery({ queryKey: ['my-proofs'], queryFn: () => call('GET /my/proofs') });
  return (
    <Page title={t('mineTitle')} home="/learn" end={<Link to="/learn">{t('back')}</Link>}>
      <h1 className="proof__title">{t('mineTitle')}</h1>
      <p className="proof__note">{t('notCertificate')}</p>
      {proofs.data ? (
        <Cards proofs={proofs.data} />
      ) : proofs.isError ? (
        <Failure what={t('mineFailed')} error={proofs.error} retry={() => proofs.refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

function Cards({ proofs }: { proofs: MyProof[] }) {
  const t = useProofText();
  if (proofs.length === 0) return <Empty title={t('none')} hint={t('noneHint')} />;
  return (
    <>
      <ul className="proof__cards">
        {proofs.map((proof) => (
          <li key={proof.id}>
            <Card proof={proof} />
          </li>
        ))}
      </ul>
      {/MicroMessenger/i.test(navigator.userAgent) && <p className="proof__note">{t('weChat')}</p>}
    </>
  );
}

function Card({ proof }: { proof: MyProof }) {
  const t = useProofText();
  const language = useLanguage();
  return (
    <article className="proof__card">
      <h2 className="proof__course">
        {proof.courseTitle} · {t('session', { number: proof.sessionNumber, topic: proof.topic })}
      </h2>
      <p className="proof__line numbers">
        {formatDateTime(proof.startedAt, language)} · {t('credited')}{' '}
        {formatLength(proof.creditedSeconds * 1_000, language)}
      </p>
      <p className="proof__line numbers">
        {t('number')} {proof.number} ·{' '}
        {proof.withdrawnAt ? (
          <span className="proof__withdrawn">
            ✕ {t('isWithdrawn')}
            {proof.withdrawal && `：${t(proof.withdrawal)}`}
          </span>
        ) : (
          <span className="proof__valid">✓ {t('isValid')}</span>
        )}
      </p>
      <p className="proof__acts">
        {!proof.withdrawnAt && (
          <a className="button button--primary" href={urlOf('GET /my/proofs/:number', { number: proof.number })}>
            {t('download')}
          </a>
        )}
        <ButtonLink to={`/proof/${proof.number}`}>{t('openCheck')}</ButtonLink>
      </p>
    </article>
  );
}
