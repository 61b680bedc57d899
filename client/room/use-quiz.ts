import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError, failureText } from '#client/api.ts';
import { serverNow } from '#client/server-clock.ts';
import { request } from '#client/socket.ts';
import { recall, remember } from '#client/storage.ts';
import { axisNow, type Phase, phaseOf } from './quiz-timing.ts';
import type { Room, RoomLink } from './room-link.ts';

type Question = NonNullable<Room['question']>;

export interface Quiz {
  question: Question;
  phase: Exclude<Phase, 'ahead'>;
  remainingMs: number;
  /** What I chose; null when it was on another device. */
  choice: number[] | null;
  state: 'choosing' | 'sending' | 'stored';
  error: string | null;
  submit: (choice: number[]) => void;
  dismiss: () => void;
}

const TICK_MS = 250;
const RESEND_MS = 3_000;

/** The question that the picture has reached, if there is one, and my answer to it. */
export function useQuiz(
  link: RoomLink,
  question: Question | null,
  answered: readonly string[],
  pdt: () => number | null,
): Quiz | null {
  const [, setTick] = useState(0);
  const [dismissed, setDismissed] = useState<string | null>(null);
  const [pending, setPending] = useState<{ id: string; choice: number[] } | null>(null);
  const [error, setError] = useState<{ id: string; text: string } | null>(null);
  const openId = question && !question.closed ? question.id : null;

  useEffect(() => {
    if (!openId) return;
    const timer = setInterval(() => setTick((before) => before + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [openId]);

  useSending(link, pending, (failure) => {
    if (pending && failure) setError({ id: pending.id, text: failure });
    setPending(null);
  });

  const submit = useCallback(
    (choice: number[]) => {
      if (!question) return;
      remember(`choice.${question.id}`, JSON.stringify(choice));
      setError(null);
      setPending({ id: question.id, choice });
    },
    [question],
  );

  if (!question || dismissed === question.id) return null;
  const { phase, remainingMs } = phaseOf(question, axisNow(pdt(), serverNow()));
  if (phase === 'ahead') return null;
  const stored = answered.includes(question.id);
  // Nothing to choose any more, and nothing to show yet.
  if (phase === 'over' && !stored && pending?.id !== question.id && error?.id !== question.id) return null;
  return {
    question,
    phase,
    remainingMs,
    choice: pending?.id === question.id ? pending.choice : stored ? storedChoice(question.id) : null,
    state: stored ? 'stored' : pending?.id === question.id ? 'sending' : 'choosing',
    error: error?.id === question.id ? error.text : null,
    submit,
    dismiss: () => setDismissed(question.id),
  };
}

/** Sends an answer until it is stored or refused for good. */
function useSending(
  link: RoomLink,
  pending: { id: string; choice: number[] } | null,
  done: (failure: string | null) => void,
): void {
  const finish = useRef(done);
  finish.current = done;
  useEffect(() => {
    if (!pending) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function send(answer: { id: string; choice: number[] }): Promise<void> {
      try {
        await request(link.socket, 'quiz:answer', { liveQuestionId: answer.id, choice: answer.choice });
        link.noteAnswered(answer.id);
        if (!stopped) finish.current(null);
      } catch (error) {
        if (stopped) return;
        const code = error instanceof ApiError ? error.code : 'offline';
        if (code === 'already-answered') {
          link.noteAnswered(answer.id);
          finish.current(null);
        } else if (code === 'offline' || code === 'busy' || code === 'rate-limited' || code === 'not-joined') {
          timer = setTimeout(() => void send(answer), RESEND_MS * (0.5 + Math.random() / 2));
        } else {
          finish.current(error instanceof Error ? error.message : failureText('offline'));
        }
      }
    }
    void send(pending);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [link, pending]);
}

function storedChoice(liveQuestionId: string): number[] | null {
  try {
    const choice: unknown = JSON.parse(recall(`choice.${liveQuestionId}`) ?? 'null');
    return Array.isArray(choice) ? choice.filter((index) => typeof index === 'number') : null;
  } catch {
    return null;
  }
}
