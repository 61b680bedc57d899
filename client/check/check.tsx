import './check.css';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link, useLocation, useParams } from 'react-router';
import { call } from '#client/api.ts';
import { copyText } from '#client/clipboard.ts';
import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import { serverNow } from '#client/server-clock.ts';
import { useMe } from '#client/session.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Failure, Notice } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Spinner } from '#client/ui/spinner.tsx';
import { uuid } from '#client/uuid.ts';
import { type NetworkVerdict, verdictOf } from '#contract/network-verdict.ts';
import { NETWORK_REPORTS_KEPT_DAYS } from '#contract/plain.ts';
import { chooseSession } from './class-to-check.ts';
import { type Checked, measure, STEPS, type Step } from './measure.ts';
import { asText, type Row, remarkWords, rowsOf } from './rows.ts';
import { useCheckText } from './text.ts';

/** A check that has ended. */
interface Result extends Checked {
  /** Of the report, so that one that is sent twice is stored once. */
  id: string;
  sessionId: string | null;
  verdict: NetworkVerdict;
  at: number;
}

/** 网络检测: works without a login and without an answer of the server, since those may be what is broken. */
export default function CheckPage() {
  const t = useCheckText();
  const { sessionId = null } = useParams();
  const { step, result, again } = useCheck(sessionId);
  const back = sessionId === null ? '/learn' : `/learn/${sessionId}`;
  return (
    <Page title={t('title')} home="/learn">
      <h1 className="check__title">{t('title')}</h1>
      {!result && <p className="check__intro">{t('intro')}</p>}
      {result ? <Verdict result={result} /> : <Steps step={step} />}
      <div className="check__ways">
        {result && <Button onClick={again}>{t('again')}</Button>}
        <ButtonLink to={back}>{t(sessionId === null ? 'toList' : 'toClass')}</ButtonLink>
      </div>
      {result && <Figures result={result} />}
    </Page>
  );
}

function useCheck(asked: string | null) {
  const [run, setRun] = useState(0);
  const [step, setStep] = useState<Step>('browser');
  const [result, setResult] = useState<Result | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each run is another check
  useEffect(() => {
    const ending = new AbortController();
    setResult(null);
    setStep('browser');
    void (async () => {
      const sessionId = asked ?? (await chooseSession());
      const checked = await measure(sessionId, ending.signal, (begun) => !ending.signal.aborted && setStep(begun));
      if (ending.signal.aborted) return;
      setResult({ ...checked, sessionId, id: uuid(), verdict: verdictOf(checked.figures), at: serverNow() });
    })().catch((error: unknown) => {
      if (!ending.signal.aborted) throw error;
    });
    return () => ending.abort();
  }, [asked, run]);
  return { step, result, again: () => setRun((before) => before + 1) };
}

function Steps({ step }: { step: Step }) {
  const t = useCheckText();
  const at = STEPS.indexOf(step);
  return (
    <>
      <p className="visually-hidden" role="status">
        {t('running')}: {t(step)}
      </p>
      <ol className="check__steps" aria-label={t('steps')}>
        {STEPS.map((each, index) => {
          const state = index < at ? 'done' : index === at ? 'running' : 'waiting';
          return (
            <li key={each} className={`check__step check__step--${state}`}>
              <span className="check__mark">
                {state === 'running' ? <Spinner /> : state === 'done' ? <Tick /> : null}
              </span>
              <span className="check__name">{t(each)}</span>
              <span className="check__state">
                {t(state === 'done' ? 'stepDone' : state === 'running' ? 'stepRunning' : 'stepWaiting')}
              </span>
            </li>
          );
        })}
      </ol>
    </>
  );
}

function Tick() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" aria-hidden="true">
      <path d="M4 10.5l4 4 8-9" strokeWidth="2" strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  );
}

