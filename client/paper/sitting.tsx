import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiError, call } from '#client/api.ts';
import { Button } from '#client/ui/button.tsx';
import { Dialog } from '#client/ui/dialog.tsx';
import { Failure } from '#client/ui/notice.tsx';
import { type Answers, forgetAnswers, keepAnswers, keptAnswers } from './answers.ts';
import type { Attempt } from './attempt.ts';
import { usePaperText } from './text.ts';

type Item = Attempt['items'][number];

/** All questions one below the other, and the way to hand them in. */
export function Sitting({ attempt, onHandedIn }: { attempt: Attempt; onHandedIn: () => void }) {
  const t = usePaperText();
  const [answers, setAnswers] = useState<Answers>(() => keptAnswers(attempt.attemptId));
  const [asking, setAsking] = useState(false);
  const total = attempt.items.length;
  const done = attempt.items.filter((item) => (answers[item.questionId] ?? []).length > 0).length;

  const submit = useMutation({
    mutationFn: () =>
      call('POST /attempts/:attemptId/submit', {
        params: { attemptId: attempt.attemptId },
        body: { answers: attempt.items.map(({ questionId }) => ({ questionId, choice: answers[questionId] ?? [] })) },
      }),
    onSuccess: leave,
    onError(error) {
      setAsking(false);
      // The answer to the first try was lost on its way.
      if (error instanceof ApiError && error.code === 'attempt-submitted') leave();
    },
  });

  function leave() {
    forgetAnswers(attempt.attemptId);
    onHandedIn();
  }

  function choose(questionId: string, choice: number[]) {
    const next = { ...answers, [questionId]: choice };
    setAnswers(next);
    keepAnswers(attempt.attemptId, next);
  }

  return (
    <section>
      <h1 className="intro__title">{attempt.title}</h1>
      <ol className="items">
        {attempt.items.map((item, index) => (
          <li key={item.questionId}>
            <ItemForm
              item={item}
              number={index + 1}
              choice={answers[item.questionId] ?? []}
              onChoose={(choice) => choose(item.questionId, choice)}
            />
          </li>
        ))}
      </ol>
      {submit.isError && <Failure what={t('submitFailed')} error={submit.error} retry={() => submit.mutate()} />}
      <div className="hand-in">
        <span className="numbers">{t('answered', { done, total })}</span>
        <Button look="primary" busy={submit.isPending} onClick={() => setAsking(true)}>
          {t('submit')}
        </Button>
      </div>
      {asking && (
        <Dialog
          title={t('submitTitle')}
          onClose={() => setAsking(false)}
          actions={
            <>
              <Button onClick={() => setAsking(false)}>{t('keepOn')}</Button>
              <Button look="primary" busy={submit.isPending} onClick={() => submit.mutate()}>
                {t('submit')}
              </Button>
            </>
          }
        >
          {done === total ? t('submitAll') : t('submitMissing', { count: total - done })}
        </Dialog>
      )}
    </section>
  );
}

function ItemForm({
  item,
  number,
  choice,
  onChoose,
}: {
  item: Item;
  number: number;
  choice: number[];
  onChoose: (choice: number[]) => void;
}) {
  const t = usePaperText();
  const multiple = item.kind === 'multiple';

  function toggle(index: number) {
    if (!multiple) onChoose([index]);
    else if (choice.includes(index)) onChoose(choice.filter((each) => each !== index));
    else onChoose([...choice, index].sort((a, b) => a - b));
  }

  return (
    <fieldset className="item">
      <legend className="item__stem">
        <span className="item__kind">
          {t('question', { number })} · {t(item.kind)}
        </span>
        {item.stem}
      </legend>
      {item.options.map((option, index) => (
        <label key={option} className={choice.includes(index) ? 'choice choice--chosen' : 'choice'}>
          <input
            type={multiple ? 'checkbox' : 'radio'}
            name={item.questionId}
            checked={choice.includes(index)}
            onChange={() => toggle(index)}
          />
          <span>
            {letter(index)}. {option}
          </span>
        </label>
      ))}
    </fieldset>
  );
}

export function letter(index: number): string {
  return String.fromCharCode(65 + index);
}
