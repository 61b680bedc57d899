import './presence.css';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { formatTime } from '#client/format.ts';
import { Button } from '#client/ui/button.tsx';
import { alertPerson } from './presence-alert.ts';
import { useRoomText } from './text.ts';
import type { PresenceView } from './use-presence.ts';

type Asking = Exclude<PresenceView, { state: 'missed' }>;
type Missed = Extract<PresenceView, { state: 'missed' }>;

const RING = 26;
const ROUND = 2 * Math.PI * RING;
/** Seconds left that are read out. */
const SPOKEN = [30, 10];

/** A presence check over the lower part of the picture, and for a moment that it is confirmed. */
export function PresenceCard({ presence, silenced }: { presence: Asking; silenced: boolean }) {
  const t = useRoomText();
  if (presence.state !== 'confirmed') return <Question presence={presence} silenced={silenced} />;
  return (
    <div className="presence presence--done" role="alert">
      ✓ {t('presenceConfirmed')}
    </div>
  );
}

function Question({ presence, silenced }: { presence: Asking; silenced: boolean }) {
  const t = useRoomText();
  const { state, check, remainingMs } = presence;
  const left = { share: remainingMs / check.windowMs, seconds: Math.ceil(remainingMs / 1_000) };
  useAlert(check.id, silenced);
  return (
    <PresenceDialog title={t('presenceTitle')} text={t('presenceText')} left={left}>
      <Button className="presence__button" look="primary" busy={state === 'sending'} onClick={presence.press}>
        {t('presenceHere')}
      </Button>
    </PresenceDialog>
  );
}

interface PresenceDialogProps {
  title: string;
  text: string;
  /** The text says why the answer was not taken. */
  failed?: boolean;
  /** Of the time to answer; null where that is over. */
  left: Left | null;
  /** What it is answered with. */
  children: ReactNode;
}

interface Left {
  share: number;
  seconds: number;
}

/** The class goes on around it, so nothing is locked: the focus goes to its button, unless somebody is typing, and back to where it was. */
export function PresenceDialog({ title, text, failed = false, left, children }: PresenceDialogProps) {
  const titleId = useId();
  const textId = useId();
  const { box, typing } = usePresenceFocus();
  return (
    <div
      ref={box}
      className="presence"
      role="alertdialog"
      aria-modal="false"
      aria-labelledby={titleId}
      aria-describedby={textId}
    >
      {left && <Ring {...left} />}
      <div className="presence__words">
        <h2 className="presence__title" id={titleId}>
          {title}
        </h2>
        <p className="presence__text" id={textId} role={failed ? 'alert' : undefined}>
          {text}
        </p>
      </div>
      {children}
      {left && <Spoken seconds={left.seconds} title={typing && title} />}
    </div>
  );
}

/** What is read out of a check: not each second. `title`: also what it is, to whom the focus did not say it. */
function Spoken({ seconds, title }: { seconds: number; title: string | false }) {
  const t = useRoomText();
  const spoken = SPOKEN.find((at) => seconds <= at && seconds > at - 3);
  return (
    <span className="visually-hidden" aria-live="assertive">
      {spoken === undefined ? title : t('presenceLeft', { seconds: spoken })}
    </span>
  );
}

/** What a missed check costs, and how to go on. */
export function PresenceMissed({ presence }: { presence: Missed }) {
  const t = useRoomText();
  const { from, sending, failure } = presence;
  return (
    <div className="missed" role="alert">
      <p className="missed__text">
        <strong>{t('presenceMissed')}</strong>{' '}
        {from === null ? t('presenceMissedSoon') : t('presenceMissedFrom', { time: formatTime(from) })}
        {failure && ` ${failure}`}
      </p>
      <Button className="missed__button" look="primary" busy={sending} onClick={presence.press}>
        {t('presenceHere')}
      </Button>
    </div>
  );
}

function Ring({ share, seconds }: Left) {
  const t = useRoomText();
  return (
    <div className="presence__ring numbers" role="timer" aria-label={t('presenceLeft', { seconds })}>
      <svg viewBox="0 0 60 60" aria-hidden="true">
        <circle className="presence__round" cx="30" cy="30" r={RING} />
        <circle
          className="presence__left"
          cx="30"
          cy="30"
          r={RING}
          strokeDasharray={ROUND}
          strokeDashoffset={ROUND * (1 - Math.max(0, Math.min(1, share)))}
        />
      </svg>
      <span aria-hidden="true">{seconds}</span>
    </div>
  );
}

/** Where the focus goes while a check asks, and back from. Nobody who is `typing` is interrupted. */
function usePresenceFocus() {
  const box = useRef<HTMLDivElement>(null);
  const [typing, setTyping] = useState(false);
  useEffect(() => {
    const before = document.activeElement;
    if (before instanceof HTMLTextAreaElement || before instanceof HTMLInputElement) {
      setTyping(true);
      return;
    }
    box.current?.querySelector('button')?.focus({ preventScroll: true });
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  return { box, typing };
}

/** Once for each check. */
function useAlert(checkId: string, silenced: boolean): void {
  const now = useRef(silenced);
  now.current = silenced;
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each check
  useEffect(() => alertPerson(now.current), [checkId]);
}
