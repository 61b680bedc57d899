import { type FormEvent, useEffect, useState } from 'react';
import { ApiError } from '#client/api.ts';
import { request } from '#client/socket.ts';
import { Button } from '#client/ui/button.tsx';
import { uuid } from '#client/uuid.ts';
import type { RoomLink } from './room-link.ts';
import { useRoomText } from './text.ts';

interface Asked {
  id: string;
  text: string;
  state: 'sending' | 'sent' | 'refused';
  reason?: string;
}

/** Asking the instructor. A question that could not be sent goes when the connection is back: its id makes that harmless. */
export function Questions({ link, connected }: { link: RoomLink; connected: boolean }) {
  const t = useRoomText();
  const [text, setText] = useState('');
  const [asked, setAsked] = useState<Asked[]>([]);

  function mark(id: string, changes: Partial<Asked>) {
    setAsked((before) => before.map((each) => (each.id === id ? { ...each, ...changes } : each)));
  }

  async function send(question: Asked) {
    try {
      await request(link.socket, 'question:ask', { id: question.id, text: question.text });
      mark(question.id, { state: 'sent' });
    } catch (error) {
      // Without an answer it stays, and goes with the next connection.
      if (error instanceof ApiError && error.code !== 'offline') {
        mark(question.id, { state: 'refused', reason: error.message });
      }
    }
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!text.trim()) return;
    const question: Asked = { id: uuid(), text: text.trim(), state: 'sending' };
    setAsked((before) => [...before, question]);
    setText('');
    void send(question);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: at each new connection, once
  useEffect(() => {
    if (connected) for (const question of asked) if (question.state === 'sending') void send(question);
  }, [connected]);

  return (
    <div className="asking">
      <ul className="asking__list" aria-live="polite">
        {asked.length === 0 && <li className="asking__none">{t('noQuestions')}</li>}
        {asked.map((question) => (
          <li key={question.id} className="asking__mine">
            <p>{question.text}</p>
            <p className={question.state === 'refused' ? 'asking__refused' : 'asking__state'}>
              {question.state === 'refused' ? t('notSent', { reason: question.reason ?? '' }) : t(question.state)}
            </p>
          </li>
        ))}
      </ul>
      <form className="asking__form" onSubmit={submit}>
        <input
          className="input"
          aria-label={t('ask')}
          placeholder={t('ask')}
          maxLength={300}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button look="primary" type="submit" disabled={!text.trim()}>
          {t('send')}
        </Button>
      </form>
    </div>
  );
}
