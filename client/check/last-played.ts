import type { NetworkFigures } from '#contract/network.ts';

/** What happened to the picture of a class since this page was loaded. */
export type Played = NonNullable<NetworkFigures['playing']>;

const ERRORS = 8;
const ERROR_LENGTH = 80;

let kept: { sessionId: string; played: Played } | null = null;

/** null: nothing of that class was played here. */
export function lastPlayed(sessionId: string | null): Played | null {
  return kept?.sessionId === sessionId ? kept.played : null;
}

/** Notes what the player could not do. */
export function noteTrouble(sessionId: string, what: string): void {
  const played = open(sessionId);
  const words = what.replace(/[^\x20-\x7e]/g, '?').slice(0, ERROR_LENGTH);
  played.errors = [...played.errors, words].slice(-ERRORS);
}

/** Notes stalls of the element, what it shows, and how far behind, until the returned function is called. */
export function followPlaying(
  element: HTMLVideoElement,
  sessionId: string,
  latencyMs: () => number | null,
): () => void {
  const played = open(sessionId);
  let hasPlayed = false;
  let stalledAt: number | null = null;
  const goesOn = () => {
    if (stalledAt !== null) played.stalledMs += Math.round(performance.now() - stalledAt);
    stalledAt = null;
  };
  const listeners: [string, () => void][] = [
    [
      'waiting',
      () => {
        // The first picture, and another place in the class, have to be waited for.
        if (!hasPlayed || element.seeking || stalledAt !== null) return;
        played.stalls += 1;
        stalledAt = performance.now();
      },
    ],
    [
      'playing',
      () => {
        hasPlayed = true;
        goesOn();
        played.latencyMs = rounded(latencyMs());
      },
    ],
    ['emptied', goesOn],
    [
      'resize',
      () => {
        played.lines = Math.min(element.videoWidth, element.videoHeight) || null;
      },
    ],
  ];
  for (const [name, listener] of listeners) element.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of listeners) element.removeEventListener(name, listener);
    goesOn();
    played.latencyMs = rounded(latencyMs()) ?? played.latencyMs;
  };
}

function open(sessionId: string): Played {
  if (kept?.sessionId !== sessionId) {
    kept = { sessionId, played: { stalls: 0, stalledMs: 0, lines: null, latencyMs: null, errors: [] } };
  }
  return kept.played;
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.max(0, Math.round(ms));
}
