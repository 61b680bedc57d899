import { io } from 'socket.io-client';
import { call } from '#client/api.ts';
import { serverNow } from '#client/server-clock.ts';
import type { NetworkFigures } from '#contract/network.ts';
import { type ClassToCheck, openClass } from './class-to-check.ts';
import { goOn } from './go-on.ts';
import { lastPlayed } from './last-played.ts';
import { checkMedia } from './media.ts';
import { roundTrips } from './round-trips.ts';

/** In this order. */
export const STEPS = ['browser', 'api', 'socket', 'media', 'speed'] as const;
export type Step = (typeof STEPS)[number];

export interface Checked {
  figures: NetworkFigures;
  /** Whose bytes were asked for: what an office would have to let through. */
  mediaHost: string;
}

const ROUND_TRIPS = 10;
/** With so many lost in a row from the first on, the rest would be lost too. */
const HOPELESS = 3;
const ROUND_TRIP_MS = 5_000;
const CONNECT_MS = 8_000;

/**
 * Measures the way from this browser to a class, step by step; takes half a minute at most where something answers.
 * @param onStep called as each step begins
 */
export async function measure(
  sessionId: string | null,
  signal: AbortSignal,
  onStep: (step: Step) => void,
): Promise<Checked> {
  onStep('browser');
  const playsBy = playsByWhat();
  onStep('api');
  const { api, shortestMs } = await askOften(signal);
  onStep('socket');
  const socket = api.lost === api.sent ? NO_SOCKET : await connect();
  goOn(signal);
  onStep('media');
  const of = await classToCheck(sessionId);
  const { media, speed, needs } = await checkMedia(of, shortestMs, signal, () => onStep('speed'));
  return {
    mediaHost: new URL(of?.playlist ?? '/', location.href).host,
    figures: {
      playsBy,
      line: lineOf(),
      // The clock is learnt from answers.
      clockOffsetMs: api.lost === api.sent ? null : Math.round(serverNow() - Date.now()),
      api,
      socket,
      media,
      speed,
      needs,
      playing: lastPlayed(sessionId),
    },
  };
}

async function classToCheck(sessionId: string | null): Promise<ClassToCheck | null> {
  if (sessionId === null) return null;
  // Nobody signed in, not invited, or no answer: then only whether the media server can be reached is known.
  return openClass(sessionId).catch(() => null);
}

/** H.264 with AAC, as every class is sent. */
const FORMAT = 'video/mp4; codecs="avc1.42E01E,mp4a.40.2"';

function playsByWhat(): NetworkFigures['playsBy'] {
  const { MediaSource, ManagedMediaSource } = window as unknown as Record<
    string,
    { isTypeSupported?: (type: string) => boolean } | undefined
  >;
  if ([ManagedMediaSource, MediaSource].some((source) => source?.isTypeSupported?.(FORMAT))) return 'media-source';
  const video = document.createElement('video');
  return video.canPlayType('application/vnd.apple.mpegurl') && video.canPlayType(FORMAT) ? 'native' : null;
}

function lineOf(): string | null {
  const { connection } = navigator as { connection?: { type?: string; effectiveType?: string } };
  const words = [connection?.type, connection?.effectiveType].filter(Boolean).join(' ');
  return words === '' ? null : words.replace(/[^\x20-\x7e]/g, '').slice(0, 80);
}

async function askOften(signal: AbortSignal): Promise<{ api: NetworkFigures['api']; shortestMs: number }> {
  const times: (number | null)[] = [];
  while (times.length < ROUND_TRIPS) {
    times.push(await askOnce(signal));
    if (times.length === HOPELESS && times.every((time) => time === null)) break;
  }
  return { api: roundTrips(times), shortestMs: Math.min(...times.map((time) => time ?? ROUND_TRIP_MS)) };
}

async function askOnce(signal: AbortSignal): Promise<number | null> {
  const patience = new AbortController();
  const stop = () => patience.abort();
  const timer = setTimeout(stop, ROUND_TRIP_MS);
  signal.addEventListener('abort', stop);
  const begun = performance.now();
  try {
    await call('GET /me', { signal: patience.signal });
    return performance.now() - begun;
  } catch {
    goOn(signal);
    return null;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}

const NO_SOCKET: NetworkFigures['socket'] = { websocketMs: null, pollingMs: null };

/** Long polling matters only where WebSocket does not come about. */
async function connect(): Promise<NetworkFigures['socket']> {
  const websocketMs = await connectBy('websocket');
  return { websocketMs, pollingMs: websocketMs === null ? await connectBy('polling') : null };
}

function connectBy(transport: 'websocket' | 'polling'): Promise<number | null> {
  const begun = performance.now();
  const socket = io({ forceNew: true, transports: [transport], reconnection: false, timeout: CONNECT_MS });
  return new Promise<number | null>((resolve) => {
    socket.on('connect', () => resolve(Math.round(performance.now() - begun)));
    socket.on('connect_error', () => resolve(null));
  }).finally(() => socket.disconnect());
}