const KINDS: Record<NetworkVerdict, 'success' | 'info' | 'warning' | 'error'> = {
  good: 'success',
  fair: 'success',
  connected: 'info',
  unstable: 'warning',
  'sound-only': 'warning',
  'too-slow': 'error',
  'media-failing': 'error',
  altered: 'error',
  'media-blocked': 'error',
  'no-player': 'error',
  offline: 'error',
};

function Verdict({ result }: { result: Result }) {
  const t = useCheckText();
  const { verdict, figures, mediaHost } = result;
  const heading = useRef<HTMLHeadingElement>(null);
  // What was being waited for; whoever reads with their ears is taken to it.
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className={`check__verdict check__verdict--${KINDS[verdict]}`}>
      <h2 ref={heading} tabIndex={-1}>
        {t(verdict)}
      </h2>
      <p>{t(`${verdict}-advice`, { host: mediaHost })}</p>
      {remarkWords(figures, mediaHost, t).map((words) => (
        <p key={words} className="check__remark">
          {words}
        </p>
      ))}
    </section>
  );
}

function Figures({ result }: { result: Result }) {
  const t = useCheckText();
  const language = useLanguage();
  const [number, setNumber] = useState<number | null>(null);
  const about: Row[] = [
    { label: t('at'), value: formatDateTime(result.at, language, result.at) },
    { label: t('agent'), value: navigator.userAgent },
  ];
  return (
    <>
      <Sending result={result} number={number} onSent={setNumber} />
      <section className="check__figures">
        <h2>{t('figures')}</h2>
        <FigureTable rows={[...rowsOf(result.figures, t), ...about]} />
        <Keeping text={() => asText({ ...result, host: result.mediaHost, number }, about, t)} />
      </section>
    </>
  );
}

function FigureTable({ rows }: { rows: Row[] }) {
  return (
    <table className="check__table">
      <tbody>
        {rows.map(({ label, value }) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td className="numbers">{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Sending({
  result,
  number,
  onSent,
}: {
  result: Result;
  number: number | null;
  onSent: (number: number) => void;
}) {
  const t = useCheckText();
  const me = useMe();
  const { pathname } = useLocation();
  const { id, sessionId, figures } = result;
  const days = NETWORK_REPORTS_KEPT_DAYS;
  const send = useMutation({
    mutationFn: (to: string) =>
      call('POST /sessions/:sessionId/network-reports', { params: { sessionId: to }, body: { id, figures } }),
    onSuccess: (stored) => onSent(stored.number),
  });
  if (number !== null) {
    return (
      <Notice kind="success" title={t('sent', { number })}>
        {t('sentHint', { days })}
      </Notice>
    );
  }
  if (me === null) {
    return (
      <p className="check__hint">
        {t('signInToSend')} <Link to={`/login?next=${encodeURIComponent(pathname)}`}>{t('signIn')}</Link>
      </p>
    );
  }
  if (sessionId === null) return <p className="check__hint">{t('noSession')}</p>;
  return (
    <div className="check__send">
      {send.isError && <Failure what={t('notSent')} error={send.error} />}
      <Button look="primary" wide busy={send.isPending} onClick={() => send.mutate(sessionId)}>
        {t('send')}
      </Button>
      <p className="check__hint">{t('sendHint', { days })}</p>
    </div>
  );
}

/** Ways to keep it without the server. */
function Keeping({ text }: { text: () => string }) {
  const t = useCheckText();
  const [copied, setCopied] = useState<boolean | null>(null);
  function save() {
    // Windows' own editor takes a text without this mark for one in another code.
    const url = URL.createObjectURL(new Blob(['\ufeff', text()], { type: 'text/plain;charset=utf-8' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = t('fileName');
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
  return (
    <div className="check__keep">
      <Button onClick={() => void copyText(text()).then(setCopied)}>{t('copy')}</Button>
      <Button onClick={save}>{t('save')}</Button>
      <span role="status">{copied !== null && t(copied ? 'copied' : 'notCopied')}</span>
    </div>
  );
}
