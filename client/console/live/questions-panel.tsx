import { Button } from 'antd';
import { formatTime } from '#client/format.ts';
import { useAct, useRead } from '../data.ts';
import { useDeskText } from './text.ts';

/** What learners ask the instructor. */
export function QuestionsPanel({ sessionId }: { sessionId: string }) {
  const t = useDeskText();
  const questions = useRead('GET /sessions/:sessionId/questions', { params: { sessionId } });
  const tick = useAct('POST /room-questions/:roomQuestionId/answered', {
    touches: ['GET /sessions/:sessionId/questions'],
  });
  const list = questions.data ?? [];
  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('questions')}</h2>
        {list.length > 0 && <span className="muted">{t('questionsCount', { count: list.length })}</span>}
      </div>
      {list.length === 0 && <p className="muted">{t('noQuestions')}</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and must do so by keyboard too */}
      <ul className="list-plain" aria-live="polite" tabIndex={0}>
        {list.map((question) => (
          <li key={question.id}>
            <div>
              {question.text}
              <div className="muted">
                {`${question.personName} · ${question.unitName}\u00a0·\u00a0${formatTime(question.askedAt)}`}
              </div>
            </div>
            {question.answeredAt ? (
              <span className="muted">✓ {t('ticked')}</span>
            ) : (
              <Button size="small" onClick={() => tick.mutate({ params: { roomQuestionId: question.id } })}>
                {t('tick')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
