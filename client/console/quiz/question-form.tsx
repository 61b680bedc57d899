import { Button, Checkbox, Form, Input, Modal, Radio, Space } from 'antd';
import { useState } from 'react';
import type { Result } from '#contract/api.ts';
import { useAct } from '../data.ts';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { letter, useQuizText } from './text.ts';

type Question = Result<'GET /courses/:courseId/questions'>[number];
type Kind = Question['kind'];

const KINDS: Kind[] = ['single', 'multiple', 'true_false'];
const MAX_OPTIONS = 10;

/** Writes a question. `onSaved` gets it as stored. */
export function QuestionForm({
  courseId,
  question,
  onClose,
  onSaved,
}: {
  courseId: string;
  question?: Question;
  onClose: () => void;
  onSaved?: (question: Question) => void;
}) {
  const t = useQuizText();
  const shared = useConsoleText();
  const word = useWords();
  const [kind, setKind] = useState<Kind>(question?.kind ?? 'single');
  const [stem, setStem] = useState(question?.stem ?? '');
  const [options, setOptions] = useState(question?.options ?? ['', '', '', '']);
  const [answer, setAnswer] = useState<number[]>(question?.answer ?? []);
  const [explanation, setExplanation] = useState(question?.explanation ?? '');
  const [tried, setTried] = useState(false);
  const add = useAct('POST /courses/:courseId/questions', { done: shared('saved') });
  const change = useAct('PUT /questions/:questionId', { done: shared('saved') });

  const given = kind === 'true_false' ? [t('right'), t('wrong')] : options;
  const filled = given.map((text) => text.trim()).filter((text) => text !== '');
  const rightTexts = answer.map((index) => given[index]?.trim() ?? '').filter((text) => text !== '');
  const problems = {
    stem: stem.trim() === '' ? shared('required') : '',
    options: filled.length < 2 ? t('twoOptions') : '',
    answer: rightTexts.length === 0 ? t('chooseAnswer') : '',
  };

  const choose = (next: Kind) => {
    setKind(next);
    setAnswer([]);
  };
  const mark = (index: number, right: boolean) => {
    if (kind !== 'multiple') setAnswer([index]);
    else setAnswer(right ? [...answer, index] : answer.filter((other) => other !== index));
  };
  const save = async () => {
    setTried(true);
    if (Object.values(problems).some(Boolean)) return;
    const body = {
      kind,
      stem,
      options: filled,
      answer: rightTexts.map((text) => filled.indexOf(text)),
      explanation,
      sessionId: question?.sessionId ?? null,
    };
    const stored = question
      ? await change.mutateAsync({ params: { questionId: question.id }, body })
      : await add.mutateAsync({ params: { courseId }, body });
    onSaved?.(stored);
    onClose();
  };
  const failing = (problem: string) => (tried && problem ? ({ validateStatus: 'error', help: problem } as const) : {});

  return (
    <Modal
      open
      title={question ? shared('edit') : t('add')}
      okText={shared('save')}
      cancelText={shared('cancel')}
      onOk={() => void save().catch(() => undefined)}
      onCancel={onClose}
      confirmLoading={add.isPending || change.isPending}
    >
      <Form layout="vertical">
        <Form.Item label={t('kind')}>
          <Radio.Group
            value={kind}
            onChange={(event) => choose(event.target.value)}
            options={KINDS.map((value) => ({ value, label: word(value) }))}
          />
        </Form.Item>
        <Form.Item label={t('stem')} required {...failing(problems.stem)}>
          <Input.TextArea
            autoSize={{ minRows: 2 }}
            maxLength={500}
            value={stem}
            onChange={(event) => setStem(event.target.value)}
          />
        </Form.Item>
        <Form.Item label={t('optionsAndAnswer')} required {...failing(problems.options || problems.answer)}>
          <Space orientation="vertical" style={{ width: '100%' }}>
            {given.map((text, i) => {
              const Mark = kind === 'multiple' ? Checkbox : Radio;
              return (
                // An option's place is its identity.
                // biome-ignore lint/suspicious/noArrayIndexKey: see above
                <Space.Compact key={i} style={{ width: '100%', alignItems: 'center' }}>
                  <Mark
                    checked={answer.includes(i)}
                    onChange={(event) => mark(i, event.target.checked)}
                    aria-label={`${t('answer')} ${letter(i)}`}
                  />
                  <Input
                    prefix={letter(i)}
                    aria-label={t('option', { letter: letter(i) })}
                    maxLength={200}
                    value={text}
                    readOnly={kind === 'true_false'}
                    onChange={(event) => setOptions(options.map((old, n) => (n === i ? event.target.value : old)))}
                  />
                </Space.Compact>
              );
            })}
            {kind !== 'true_false' && options.length < MAX_OPTIONS && (
              <Button size="small" onClick={() => setOptions([...options, ''])}>
                {t('addOption')}
              </Button>
            )}
          </Space>
        </Form.Item>
        <Form.Item label={t('explanation')} extra={t('explanationHint')}>
          <Input.TextArea
            autoSize={{ minRows: 2 }}
            maxLength={1_000}
            value={explanation}
            onChange={(event) => setExplanation(event.target.value)}
          />
        </Form.Item>
      </Form>
    </Modal>
  );
}
