import './proof.css';
import { useQuery } from '@tanstack/react-query';
import { useParams } from 'react-router';
import { call } from '#client/api.ts';
import { formatDateTime, formatLength } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { Result } from '#contract/api.ts';
import { useProofText } from './text.ts';

type Facts = NonNullable<Result<'GET /proofs/:number'>['proof']>;

/** Where the code on a proof of training leads: whether it is valid. For anybody. */
export default function ProofCheckPage() {
  const t = useProofText();
  const { number = '' } = useParams();
  const check = useQuery({
    queryKey: ['proof', number],
    queryFn: () => call('GET /proofs/:number', { params: { number } }),
  });
  return (
    <Page title={t('checkTitle')} narrow>
      <h1 className="proof__title">{t('checkTitle')}</h1>
      {check.data ? (
        <Verdict check={check.data} />
      ) : check.isError ? (
        <Failure what={t('failed')} error={check.error} retry={() => check.refetch()} />
      ) : (
        <Waiting />
      )}
    </Page>
  );
}

function Verdict({ check: { state, proof } }: { check: Result<'GET /proofs/:number'> }) {
  const t = useProofText();
  if (!proof) {
    return (
      <Notice kind="warning" title={t('unknown')}>
        {t('unknownHint')}
      </Notice>
    );
  }
  return (
    <>
      {state === 'valid' ? (
        <Notice kind="success" title={t('valid')}>
          {t('validHint')}
        </Notice>
      ) : (
        <Notice kind="error" title={t('withdrawn')}>
          {proof.withdrawal && t(proof.withdrawal)}
        </Notice>
      )}
      <FactList proof={proof} />
      <p className="proof__note">{t('notCertificate')}</p>
    </>
  );
}

function FactList({ proof }: { proof: Facts }) {
  const t = useProofText();
  const language = useLanguage();
  const facts: [name: string, value: string][] = [
    [t('number'), proof.number],
    [t('name'), proof.nameMasked],
    [t('unit'), proof.unitName],
    [t('course'), proof.courseTitle],
    ['', t('session', { number: proof.sessionNumber, topic: proof.topic })],
    [t('startedAt'), formatDateTime(proof.startedAt, language)],
    [t('credited'), formatLength(proof.creditedSeconds * 1_000, language)],
    [
      t('hours'),
      proof.classHours === null
        ? t('noHours')
        : t('hoursOf', {
            hours: proof.classHours,
            basis: proof.statutoryBasis ?? '–',
            approver: proof.statutoryApprover ?? '–',
          }),
    ],
    [t('issuer'), proof.issuer || '–'],
    [t('issuedAt'), formatDateTime(proof.issuedAt, language)],
    ...(proof.withdrawnAt
      ? ([[t('withdrawnAt'), formatDateTime(proof.withdrawnAt, language)]] as [string, string][])
      : []),
    [t('digest'), proof.digest],
  ];
  return (
    <dl className="proof__facts numbers">
      {facts.map(([name, value]) => (
        <div key={name + value}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
