import './paper.css';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useParams } from 'react-router';
import { call } from '#client/api.ts';
import { queryClient } from '#client/query-client.ts';
import { Button, ButtonLink } from '#client/ui/button.tsx';
import { Empty } from '#client/ui/empty.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { Page } from '#client/ui/page.tsx';
import { Waiting } from '#client/ui/spinner.tsx';
import type { Result } from '#contract/api.ts';
import type { Attempt } from './attempt.ts';
import { Results } from './results.tsx';
import { Sitting } from './sitting.tsx';
import { usePaperText } from './text.ts';

type MyPaper = NonNullable<Result<'GET /sessions/:sessionId/my-paper'>>;

export default function PaperPage() {
  const t = usePaperText();
  const { sessionId = '' } = useParams();
  const params = { sessionId };
  const [attempt, setAttempt] = useState<Attempt | null>(null);
  // Questions of the attempt just handed in, so that its review can be read; an older one shows its result alone.
  const [sat, setSat] = useState<Attempt | null>(null);
  const paper = useQuery({
    queryKey: ['my-paper', sessionId],
    queryFn: () => call('GET /sessions/:sessionId/my-paper', { params }),
  });
  const begin = useMutation({
    mutationFn: () => call('POST /sessions/:sessionId/my-paper/attempts', { params }),
    onSuccess: setAttempt,
  });

  async function handedIn() {
    setSat(attempt);
    setAttempt(null);
    window.scrollTo(0, 0);
    await Promise.all([
      queryClient.invalidateQueries({ queryKey: ['my-paper', sessionId] }),
      queryClient.invalidateQueries({ queryKey: ['my-sessions'] }),
    ]);
  }

  return (
    <Page title={paper.data?.title ?? t('paper')} home="/learn">
      {paper.isPending && <Waiting />}
      {paper.isError && <Failure what={t('loadFailed')} error={paper.error} retry={() => paper.refetch()} />}
      {paper.data === null && (
        <Empty title={t('none')} hint={t('noneHint')} action={<ButtonLink to="/learn">{t('toList')}</ButtonLink>} />
      )}
      {paper.data && attempt && <Sitting attempt={attempt} onHandedIn={handedIn} />}
      {paper.data && !attempt && (
        <>
          <Intro paper={paper.data} busy={begin.isPending} onBegin={() => begin.mutate()} />
          {begin.isError && <Failure what={t('beginFailed')} error={begin.error} />}
          <Results results={paper.data.results} sat={sat} />
        </>
      )}
    </Page>
  );
}

function Intro({ paper, busy, onBegin }: { paper: MyPaper; busy: boolean; onBegin: () => void }) {
  const t = usePaperText();
  const passed = paper.results.some((result) => result.passed);
  const more = paper.openAttemptId !== null || (!passed && paper.attemptsUsed < paper.attemptsAllowed);
  return (
    <section className="intro">
      <h1 className="intro__title">{paper.title}</h1>
      <ul className="intro__facts numbers">
        <li>{t('questions', { count: paper.questionCount })}</li>
        <li>{t('passMark', { percent: paper.passPercent })}</li>
        <li>{t('attempts', { allowed: paper.attemptsAllowed, used: paper.attemptsUsed })}</li>
      </ul>
      <div className="intro__actions">
        {more ? (
          <Button look="primary" wide busy={busy} onClick={onBegin}>
            {t(paper.openAttemptId ? 'goOn' : paper.attemptsUsed > 0 ? 'again' : 'begin')}
          </Button>
        ) : (
          <p className="intro__none">{t(passed ? 'passedAlready' : 'noMore')}</p>
        )}
        <ButtonLink wide to="/learn">
          {t('toList')}
        </ButtonLink>
      </div>
    </section>
  );
}
