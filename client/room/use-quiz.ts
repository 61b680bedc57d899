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
/** A result that nobody puts away leaves the picture by itself. */
const RESULT_STAYS_MS = 60_000;
/** What was put away last on this device. */
const PUT_AWAY = 'quiz.put-away';

/**
 * The question that the picture has reached, if there is one, and my answer to it. Its result is for those who were there or have
 * answered, until they put it away or a minute is over: who comes in later sees the class. Who has gone back in the class is shown
 * it when their picture has come so far.
 */
export function useQuiz(
  link: RoomLink,
  question: Question | null,
  answered: readonly string[],
  pdt: () => number | null,
  inPast: boolean,
): Quiz | null {
  const [, setTick] = useState(0);
  const [met, setMet] = useState<string | null>(null);
  const [putAway, setPutAway] = useState(() => recall(PUT_AWAY));
  const [pending, setPending] = useState<{ id: string; choice: number[] } | null>(null);
  const [error, setError] = useState<{ id: string; text: string } | null>(null);
  const openId = question && !question.closed ? question.id : null;
  const resultKey = question?.closed ? `${question.id}.result` : null;

  const dismiss = useCallback((key: string) => {
    remember(PUT_AWAY, key);
    setPutAway(key);
  }, []);

  useEffect(() => {
    if (!openId) return;
    if (!inPast) setMet(openId);
    const timer = setInterval(() => setTick((before) => before + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [openId, inPast]);

  useEffect(() => {
    if (!resultKey) return;
    const timer = setInterval(() => {
      // Not from under somebody's keyboard.
      if (!document.activeElement?.closest('.quiz')) dismiss(resultKey);
    }, RESULT_STAYS_MS);
    return () => clearInterval(timer);
  }, [resultKey, dismiss]);

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

  if (!question) return null;
  const key = resultKey ?? question.id;
  if (putAway === key) return null;
  // Over a picture from before it was asked it would mean nothing.
  if (inPast && (pdt() ?? 0) < question.openedPdt) return null;
  const { phase, remainingMs } = phaseOf(question, axisNow(pdt(), serverNow()));
  if (phase === 'ahead') return null;
  const stored = answered.includes(question.id);
  if (phase === 'closed' && !stored && met !== question.id) return null;
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
    dismiss: () => dismiss(key),
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
