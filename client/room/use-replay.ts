import { useEffect, useRef, useState } from 'react';
import { PRESENCE_WINDOW_MS } from '#contract/presence-moment.ts';
import { forgetPress, keepPress } from './presence-presses.ts';
import type { RoomLink, RoomView } from './room-link.ts';
import type { PlayerHandle } from './use-player.ts';
import { type PresenceView, type Press, useSendingPress } from './use-presence.ts';

const TICK_MS = 250;
const CONFIRMED_SHOWN_MS = 2_500;

type Asking = Exclude<PresenceView, { state: 'missed' }>;

export interface ReplayPresence {
  asking: Asking | null;
  /** It was missed, or is by what this page knows: nothing counts until `press`. */
  missed: boolean;
  sending: boolean;
  failure: string | null;
  press: () => void;
}

/**
 * Presence checks of a replay, which come with what is stored of it. The picture stops while nothing counts.
 * @param since when it began to be played on this page (`performance.now()`): before, nobody is asked
 */
export function useReplayPresence(
  link: RoomLink,
  view: RoomView,
  player: PlayerHandle,
  since: number | null,
): ReplayPresence {
  const replay = since === null ? null : view.replay;
  const check = replay?.status.check ?? null;
  const until = replay && check ? Math.max(replay.at, since ?? 0) + check.leftMs : null;
  const [now, setNow] = useState(() => performance.now());
  const [press, setPress] = useState<Press | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [failure, setFailure] = useState<string | null>(null);

  useEffect(() => {
    if (until === null) return;
    setNow(performance.now());
    const timer = setInterval(() => setNow(performance.now()), TICK_MS);
    return () => clearInterval(timer);
  }, [until]);

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

  const remainingMs = until === null ? 0 : Math.max(0, until - now);
  const missed = replay !== null && (replay.status.missed || (check !== null && remainingMs === 0));
  useStopWhile(missed, replay?.status.resumeAt ?? null, player);

  function confirm(): void {
    setFailure(null);
    const checkId = check?.id ?? null;
    setPress({ checkId, at: performance.now(), pdt: player.pdt() });
    if (checkId && link.ticket) keepPress({ ticket: link.ticket, checkId, at: Date.now() });
    else forgetPress();
  }

  const shown = { id: check?.id ?? '', openedPdt: 0, windowMs: PRESENCE_WINDOW_MS, spreadMs: 0 };
  const asking = askingView();
  return { asking, missed: missed && !asking, sending: press !== null, failure, press: confirm };

  function askingView(): Asking | null {
    if (done && !check) return { state: 'confirmed', check: shown, remainingMs: 0, press: () => undefined };
    if (!check || missed) return null;
    return { state: press ? 'sending' : 'asking', check: shown, remainingMs, press: confirm };
  }
}

/** What is played meanwhile would have to be watched again. Afterwards it goes on where it stopped to count. */
function useStopWhile(missed: boolean, resumeAt: number | null, player: PlayerHandle): void {
  const now = useRef({ resumeAt, player });
  now.current = { resumeAt, player };
  const before = useRef(false);
  useEffect(() => {
    if (missed) now.current.player.pause();
    else if (before.current) {
      if (now.current.resumeAt !== null) now.current.player.seek(now.current.resumeAt);
      now.current.player.play();
    }
    before.current = missed;
  }, [missed]);
}

const LOOK_MS = 500;

/**
 * How far a replay that counts may be gone to: to where the person was, and on with the picture. Whatever goes beyond, by whichever
 * control, is brought back.
 * @param strict null: one may go anywhere
 */
export function useReach(
  strict: { furthest: number; skipMs: number } | null,
  player: PlayerHandle,
  onBeyond: () => void,
): { to: () => number; onBeyond: () => void } | null {
  const reach = useRef(0);
  reach.current = Math.max(reach.current, strict?.furthest ?? 0);
  const now = useRef({ player, onBeyond });
  now.current = { player, onBeyond };
  const skipMs = strict?.skipMs ?? null;
  useEffect(() => {
    if (skipMs === null) return;
    const timer = setInterval(() => {
      const place = now.current.player.pdt();
      if (place === null) return;
      if (place <= reach.current + skipMs) reach.current = Math.max(reach.current, place);
      else {
        now.current.player.seek(reach.current);
        now.current.onBeyond();
      }
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, [skipMs]);
  return strict && { to: () => reach.current, onBeyond };
}
