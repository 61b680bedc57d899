import { Button, InputNumber, Progress, Select, Space } from 'antd';
import { useState } from 'react';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { Mark } from '../parts.tsx';
import { QuestionForm } from '../quiz/question-form.tsx';
import { letter } from '../quiz/text.ts';
import { useDeskText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;
type LiveQuestion = Result<'GET /sessions/:sessionId/live-questions'>[number];

/** Asks the room, and shows the answers as they come in. */
export function QuizPanel({ session: { id: sessionId, courseId, state } }: { session: Session }) {
  const t = useDeskText();
  const params = { sessionId };
  const live = state === 'live';
  const over = state === 'ended' || state === 'archived';
  const bank = useRead('GET /courses/:courseId/questions', { params: { courseId } });
  const questions = useRead('GET /sessions/:sessionId/live-questions', { params });
  const open = useAct('POST /sessions/:sessionId/live-questions', {
    done: t('opened'),
    touches: ['GET /sessions/:sessionId/live-questions'],
  });
  const [questionId, setQuestionId] = useState<string | null>(null);
  const [seconds, setSeconds] = useState(60);
  const [writing, setWriting] = useState(false);
  const list = questions.data ?? [];
  const current = list.find((question) => question.closedAt === null);

  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('quiz')}</h2>
        {list.length > 0 && <span className="muted">{t('history', { count: list.length })}</span>}
      </div>
      {!live && !over && <p className="muted">{t('notLive')}</p>}
      {over && list.length === 0 && <p className="muted">{t('noneAsked')}</p>}
      {live && !current && (
        <Space orientation="vertical" style={{ width: '100%' }}>
          <Select
            style={{ width: '100%' }}
            placeholder={t('pick')}
            aria-label={t('pick')}
            notFoundContent={t('emptyBank')}
            showSearch={{ optionFilterProp: 'label' }}
            value={questionId}
            onChange={setQuestionId}
            options={(bank.data ?? []).map((question) => ({ value: question.id, label: question.stem }))}
          />
          <Space wrap>
            <InputNumber
              min={10}
              max={600}
              value={seconds}
              onChange={(value) => setSeconds(value ?? 60)}
              suffix={t('secondsUnit')}
              style={{ width: 100 }}
              aria-label={t('seconds')}
            />
            <Button
              type="primary"
              disabled={questionId === null}
              loading={open.isPending}
              onClick={() => questionId && open.mutate({ params, body: { questionId, seconds } })}
            >
              {t('open')}
            </Button>
            <Button onClick={() => setWriting(true)}>{t('writeNew')}</Button>
          </Space>
        </Space>
      )}
      {current && <Tally live={current} />}
      {!current && (over ? list : list.slice(0, 1)).map((asked) => <Tally key={asked.id} live={asked} />)}
      {writing && (
        <QuestionForm
          courseId={courseId}
          onClose={() => setWriting(false)}
          onSaved={(question) => setQuestionId(question.id)}
        />
      )}
    </section>
  );
}

function Tally({ live }: { live: LiveQuestion }) {
  const t = useDeskText();
  const close = useAct('POST /live-questions/:liveQuestionId/close', {
    touches: ['GET /sessions/:sessionId/live-questions'],
  });
  const { question } = live;
  return (
    <div className="tallies">
      <p>{question.stem}</p>
      {question.options.map((option, i) => {
        const count = live.counts[i] ?? 0;
        const right = question.answer.includes(i);
        return (
          <div key={option} className="tally">
            <span>
              {letter(i)}. {option} {right && <Mark tone="green">✓ {t('rightOption')}</Mark>}
            </span>
            <span className="tally__count">{count}</span>
            <Progress
              percent={live.answered === 0 ? 0 : Math.round((count / live.answered) * 100)}
              showInfo={false}
              size="small"
              aria-label={`${letter(i)} ${count}`}
              {...(right && { status: 'success' as const })}
            />
          </div>
        );
      })}
      <p className="muted">{t('answered', { count: live.answered, correct: live.correct })}</p>
      {live.closedAt === null && (
        <Button loading={close.isPending} onClick={() => close.mutate({ params: { liveQuestionId: live.id } })}>
          {t('close')}
        </Button>
      )}
    </div>
  );
}
