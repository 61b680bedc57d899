import { type RefObject, useEffect, useRef, useState } from 'react';
import { followPlaying, noteTrouble } from '#client/check/last-played.ts';
import type { RoomSnapshot } from '#contract/live.ts';
import { PlayWish } from './play-wish.ts';
import { type Past, type Player, type PlayerEvents, sourcesOf } from './playback.ts';
import { reloadWhenRefused } from './policy-reload.ts';
import { type Ladder, linesOf, NO_LADDER, type Quality, recallQuality, rememberQuality } from './quality.ts';
import type { RoomLink } from './room-link.ts';

/** Loaded beside the page, so that it is there when the admission arrives. */
const playerModule = import('./player.ts');

const SAMPLE_MS = 250;

export interface PlayerView {
  /** The first frame has been shown. */
  started: boolean;
  /** Standing still though it should play: loading or being mended. */
  waiting: boolean;
  paused: boolean;
  /** Silent because the browser refused sound without a tap. */
  muted: boolean;
  ladder: Ladder;
  /** What of the ladder is chosen. */
  quality: Quality;
  /** Lines of the picture on the screen; null without one. */
  lines: number | null;
}

export interface PlayerHandle {
  view: PlayerView;
  /** PROGRAM-DATE-TIME of the frame shown, epoch ms. */
  pdt: () => number | null;
  /** Plays, with sound unless the viewer has switched it off; must be called from a tap. */
  play: () => void;
  setMuted: (muted: boolean) => void;
  /** Plays that, and remembers it on this device. */
  setQuality: (quality: Quality) => void;
  /** Goes to that point of the session axis, epoch ms. Only where the past is played. */
  seek: (pdtMs: number) => void;
  pause: () => void;
  /** Faster than the class was held; only in a replay. */
  setRate: (rate: number) => void;
  /** How far the picture is behind the newest that the server has, ms; null while unknown. */
  latencyMs: () => number | null;
}

const IDLE: PlayerView = {
  started: false,
  waiting: true,
  paused: false,
  muted: false,
  ladder: NO_LADDER,
  quality: 'auto',
  lines: null,
};

export interface WhatToPlay {
  /** `/media/<prefix>/` is played; null: nothing of ours. */
  prefix: string | null;
  /** A stream of somebody else's is played instead. */
  outside: RoomSnapshot['outside'];
  delivery: RoomSnapshot['delivery'];
  /** Rises with each playback token. */
  admissions: number;
  /** From where on; null: the class as it runs. */
  past: Past | null;
  /** Whether what is played is reported to the room's beats. */
  credited: boolean;
}

