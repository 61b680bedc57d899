import { Button, Space } from 'antd';
import { useState } from 'react';
import type { Result } from '#contract/api.ts';
import { useAct, useRead } from '../data.ts';
import { ActsTitle, ConfirmButton } from '../parts.tsx';
import { WideTable } from '../table.tsx';
import { useConsoleText } from '../text.ts';
import { useWords } from '../words.ts';
import { QuestionForm } from './question-form.tsx';
import { letter, useQuizText } from './text.ts';

type Question = Result<'GET /courses/:courseId/questions'>[number];

/** A course's question bank. */
export function QuestionBank({ courseId, readOnly }: { courseId: string; readOnly: boolean }) {
  const t = useQuizText();
  const shared = useConsoleText();
  const word = useWords();
  const questions = useRead('GET /courses/:courseId/questions', { params: { courseId } });
  const retire = useAct('DELETE /questions/:questionId');
  const [editing, setEditing] = useState<Question | 'new' | null>(null);

  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('bank')}</h2>
        {!readOnly && <Button onClick={() => setEditing('new')}>{t('add')}</Button>}
      </div>
      <WideTable<Question>
        rowKey="id"
        loading={questions.isLoading}
        dataSource={questions.data ?? []}
        pagination={{ defaultPageSize: 10, showTotal: (count) => t('count', { count }) }}
        minWidth={820}
        locale={{ emptyText: t('none') }}
        columns={[
          { title: t('kind'), key: 'kind', width: 90, render: (_, question) => word(question.kind) },
          { title: t('stem'), dataIndex: 'stem' },
          {
            title: t('answer'),
            key: 'answer',
            width: 260,
            render: (_, question) =>
              question.answer.map((index) => `${letter(index)}. ${question.options[index] ?? ''}`).join('；'),
          },
          {
            title: <ActsTitle />,
            key: 'acts',
            width: 140,
            render: (_, question) =>
              !readOnly && (
                <Space size={4}>
                  <Button size="small" onClick={() => setEditing(question)}>
                    {shared('edit')}
                  </Button>
                  <ConfirmButton
                    size="small"
                    danger
                    question={t('removeSure')}
                    verb={shared('remove')}
                    onConfirm={() => retire.mutate({ params: { questionId: question.id } })}
                  />
                </Space>
              ),
          },
        ]}
      />
      {editing && (
        <QuestionForm
          courseId={courseId}
          onClose={() => setEditing(null)}
          {...(editing !== 'new' && { question: editing })}
        />
      )}
    </section>
  );
}
