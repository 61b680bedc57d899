import { formatDateTime } from '#client/format.ts';
import { useLanguage } from '#client/i18n.ts';
import type { Result } from '#contract/api.ts';
import type { Attempt } from './attempt.ts';
import { letter } from './sitting.tsx';
import { usePaperText } from './text.ts';

type AttemptResult = Result<'POST /attempts/:attemptId/submit'>;

/** What came of each attempt, newest first. */
export function Results({ results, sat }: { results: AttemptResult[]; sat: Attempt | null }) {
  const t = usePaperText();
  const language = useLanguage();
  const newestFirst = [...results].sort((a, b) => b.number - a.number);
  return (
    <>
      {newestFirst.map((result) => (
        <section key={result.attemptId} className="result">
          <h2 className="result__title">{t('result', { number: result.number })}</h2>
          <p className="result__when numbers">{formatDateTime(result.submittedAt, language)}</p>
          <p className={`result__points numbers${result.passed ? ' result__points--passed' : ''}`}>
            {t('points', { percent: Math.floor(result.percent) })}
            <span className="result__verdict">{result.passed ? `✓ ${t('passed')}` : t('notPassed')}</span>
          </p>
          {sat?.attemptId === result.attemptId && <Review result={result} items={sat.items} />}
        </section>
      ))}
    </>
  );
}

function Review({ result, items }: { result: AttemptResult; items: Attempt['items'] }) {
  const t = usePaperText();
  if (!result.review) return <p className="result__when">{t('noReview')}</p>;
  return (
    <>
      <h3 className="result__review">{t('review')}</h3>
      <ol className="items">
        {result.review.map((each, index) => {
          const item = items.find(({ questionId }) => questionId === each.questionId);
          const words = (choice: number[]) =>
            choice.length === 0
              ? t('unanswered')
              : choice.map((at) => `${letter(at)}. ${item?.options[at] ?? ''}`).join('；');
          return (
            <li key={each.questionId} className="item">
              <p className="item__stem">
                <span className="item__kind">
                  {t('question', { number: index + 1 })} · {each.correct ? `✓ ${t('right')}` : `✗ ${t('wrong')}`}
                </span>
                {item?.stem}
              </p>
              <p>{t('yours', { choice: words(each.choice) })}</p>
              {!each.correct && <p className="item__right">{t('answer', { choice: words(each.answer) })}</p>}
              {each.explanation && <p className="item__why">{each.explanation}</p>}
            </li>
          );
        })}
      </ol>
    </>
  );
}
