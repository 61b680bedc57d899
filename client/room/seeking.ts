/** So near to the present nobody goes back to the past: it takes as long to load. */
const NEAR_LIVE_MS = 15_000;
/** The present goes on while a step is taken. */
const OUT_OF_LIVE_MS = 5_000;
const STEP_MS = 10_000;
const LONG_STEP_MS = 60_000;

export function nearLive(pdtMs: number, nowMs: number): boolean {
  return pdtMs > nowMs - NEAR_LIVE_MS;
}

/** Where one who steps back from the present gets to: past what is near it, so that a step leads somewhere. */
export function outOfLive(pdtMs: number, nowMs: number): number {
  return pdtMs < nowMs ? Math.min(pdtMs, nowMs - NEAR_LIVE_MS - OUT_OF_LIVE_MS) : pdtMs;
}

/** Where a key leads on the axis from `place`; null for one that leads nowhere. Epoch ms. */
export function step(key: string, place: number, { first, last }: { first: number; last: number }): number | null {
  const to = keyTarget(key, place, first, last);
  return to === null ? null : Math.min(last, Math.max(first, to));
}

function keyTarget(key: string, place: number, first: number, last: number): number | null {
  switch (key) {
    case 'ArrowLeft':
    case 'ArrowDown':
      return place - STEP_MS;
    case 'ArrowRight':
    case 'ArrowUp':
      return place + STEP_MS;
    case 'PageDown':
      return place - LONG_STEP_MS;
    case 'PageUp':
      return place + LONG_STEP_MS;
    case 'Home':
      return first;
    case 'End':
      return last;
    default:
      return null;
  }
}
