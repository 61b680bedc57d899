import { useCallback, useEffect, useRef, useState } from 'react';
import { ApiError } from '#client/api.ts';
import { serverNow } from '#client/server-clock.ts';
import { forgetPress, keepPress, sendKeptPress } from './presence-presses.ts';
import { presencePhaseOf } from './presence-timing.ts';
import { axisNow } from './quiz-timing.ts';
import type { Room, RoomLink, RoomView } from './room-link.ts';

type Check = NonNullable<Room['presence']>;

export type PresenceView =
  /** A check asks; `confirmed` for a moment after it was stored. */
  | { state: 'asking' | 'sending' | 'confirmed'; check: Check; remainingMs: number; press: () => void }
  /** One was missed: time is taken away from `from` on (epoch ms; null while that is being found out) until it is pressed. */
  | { state: 'missed'; sending: boolean; from: number | null; failure: string | null; press: () => void };

const TICK_MS = 250;
const RESEND_MS = 3_000;
const CONFIRMED_SHOWN_MS = 2_500;
const SEND_AGAIN = new Set<string>(['offline', 'busy', 'not-joined', 'rate-limited']);

export interface Press {
  checkId: string | null;
  /** By `performance.now()`. */
  at: number;
  pdt: number | null;
}

/** What the page shows of presence checks, also to somebody who has gone back in the class: it is the person who is asked, not the picture. */
export function usePresence(link: RoomLink, view: RoomView, pdt: () => number | null): PresenceView | null {
  const check = view.room?.presence ?? null;
  const { personId, standing } = view;
  const [, setTick] = useState(0);
  const [met, setMet] = useState<string | null>(null);
  const [press, setPress] = useState<Press | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    void sendKeptPress();
  }, []);

  const timed = check && personId ? presencePhaseOf(check, personId, axisNow(pdt(), serverNow())) : null;
  const running = timed !== null && timed.phase !== 'past';
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setTick((before) => before + 1), TICK_MS);
    return () => clearInterval(timer);
  }, [running]);

  const checkId = check?.id ?? null;
  const asks = timed?.phase === 'asking';
  useEffect(() => {
    if (asks && checkId) setMet(checkId);
  }, [asks, checkId]);

  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(null), CONFIRMED_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [done]);

  useSendingPress(link, press, (refused) => {
    if (!refused && press?.checkId) setDone(press.checkId);
    setFailure(refused);
    setPress(null);
  });

  const confirm = useCallback(
    (id: string | null) => {
      setFailure(null);
      setPress({ checkId: id, at: performance.now(), pdt: pdt() });
      if (id && link.ticket) keepPress({ ticket: link.ticket, checkId: id, at: Date.now() });
    },
    [link, pdt],
  );

  if (check && done === check.id) return { state: 'confirmed', check, remainingMs: 0, press: () => undefined };
  const confirmed = check !== null && standing.confirmed === check.id;
  if (check && timed?.phase === 'asking' && !confirmed) {
    const { remainingMs } = timed;
    return { state: press ? 'sending' : 'asking', check, remainingMs, press: () => confirm(check.id) };
  }
  const justOver = check !== null && timed?.phase === 'over' && met === check.id && !confirmed;
  if (!justOver && standing.missedFrom === null) return null;
  // In its grace it is still taken.
  const late = justOver && standing.missedFrom === null ? check.id : null;
  return { state: 'missed', sending: press !== null, from: standing.missedFrom, failure, press: () => confirm(late) };
}

/** Sends a press until it is stored or refused. One that comes too late for its check is at least a sign of life. */
export function useSendingPress(link: RoomLink, press: Press | null, done: (refused: string | null) => void): void {
  const finish = useRef(done);
  finish.current = done;
  useEffect(() => {
    if (!press) return;
    let stopped = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function send({ checkId, at, pdt }: Press): Promise<void> {
      try {
        await link.confirmPresence({
          checkId,
          pressedAgoMs: Math.round(performance.now() - at),
          pdt: pdt && Math.round(pdt),
        });
        forgetPress();
        if (!stopped) finish.current(null);
      } catch (error) {
        if (stopped) return;
        const code = error instanceof ApiError ? error.code : 'offline';
        if (code === 'presence-closed') {
          forgetPress();
          await send({ checkId: null, at: performance.now(), pdt });
        } else if (SEND_AGAIN.has(code)) {
          timer = setTimeout(() => void send({ checkId, at, pdt }), RESEND_MS * (0.5 + Math.random() / 2));
        } else {
          finish.current(error instanceof Error ? error.message : null);
        }
      }
    }
    void send(press);
    return () => {
      stopped = true;
      clearTimeout(timer);
    };
  }, [link, press]);
}
