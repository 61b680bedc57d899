/** One size of the picture. Rates are kbit/s. */
export interface Rung {
  /** Its name in addresses and on pages. */
  name: string;
  height: number;
  bitrate: number;
  /** Above this it never goes for longer than a second. */
  peak: number;
}

/** Slides with a speaker stay legible at these rates; from the top down. */
export const RUNGS: readonly Rung[] = [
  { name: '720p', height: 720, bitrate: 1_500, peak: 1_800 },
  { name: '480p', height: 480, bitrate: 800, peak: 960 },
  { name: '360p', height: 360, bitrate: 400, peak: 480 },
];

/** Name of the rendition that is sound alone. */
export const SOUND = 'sound';
export const SOUND_BITRATE = 96;

/** Every name that a rendition can have, from the top down. */
export const RENDITIONS: readonly string[] = [...RUNGS.map(({ name }) => name), SOUND];

/** A picture is not enlarged: one this much lower than a rung still fills it. */
const NEARLY = 0.9;

/** The rungs that a picture of this height fills, at least the lowest. `height` is null while unknown. */
export function rungsFor(rungs: readonly Rung[], height: number | null): Rung[] {
  if (height === null) return [...rungs];
  const filled = rungs.filter((rung) => height >= rung.height * NEARLY);
  return filled.length > 0 ? filled : rungs.slice(-1);
}

/**
 * One step less to encode: first without the rungs between, then with the lowest alone. The lowest stays.
 * @param copied the first is the publisher's own picture, which costs nothing and stays as well
 */
export function reduced(rungs: readonly Rung[], copied = false): Rung[] {
  const [top, lowest] = [rungs[0], rungs.at(-1)];
  if (!top || !lowest) return [];
  if (rungs.length > 2) return [top, lowest];
  return copied ? [...rungs] : [lowest];
}

/**
 * Which of the encoder's outputs stands in for each rung: its own, or else the nearest below, or else above. So the rungs
 * that viewers know stay the same over a publisher with a smaller picture and over a ladder that was cut down.
 */
export function outputFor(rung: string, outputs: readonly string[]): string | undefined {
  if (outputs.includes(rung)) return rung;
  const order = RUNGS.map(({ name }) => name);
  const place = order.indexOf(rung);
  const lower = order.slice(place + 1).find((name) => outputs.includes(name));
  return lower ?? order.slice(0, Math.max(0, place)).findLast((name) => outputs.includes(name));
}
