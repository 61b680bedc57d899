import { type RefObject, useEffect, useId, useRef, useState } from 'react';
import { CheckLink } from './check-link.tsx';
import { choices, type Quality } from './quality.ts';
import { useRoomText } from './text.ts';
import type { PlayerHandle } from './use-player.ts';

const LATENCY_EVERY_MS = 1_000;

/** Says how sharp the picture is and how far behind; lets choose where there is a choice. */
export function QualityMenu({ player }: { player: PlayerHandle }) {
  const t = useRoomText();
  const id = useId();
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const { ladder, quality, lines } = player.view;
  const offered = choices(ladder);

  const shown = lines === null ? null : t('lines', { lines });
  const name = (each: Quality) => {
    if (each === 'sound') return t('soundOnly');
    if (each !== 'auto') return t('lines', { lines: each });
    return quality === 'auto' && shown ? t('autoNow', { quality: shown }) : t('auto');
  };

  function close() {
    setOpen(false);
    button.current?.focus();
  }
  useDismissal(box, open, () => setOpen(false), close);

  return (
    <div className="quality" ref={box}>
      <button
        ref={button}
        type="button"
        className="quality__button"
        aria-label={t('qualityNow', { quality: name(quality) })}
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
      >
        {quality === 'auto' ? t('auto') : quality === 'sound' ? t('soundShort') : name(quality)}
      </button>
      {open && (
        <div className="quality__menu" id={id}>
          {offered.length > 0 ? (
            <Choices offered={offered} chosen={quality} name={name} onChoose={player.setQuality} onDone={close} />
          ) : (
            <p>{t('qualityNow', { quality: shown ?? name(quality) })}</p>
          )}
          <Latency player={player} />
          <CheckLink />
        </div>
      )}
    </div>
  );
}

function Choices({
  offered,
  chosen,
  name,
  onChoose,
  onDone,
}: {
  offered: Quality[];
  chosen: Quality;
  name: (quality: Quality) => string;
  onChoose: (quality: Quality) => void;
  onDone: () => void;
}) {
  const t = useRoomText();
  const group = useId();
  const list = useRef<HTMLFieldSetElement>(null);
  // Arrow keys choose in passing, a finger means what it touches.
  const byPointer = useRef(false);
  useEffect(() => list.current?.querySelector<HTMLElement>('input:checked')?.focus(), []);

  return (
    <fieldset
      ref={list}
      className="quality__choices"
      onPointerDown={() => {
        byPointer.current = true;
      }}
      onKeyDown={(event) => {
        byPointer.current = false;
        if (event.key === 'Enter') onDone();
      }}
    >
      <legend>{t('quality')}</legend>
      {offered.map((each) => (
        <label key={each} className={`quality__choice${each === chosen ? ' quality__choice--chosen' : ''}`}>
          <input
            type="radio"
            name={group}
            checked={each === chosen}
            onChange={() => {
              onChoose(each);
              if (byPointer.current) onDone();
            }}
          />
          {name(each)}
        </label>
      ))}
    </fieldset>
  );
}

function Latency({ player }: { player: PlayerHandle }) {
  const t = useRoomText();
  const [ms, setMs] = useState(player.latencyMs);
  const read = useRef(player.latencyMs);
  read.current = player.latencyMs;
  useEffect(() => {
    const timer = setInterval(() => setMs(read.current()), LATENCY_EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <p className="quality__latency numbers">
      {ms === null ? t('latencyUnknown') : t('latency', { seconds: (ms / 1_000).toFixed(1) })}
    </p>
  );
}

/** A press or the focus elsewhere calls `onLeft`, the Escape key `onEscape`. */
function useDismissal(
  box: RefObject<HTMLElement | null>,
  open: boolean,
  onLeft: () => void,
  onEscape: () => void,
): void {
  const newest = useRef({ onLeft, onEscape });
  newest.current = { onLeft, onEscape };
  useEffect(() => {
    if (!open) return;
    const onElsewhere = (event: Event) => {
      if (event.target instanceof Node && !box.current?.contains(event.target)) newest.current.onLeft();
    };
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && newest.current.onEscape();
    document.addEventListener('pointerdown', onElsewhere);
    document.addEventListener('focusin', onElsewhere);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('pointerdown', onElsewhere);
      document.removeEventListener('focusin', onElsewhere);
      document.removeEventListener('keydown', onKey);
    };
  }, [box, open]);
}
