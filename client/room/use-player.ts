import { type RefObject, useEffect, useRef, useState } from 'react';
import type { Player } from './playback.ts';
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
  /** Plays with sound; must be called from a tap. */
  play: () => void;
  setMuted: (muted: boolean) => void;
  /** Plays that, and remembers it on this device. */
  setQuality: (quality: Quality) => void;
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

/** Plays `/media/<prefix>/` in the element while there is a prefix, and reports to the room's beats what was really played. */
export function usePlayer(
  video: RefObject<HTMLVideoElement | null>,
  link: RoomLink,
  prefix: string | null,
  admissions: number,
): PlayerHandle {
  const [view, setView] = useState(IDLE);
  const [generation, setGeneration] = useState(0);
  const player = useRef<Player | null>(null);
  const deniedAt = useRef<number | null>(null);

  // A token newer than the refusal: try again.
  useEffect(() => {
    if (deniedAt.current === null || admissions <= deniedAt.current) return;
    deniedAt.current = null;
    setGeneration((before) => before + 1);
  }, [admissions]);

  const newest = useRef(admissions);
  newest.current = admissions;

  // biome-ignore lint/correctness/useExhaustiveDependencies: a new generation is a new player
  useEffect(() => {
    const element = video.current;
    if (!element || !prefix) return;
    let stopped = false;
    const change = (changes: Partial<PlayerView>) => setView((before) => ({ ...before, ...changes }));

    void playerModule.then(({ createPlayer }) => {
      if (stopped) return;
      const sources = { picture: `/media/${prefix}/index.m3u8`, sound: `/media/${prefix}/sound.m3u8` };
      player.current = createPlayer(element, sources, recallQuality(), {
        onSource: () =>
          void playAloudOrMuted(
            element,
            (muted) => change({ muted }),
            () => change({ paused: true }),
          ),
        onTrouble: (trouble) => trouble && change({ waiting: true }),
        onDenied: () => {
          deniedAt.current = newest.current;
          link.enterSoon();
        },
        onQuality: (ladder, quality) => change({ ladder, quality }),
      });
    });

    const stopWatching = watchElement(element, change);
    const stopSampling = sampleInto(element, () => player.current?.pdt() ?? null, link);
    const stopWakeLock = keepAwake(element);
    return () => {
      stopped = true;
      stopSampling();
      stopWatching();
      stopWakeLock();
      player.current?.destroy();
      player.current = null;
    };
  }, [video, link, prefix, generation]);

  return {
    view,
    pdt: () => player.current?.pdt() ?? null,
    play() {
      const element = video.current;
      if (!element) return;
      element.muted = false;
      player.current?.catchUp();
      void playAloudOrMuted(
        element,
        (muted) => setView((before) => ({ ...before, muted, paused: false })),
        () => setView((before) => ({ ...before, paused: true })),
      );
    },
    setMuted(muted) {
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

function watchElement(element: HTMLVideoElement, change: (changes: Partial<PlayerView>) => void): () => void {
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
  const onBridge = () =>
    void playAloudOrMuted(
      element,
      (muted) => change({ muted }),
      () => change({ paused: true }),
    );
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
