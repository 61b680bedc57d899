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
      <h2>
        {t('questions')}
        <span className="muted">{list.length}</span>
      </h2>
      {list.length === 0 && <p className="muted">{t('noQuestions')}</p>}
      <ul className="list-plain" aria-live="polite">
        {list.map((question) => (
          <li key={question.id}>
            <div>
              {question.text}
              <div className="muted">
                {question.personName} · {question.unitName} · {formatTime(question.askedAt)}
              </div>
            </div>
            {question.answeredAt ? (
              <span className="muted">{t('ticked')}</span>
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
