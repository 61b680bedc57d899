/*
 * Which picture of a class stands for it: not the black before it, nor the slate, nor an empty page, where there is anything else.
 */

/** What a picture is judged by: one byte of brightness for each of so many places. */
export const GLANCE = { width: 32, height: 18 };
export const GLANCE_BYTES = GLANCE.width * GLANCE.height;

/** Speakers are not ready yet, and pictures fade in. */
const SETTLED_MS = 5_000;
/** Brightnesses that look the same. */
const STEP = 8;
/** With so much of one brightness there is hardly anything to see. */
const PLAIN = 0.8;
/** A picture that is mostly darker says less than an empty page. */
const DARK = 48;

export interface Glance {
  /** When it was seen, epoch ms. */
  at: number;
  bytes: Uint8Array;
}

/** The best of pictures in order; undefined of none. */
export function choosePoster(glances: readonly Glance[]): Glance | undefined {
  const [first] = glances;
  if (!first) return undefined;
  const settled = glances.filter(({ at }) => at >= first.at + SETTLED_MS);
  const judged = (settled.length > 0 ? settled : glances).map((glance) => ({ glance, ...judge(glance.bytes) }));
  const clear = judged.find(({ share }) => share < PLAIN);
  const bright = judged.filter(({ common }) => common >= DARK);
  const leastPlain = (of: typeof judged) => of.reduce((best, each) => (each.share < best.share ? each : best));
  return (clear ?? leastPlain(bright.length > 0 ? bright : judged)).glance;
}

/** Its commonest brightness, and how much of it there is. */
function judge(bytes: Uint8Array): { common: number; share: number } {
  const counts = new Uint32Array(256 / STEP + 1);
  for (const byte of bytes) {
    const at = Math.floor(byte / STEP);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  let best = 0;
  // Noise around the border of two steps is one brightness.
  const around = (at: number) => (counts[at] ?? 0) + (counts[at + 1] ?? 0);
  for (let at = 1; at < counts.length; at += 1) if (around(at) > around(best)) best = at;
  return { common: best * STEP, share: around(best) / Math.max(1, bytes.length) };
}
