import { type KeyboardEvent, type PointerEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { formatClock, formatTime } from '#client/format.ts';
import { serverNow } from '#client/server-clock.ts';
import type { Pictures } from './pictures.ts';
import { nearLive, outOfLive, step } from './seeking.ts';
import { useRoomText } from './text.ts';
import type { PlayerHandle } from './use-player.ts';

const TICK_MS = 500;
/** A player that was told to go somewhere is there, or will not be, after this. */
const SETTLED_MS = 4_000;
const RATES = [1, 1.25, 1.5];
/** Width of what is dragged, as room.css has it: the middle of it never comes nearer to an end than half of that. */
const THUMB_PX = 16;

interface Range {
  /** The class on the session axis, epoch ms. */
  first: number;
  /** Its end; null while it runs. */
  last: number | null;
}

/**
 * Where in the class the picture is, and the way to another place: back in a class that runs and to its present again, or anywhere
 * in one that is over.
 */
export function Timeline({
  range,
  player,
  past,
  pictures = null,
  reach = null,
  onSeek,
  onLive,
}: {
  range: Range;
  player: PlayerHandle;
  /** Of a recording; none are made while a class runs. */
  pictures?: Pictures | null;
  /** Not at the class as it runs. */
  past: boolean;
  /** Of a replay that counts: nobody goes further, nor faster. */
  reach?: { to: () => number; onBeyond: () => void } | null;
  onSeek: (pdtMs: number) => void;
  onLive: () => void;
}) {
  const t = useRoomText();
  const live = range.last === null;
  const end = useEnd(range.last);
  const [at, setAt] = usePlace(player, past, end);
  const place = Math.min(Math.max(at, range.first), end);
  const clock = formatClock(place - range.first);

  function say(pdtMs: number): string {
    const where = { clock: formatClock(pdtMs - range.first), time: formatTime(pdtMs) };
    if (!live) return t('place', where);
    return past || pdtMs < end
      ? t('placeBehind', { ...where, behind: formatClock(end - pdtMs) })
      : t('placeLive', where);
  }

  function go(pdtMs: number) {
    if (live && nearLive(pdtMs, end)) onLive();
    else {
      const to = Math.min(pdtMs, reach?.to() ?? pdtMs);
      if (to < pdtMs) reach?.onBeyond();
      setAt(to);
      onSeek(to);
    }
  }

  return (
    <div className="timeline">
      {past && <PlayButton player={player} />}
      <Slider
        range={{ first: range.first, end }}
        place={place}
        say={say}
        pictures={pictures}
        onDrag={go}
        onStep={(pdtMs) => go(live && !past ? outOfLive(pdtMs, end) : pdtMs)}
      />
      {past && (
        <span className="timeline__clock numbers" aria-hidden="true">
          {live ? `-${formatClock(end - place)}` : `${clock} / ${formatClock(end - range.first)}`}
        </span>
      )}
      {live ? (
        <button
          type="button"
          className={`timeline__way${past ? ' timeline__way--live' : ''}`}
          onClick={() => (past ? onLive() : go(range.first))}
        >
          {t(past ? 'toLive' : 'fromStart')}
        </button>
      ) : (
        !reach && <Rate player={player} />
      )}
    </div>
  );
}

/** The end of the axis as of now. */
function useEnd(last: number | null): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    if (last !== null) return;
    const timer = setInterval(() => setNow(serverNow()), TICK_MS);
    return () => clearInterval(timer);
  }, [last]);
  return last ?? now;
}

/** Where the picture is; after a wish to go elsewhere, there, until the player has followed. */
function usePlace(player: PlayerHandle, past: boolean, end: number): [number, (pdtMs: number) => void] {
  const [shown, setShown] = useState<number | null>(null);
  const wish = useRef<{ pdtMs: number; until: number } | null>(null);
  const read = useRef(player.pdt);
  read.current = player.pdt;
  useEffect(() => {
    if (!past) return;
    const look = () => {
      const now = read.current();
      const wished = wish.current;
      const arrived = wished && now !== null && Math.abs(now - wished.pdtMs) < 2_000;
      if (wished && (arrived || performance.now() > wished.until)) wish.current = null;
      if (now !== null && !wish.current) setShown(now);
    };
    look();
    const timer = setInterval(look, TICK_MS);
    return () => clearInterval(timer);
  }, [past]);
  return [
    past ? (wish.current?.pdtMs ?? shown ?? end) : end,
    (pdtMs) => {
      wish.current = { pdtMs, until: performance.now() + SETTLED_MS };
      setShown(pdtMs);
    },
  ];
}