/** Plays a broadcast in the element, and reports to the room's beats what was really played. */
export function usePlayer(
  video: RefObject<HTMLVideoElement | null>,
  link: RoomLink,
  { prefix, outside, delivery, admissions, past, credited }: WhatToPlay,
): PlayerHandle {
  const [view, setView] = useState(IDLE);
  const [generation, setGeneration] = useState(0);
  const player = useRef<Player | null>(null);
  const [wish] = useState(() => new PlayWish());
  /** Silent by the viewer's own hand. */
  const silenced = useRef(false);
  const deniedAt = useRef<number | null>(null);
  /** Where the past was when its player was ended for another token. */
  const at = useRef<number | null>(null);

  // A token newer than the refusal: try again.
  useEffect(() => {
    if (deniedAt.current === null || admissions <= deniedAt.current) return;
    deniedAt.current = null;
    setGeneration((before) => before + 1);
  }, [admissions]);

  const newest = useRef({ admissions, delivery, outside });
  newest.current = { admissions, delivery, outside };
  const outsideUrl = outside?.url ?? null;
  const begin = useRef(past);
  // Where it was goes over a new token; another wish for the past begins there.
  if (begin.current?.from !== past?.from) begin.current = past;
  const inPast = past !== null && outsideUrl === null;

  useEffect(() => {
    if (prefix && !inPast) player.current?.setSources(sourcesOf(prefix, delivery));
  }, [prefix, delivery, inPast]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is a new player
  useEffect(() => {
    const element = video.current;
    if (!element || (!prefix && !outsideUrl)) return;
    let stopped = false;
    const change = (changes: Partial<PlayerView>) => setView((before) => ({ ...before, ...changes }));

    void playerModule.then(({ createPlayer }) => {
      if (stopped) return;
      const sources = outsideUrl
        ? { picture: outsideUrl, sound: outsideUrl }
        : sourcesOf(prefix ?? '', inPast ? 'past' : newest.current.delivery);
      const elsewhere = outsideUrl ? { offsetMs: () => newest.current.outside?.offsetMs ?? null } : null;
      const from = at.current ?? begin.current?.from ?? 0;
      const start = inPast && begin.current ? { ...begin.current, from } : null;
      const events: PlayerEvents = {
        onSource() {
          if (wish.onSource(element)) playFor(element, change);
          else change({ paused: true });
        },
        onTrouble(what) {
          if (what === null) return;
          noteTrouble(link.sessionId, what);
          change({ waiting: true });
        },
        onDenied: () => {
          deniedAt.current = newest.current.admissions;
          link.enterSoon();
        },
        onQuality: (ladder, quality) => change({ ladder, quality }),
      };
      player.current = createPlayer(element, sources, recallQuality(), events, start, elsewhere);
    });

    const stopWatching = watchElement(element, change, wish);
    const stopFollowing = wish.follow(element);
    const stopNoting = followPlaying(element, link.sessionId, () => player.current?.latencyMs() ?? null);
    const stopSampling = credited ? sampleInto(element, () => player.current?.pdt() ?? null, link) : () => undefined;
    const stopWakeLock = keepAwake(element);
    const stopReloading = outsideUrl ? reloadWhenRefused() : () => undefined;
    return () => {
      stopped = true;
      stopSampling();
      stopWatching();
      stopFollowing();
      stopNoting();
      stopWakeLock();
      stopReloading();
      at.current = inPast ? (player.current?.pdt() ?? null) : null;
      player.current?.destroy();
      player.current = null;
    };
  }, [video, link, wish, prefix, outsideUrl, generation, inPast, credited]);

  return {
    view,
    pdt: () => player.current?.pdt() ?? null,
    play() {
      const element = video.current;
      if (!element) return;
      wish.set(element, true);
      if (!silenced.current) element.muted = false;
      player.current?.catchUp();
      void playAloudOrMuted(
        element,
        (muted) => setView((before) => ({ ...before, muted, paused: false })),
        () => setView((before) => ({ ...before, paused: true })),
      );
    },
    seek(pdtMs) {
      player.current?.seek(pdtMs);
    },
    pause() {
      if (!video.current) return;
      wish.set(video.current, false);
      video.current.pause();
    },
    setRate(rate) {
      if (!video.current) return;
      video.current.defaultPlaybackRate = rate;
      video.current.playbackRate = rate;
    },
    setMuted(muted) {
      silenced.current = muted;
      if (video.current) video.current.muted = muted;
      setView((before) => ({ ...before, muted }));
    },
    setQuality(quality) {
      rememberQuality(quality);
      player.current?.setQuality(quality);
    },
    latencyMs: () => player.current?.latencyMs() ?? null,
  };
}

function playFor(element: HTMLVideoElement, change: (changes: Partial<PlayerView>) => void): void {
  void playAloudOrMuted(
    element,
    (muted) => change({ muted }),
    () => change({ paused: true }),
  );
}

/** With sound where the browser lets us, else silent, else not until a tap. */
async function playAloudOrMuted(
  element: HTMLVideoElement,
  onMuted: (muted: boolean) => void,
  onRefused: () => void,
): Promise<void> {
  try {
    await element.play();
    onMuted(element.muted);
    return;
  } catch (error) {
    if (!isRefusal(error)) return;
  }
  element.muted = true;
  onMuted(true);
  try {
    await element.play();
  } catch (error) {
    if (isRefusal(error)) onRefused();
  }
}

/** A play() that a new source interrupts fails too, and means nothing. */
function isRefusal(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'NotAllowedError';
}

function watchElement(
  element: HTMLVideoElement,
  change: (changes: Partial<PlayerView>) => void,
  wish: PlayWish,
): () => void {
  const listeners: [string, () => void][] = [
    ['playing', () => change({ started: true, waiting: false, paused: false })],
    ['waiting', () => change({ waiting: true })],
    ['pause', () => change({ paused: true })],
    ['play', () => change({ paused: false })],
    ['volumechange', () => change({ muted: element.muted })],
    ['resize', () => change({ lines: linesOf({ width: element.videoWidth, height: element.videoHeight }) || null })],
  ];
  for (const [name, listener] of listeners) element.addEventListener(name, listener);
  // WeChat allows sound once its bridge is there.
  const onBridge = () => wish.wanted && playFor(element, change);
  document.addEventListener('WeixinJSBridgeReady', onBridge);
  return () => {
    for (const [name, listener] of listeners) element.removeEventListener(name, listener);
    document.removeEventListener('WeixinJSBridgeReady', onBridge);
  };
}

function sampleInto(element: HTMLVideoElement, pdt: () => number | null, link: RoomLink): () => void {
  let seeks = 0;
  const look = () => ({
    mediaMs: element.currentTime * 1_000,
    pdtMs: pdt(),
    monotonicMs: performance.now(),
    seeks,
    seeking: element.seeking,
    hidden: document.visibilityState === 'hidden',
  });
  link.look = look;
  const take = () => link.beats?.sample();
  const onJump = () => {
    seeks += 1;
    take();
  };
  const timer = setInterval(take, SAMPLE_MS);
  // Timers freeze in the background, where the element's own events may still come.
  const listeners: [EventTarget, string, () => void][] = [
    [element, 'seeking', onJump],
    // Another source: its media time has nothing to do with that before it.
    [element, 'emptied', onJump],
    [element, 'waiting', take],
    [element, 'playing', take],
    [element, 'pause', take],
    [element, 'timeupdate', take],
    [document, 'visibilitychange', take],
  ];
  for (const [target, name, listener] of listeners) target.addEventListener(name, listener);
  return () => {
    take();
    link.look = null;
    clearInterval(timer);
    for (const [target, name, listener] of listeners) target.removeEventListener(name, listener);
  };
}

/** Keeps the screen on while playing, where the browser can (https only). */
function keepAwake(element: HTMLVideoElement): () => void {
  let lock: WakeLockSentinel | null = null;
  let stopped = false;
  const acquire = async () => {
    const { wakeLock } = navigator as { wakeLock?: WakeLock };
    if (!wakeLock || (lock && !lock.released) || document.visibilityState === 'hidden') return;
    try {
      lock = await wakeLock.request('screen');
      if (stopped) await lock.release();
    } catch {
      // Refused on low battery; the class goes on.
    }
  };
  element.addEventListener('playing', acquire);
  document.addEventListener('visibilitychange', acquire);
  return () => {
    stopped = true;
    element.removeEventListener('playing', acquire);
    document.removeEventListener('visibilitychange', acquire);
    void lock?.release().catch(() => undefined);
  };
}
