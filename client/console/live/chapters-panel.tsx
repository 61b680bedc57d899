import { Button, Input, Space } from 'antd';
import { type FormEvent, useState } from 'react';
import { formatClock } from '#client/format.ts';
import { MAX_MARKS } from '#contract/plain.ts';
import { useAct, useRead } from '../data.ts';
import { ConfirmButton } from '../parts.tsx';
import { useDeskText } from './text.ts';

const LABEL_LENGTH = 40;

/**
 * Chapters of a class: marked as it runs, or afterwards where the replay stands.
 * @param place on the session axis, epoch ms; null: now
 */
export function ChaptersPanel({ sessionId, place }: { sessionId: string; place: () => number | null }) {
  const t = useDeskText();
  const [label, setLabel] = useState('');
  const params = { sessionId };
  const recording = useRead('GET /sessions/:sessionId/recording', { params });
  const touches = ['GET /sessions/:sessionId/recording'] as const;
  const add = useAct('POST /sessions/:sessionId/marks', { touches: [...touches] });
  const remove = useAct('DELETE /marks/:markId', { touches: [...touches] });
  const { marks = [], firstPdt = null } = recording.data ?? {};
  if (firstPdt === null) return null;

  async function submit(event: FormEvent) {
    event.preventDefault();
    const at = place();
    const body = { label: label.trim(), ...(at !== null && { at: Math.round(at) }) };
    await add.mutateAsync({ params, body });
    setLabel('');
  }

  return (
    <section className="section">
      <div className="section__head">
        <h2>{t('chapters')}</h2>
        {marks.length > 0 && <span className="muted">{t('chaptersCount', { count: marks.length })}</span>}
      </div>
      <form onSubmit={(event) => void submit(event).catch(() => undefined)}>
        <Space.Compact style={{ width: '100%' }}>
          <Input
            value={label}
            maxLength={LABEL_LENGTH}
            aria-label={t('chapterName')}
            placeholder={t('chapterName')}
            onChange={(event) => setLabel(event.target.value)}
          />
          <Button htmlType="submit" loading={add.isPending} disabled={label.trim() === '' || marks.length >= MAX_MARKS}>
            {t('mark')}
          </Button>
        </Space.Compact>
      </form>
      <p className="muted" style={{ margin: '8px 0' }}>
        {t('chaptersHint')}
      </p>
      <ul className="list-plain">
        {marks.map((mark) => (
          <li key={mark.id}>
            <div>
              <span className="numbers">{formatClock(mark.at - firstPdt)}</span> {mark.label}
            </div>
            <ConfirmButton
              size="small"
              question={t('unmarkSure', { label: mark.label })}
              verb={t('unmark')}
              onConfirm={() => remove.mutate({ params: { markId: mark.id } })}
            />
          </li>
        ))}
      </ul>
    </section>
  );
}