function Slider({
  range,
  place,
  say,
  pictures,
  onDrag,
  onStep,
}: {
  range: { first: number; end: number };
  place: number;
  say: (pdtMs: number) => string;
  pictures: Pictures | null;
  onDrag: (pdtMs: number) => void;
  /** From the keyboard, or by what reads the page aloud. */
  onStep: (pdtMs: number) => void;
}) {
  const t = useRoomText();
  const [drag, setDrag] = useState<number | null>(null);
  const [hover, setHover] = useState<number | null>(null);
  /** Keys are used, and what they lead to is shown until it is dismissed. */
  const [keyed, setKeyed] = useState(false);
  const dragged = useRef<number | null>(null);
  const held = useRef(false);
  const input = useRef<HTMLInputElement>(null);
  const value = drag ?? place;
  const share = (100 * (value - range.first)) / Math.max(1, range.end - range.first);

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Escape') setKeyed(false);
    const to = step(event.key, place, { first: range.first, last: range.end });
    if (to === null) return;
    event.preventDefault();
    onStep(to);
  }
  /** A finger has nothing to hover with. */
  function point(event: PointerEvent<HTMLInputElement>) {
    if (event.pointerType !== 'mouse') return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    const at = (event.clientX - left - THUMB_PX / 2) / Math.max(1, width - THUMB_PX);
    setHover(range.first + Math.min(1, Math.max(0, at)) * (range.end - range.first));
  }
  function take(pdtMs: number | null) {
    dragged.current = pdtMs;
    setDrag(pdtMs);
  }
  /** Whichever says first that it was let go of. */
  function drop() {
    const to = dragged.current;
    const byHand = held.current;
    held.current = false;
    if (to === null) return;
    take(null);
    (byHand ? onDrag : onStep)(to);
  }
  const onChange = useRef(drop);
  onChange.current = drop;
  // What reads the page aloud sets the value without a pointer or a key, and React's own event of that name comes at every movement.
  useEffect(() => {
    const element = input.current;
    const listener = () => onChange.current();
    element?.addEventListener('change', listener);
    return () => element?.removeEventListener('change', listener);
  }, []);

  return (
    <span className="timeline__slider">
      <Glance
        pdtMs={drag ?? hover ?? (keyed && pictures ? place : null)}
        range={range}
        input={input}
        pictures={pictures}
      />
      <input
        ref={input}
        type="range"
        aria-label={t('seekBar')}
        aria-valuetext={say(value)}
        min={range.first}
        max={Math.max(range.end, range.first + 1)}
        step={1_000}
        value={value}
        style={{ backgroundSize: `${share}% 4px, 100% 4px` }}
        onChange={(event) => take(Number(event.target.value))}
        onPointerDown={() => {
          held.current = true;
          setKeyed(false);
        }}
        onPointerMove={point}
        onPointerLeave={() => setHover(null)}
        onPointerUp={drop}
        onTouchEnd={drop}
        onTouchCancel={drop}
        onBlur={() => {
          drop();
          setKeyed(false);
        }}
        onKeyDown={onKeyDown}
        // Also of the key that has led here.
        onKeyUp={(event) => event.key !== 'Escape' && setKeyed(true)}
      />
    </span>
  );
}

/** What is to be seen at a place to which one may go, and when that was. The slider itself says it to those who listen. */
function Glance({
  pdtMs,
  range: { first, end },
  input,
  pictures,
}: {
  pdtMs: number | null;
  range: { first: number; end: number };
  input: RefObject<HTMLInputElement | null>;
  pictures: Pictures | null;
}) {
  if (pdtMs === null) return null;
  const { offsetLeft = 0, offsetWidth = 0 } = input.current ?? {};
  const share = Math.min(1, Math.max(0, (pdtMs - first) / Math.max(1, end - first)));
  const middle = offsetLeft + THUMB_PX / 2 + share * (offsetWidth - THUMB_PX);
  const picture = pictures?.before(pdtMs);
  // Within the bar, over the whole of its width.
  const margin = (picture ? picture.width / 2 : 28) + 8;
  return (
    <span
      className="timeline__glance numbers"
      aria-hidden="true"
      style={{ left: `max(${margin}px, min(${middle}px, calc(100% - ${margin}px)))` }}
    >
      {picture && (
        <span
          className="timeline__picture"
          style={{
            width: picture.width,
            height: picture.height,
            backgroundImage: `url("${picture.sheet}")`,
            backgroundPosition: `${-picture.left}px ${-picture.top}px`,
          }}
        />
      )}
      {formatClock(pdtMs - first)}
    </span>
  );
}

function PlayButton({ player }: { player: PlayerHandle }) {
  const t = useRoomText();
  const { paused } = player.view;
  return (
    <button
      type="button"
      className="timeline__button"
      aria-label={t(paused ? 'play' : 'pause')}
      onClick={() => (paused ? player.play() : player.pause())}
    >
      <svg viewBox="0 0 24 24" aria-hidden="true">
        {paused ? <path d="M8 5.5v13l11-6.5z" fill="currentColor" /> : <path d="M8.5 5.5v13M15.5 5.5v13" />}
      </svg>
    </button>
  );
}

function Rate({ player }: { player: PlayerHandle }) {
  const t = useRoomText();
  const [rate, setRate] = useState(1);
  const next = RATES[(RATES.indexOf(rate) + 1) % RATES.length] ?? 1;
  return (
    <button
      type="button"
      className="timeline__way numbers"
      aria-label={t('rate', { rate })}
      onClick={() => {
        setRate(next);
        player.setRate(next);
      }}
    >
      {rate}×
    </button>
  );
}
