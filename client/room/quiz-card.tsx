import { useEffect, useId, useRef, useState } from 'react';
import { Button } from '#client/ui/button.tsx';
import { useRoomText } from './text.ts';
import type { Quiz } from './use-quiz.ts';

type Result = NonNullable<Quiz['question']['result']>;

const LETTERS = 'ABCDEFGHIJ';

/**
 * A question over the lower part of the picture; on a phone, of the screen below it. The class goes on around it, so it is no modal
 * dialog: the focus moves to it unless somebody is typing.
 */
export function QuizCard({ quiz }: { quiz: Quiz }) {
  const t = useRoomText();
  const id = useId();
  const heading = useRef<HTMLHeadingElement>(null);
  const { question, phase, state } = quiz;

  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each question
  useEffect(() => {
    const active = document.activeElement;
    const typing = active instanceof HTMLTextAreaElement || active instanceof HTMLInputElement;
    if (!typing) heading.current?.focus({ preventScroll: true });
  }, [question.id]);

  return (
    <section className="quiz" role="dialog" aria-modal="false" aria-labelledby={id}>
      <header className="quiz__head">
        <span className="quiz__kind">{t(question.kind)}</span>
        <Status quiz={quiz} />
      </header>
      <h2 className="quiz__stem" id={id} ref={heading} tabIndex={-1}>
        {question.stem}
      </h2>
      {phase === 'open' && state === 'choosing' ? <Choosing key={question.id} quiz={quiz} /> : <Chosen quiz={quiz} />}
      {quiz.error && (
        <p className="quiz__error" role="alert">
          {quiz.error}
        </p>
      )}
      {(phase !== 'open' || state === 'stored') && (
        <div className="quiz__foot">
          {question.result && <Verdict result={question.result} choice={quiz.choice} />}
          <Button look="quiet" onClick={quiz.dismiss}>
            {t('dismiss')}
          </Button>
        </div>
      )}
    </section>
  );
}

function Status({ quiz }: { quiz: Quiz }) {
  const t = useRoomText();
  const seconds = Math.ceil(quiz.remainingMs / 1_000);
  const stored = quiz.state === 'stored' && quiz.phase !== 'closed';
  const words = stored
    ? `✓ ${t('stored')}`
    : quiz.phase === 'closed'
      ? t('closed')
      : quiz.state === 'sending'
        ? t('sendingAnswer')
        : quiz.phase === 'over'
          ? t('timeOver')
          : '';
  return (
    <>
      {quiz.phase === 'open' && (
        <span className="quiz__count numbers" role="timer">
          {t('seconds', { seconds })}
        </span>
      )}
      <span className="quiz__state" role="status">
        {words}
      </span>
    </>
  );
}

function Choosing({ quiz }: { quiz: Quiz }) {
  const t = useRoomText();
  const [choice, setChoice] = useState<number[]>([]);
  const { question } = quiz;
  const multiple = question.kind === 'multiple';

  function toggle(index: number) {
    if (!multiple) setChoice([index]);
    else if (choice.includes(index)) setChoice(choice.filter((each) => each !== index));
    else setChoice([...choice, index].sort((a, b) => a - b));
  }

  return (
    <form
      className="quiz__form"
      onSubmit={(event) => {
        event.preventDefault();
        if (choice.length > 0) quiz.submit(choice);
      }}
    >
      <fieldset className="quiz__options">
        <legend className="visually-hidden">{t(multiple ? 'chooseSome' : 'chooseOne')}</legend>
        {question.options.map((option, index) => (
          <label key={option} className={choice.includes(index) ? 'option option--chosen' : 'option'}>
            <input
              type={multiple ? 'checkbox' : 'radio'}
              name={question.id}
              checked={choice.includes(index)}
              onChange={() => toggle(index)}
            />
            <span>
              {LETTERS[index]}. {option}
            </span>
          </label>
        ))}
      </fieldset>
      <Button className="quiz__submit" look="primary" type="submit" disabled={choice.length === 0}>
        {t('submitAnswer')}
      </Button>
    </form>
  );
}

/** What I chose, and after closing what was right and how many chose what. */
function Chosen({ quiz }: { quiz: Quiz }) {
  const t = useRoomText();
  const { question, choice } = quiz;
  const { result } = question;
  const total = result?.answered ?? 0;
  return (
    <ol className="quiz__options">
      {question.options.map((option, index) => {
        const right = result?.answer.includes(index) ?? false;
        const mine = choice?.includes(index) ?? false;
        const share = total > 0 ? Math.round(((result?.counts[index] ?? 0) / total) * 100) : 0;
        return (
          <li key={option} className={`option${right ? ' option--right' : ''}${mine ? ' option--chosen' : ''}`}>
            <span>
              {LETTERS[index]}. {option}
              {mine && <em className="option__mark">{t('mine')}</em>}
              {right && <em className="option__mark">✓ {t('right')}</em>}
            </span>
            {result && <span className="option__share numbers">{share}%</span>}
          </li>
        );
      })}
    </ol>
  );
}

function Verdict({ result, choice }: { result: Result; choice: number[] | null }) {
  const t = useRoomText();
  const howMany = t('howMany', { answered: result.answered, correct: result.correct });
  return <p>{choice ? t(same(choice, result.answer) ? 'youWereRight' : 'youWereWrong', { howMany }) : howMany}</p>;
}

function same(a: number[], b: number[]): boolean {
  return a.length === b.length && a.every((each) => b.includes(each));
}
