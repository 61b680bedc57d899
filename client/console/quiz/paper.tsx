import { Alert, App, Checkbox, Form, Input, InputNumber, Modal, Select, Space } from 'antd';
import { useState } from 'react';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { Loaded } from '../parts.tsx';
import { useConsoleText } from '../text.ts';
import { useQuizText } from './text.ts';

type Session = Result<'GET /sessions/:sessionId'>;
type Paper = NonNullable<Result<'GET /sessions/:sessionId/paper'>>;

/** Writes a session's paper. */
export function PaperEditor({ session, onClose }: { session: Session; onClose: () => void }) {
  const t = useQuizText();
  const paper = useRead('GET /sessions/:sessionId/paper', { params: { sessionId: session.id } });
  if (paper.data === undefined) {
    return (
      <Modal open title={t('paperOf', { number: session.number })} footer={null} onCancel={onClose}>
        <Loaded read={paper}>{() => null}</Loaded>
      </Modal>
    );
  }
  return <PaperForm session={session} paper={paper.data} onClose={onClose} />;
}

function PaperForm({ session, paper, onClose }: { session: Session; paper: Paper | null; onClose: () => void }) {
  const t = useQuizText();
  const shared = useConsoleText();
  const { message } = App.useApp();
  const bank = useRead('GET /courses/:courseId/questions', { params: { courseId: session.courseId } });
  const save = useAct('PUT /sessions/:sessionId/paper', { done: t('saved') });
  const [title, setTitle] = useState(paper?.title ?? `${session.topic}`);
  const [passPercent, setPassPercent] = useState(paper?.passPercent ?? 60);
  const [attemptsAllowed, setAttemptsAllowed] = useState(paper?.attemptsAllowed ?? 3);
  const [published, setPublished] = useState(paper?.published ?? false);
  const [picked, setPicked] = useState(
    (paper?.questions ?? []).map((item) => ({ questionId: item.question.id, points: item.points })),
  );
  const fixed = (paper?.submitted ?? 0) > 0;
  const known = new Map([
    ...(bank.data ?? []).map((question) => [question.id, question.stem] as const),
    ...(paper?.questions ?? []).map((item) => [item.question.id, item.question.stem] as const),
  ]);

  const submit = async () => {
    if (published && picked.length === 0) {
      void message.warning(t('pickSome'));
      return;
    }
    await save.mutateAsync({
      params: { sessionId: session.id },
      body: { title, passPercent, attemptsAllowed, published, questions: picked },
    });
    onClose();
  };

  return (
    <Modal
      open
      title={t('paperOf', { number: session.number })}
      okText={shared('save')}
      cancelText={shared('cancel')}
      onOk={() => void submit().catch(() => undefined)}
      onCancel={onClose}
      confirmLoading={save.isPending}
      width={640}
    >
      {paper && (
        <p className="muted paper-results">{t('results', { submitted: paper.submitted, passed: paper.passed })}</p>
      )}
      {fixed && <Alert type="info" showIcon title={t('fixed')} style={{ marginBottom: 16 }} />}
      <Form layout="vertical">
        <Form.Item label={t('title')}>
          <Input value={title} maxLength={120} onChange={(event) => setTitle(event.target.value)} />
        </Form.Item>
        <Space size={24} wrap>
          <Form.Item label={t('passPercent')}>
            <InputNumber
              min={1}
              max={100}
              suffix="%"
              value={passPercent}
              onChange={(value) => setPassPercent(value ?? 60)}
            />
          </Form.Item>
          <Form.Item label={t('attempts')}>
            <InputNumber
              min={1}
              max={20}
              value={attemptsAllowed}
              onChange={(value) => setAttemptsAllowed(value ?? 1)}
            />
          </Form.Item>
        </Space>
        <Form.Item label={t('questions')} extra={known.size === 0 ? t('noQuestions') : undefined}>
          <Select
            mode="multiple"
            disabled={fixed}
            placeholder={t('pickHint')}
            optionFilterProp="label"
            value={picked.map((item) => item.questionId)}
            onChange={(ids: string[]) =>
              setPicked(
                ids.map(
                  (questionId) => picked.find((item) => item.questionId === questionId) ?? { questionId, points: 1 },
                ),
              )
            }
            options={[...known].map(([value, label]) => ({ value, label }))}
          />
        </Form.Item>
        {picked.length > 0 && (
          <ol className="list-plain">
            {picked.map((item, i) => (
              <li key={item.questionId}>
                <span>
                  {i + 1}. {known.get(item.questionId)}
                </span>
                <InputNumber
                  size="small"
                  min={1}
                  max={100}
                  disabled={fixed}
                  aria-label={t('points')}
                  suffix={t('pointsUnit')}
                  value={item.points}
                  onChange={(points) =>
                    setPicked(picked.map((other) => (other === item ? { ...item, points: points ?? 1 } : other)))
                  }
                />
              </li>
            ))}
          </ol>
        )}
        <Form.Item>
          <Checkbox checked={published} onChange={(event) => setPublished(event.target.checked)}>
            {t('publish')}
          </Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  );
}
