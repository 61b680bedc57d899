import type { Levels } from '#contract/media.ts';
import type { Clock } from './clock.ts';

/** Names under which ffmpeg's filters say what they measured. */
export const LOUDNESS = 'lavfi.astats.Overall.RMS_level';
export const BRIGHTEST = 'lavfi.signalstats.YMAX';

/** Quieter than a room with nobody in it, dBFS. */
const SILENCE_DB = -60;
/** Of digital silence, which is minus infinity. */
const FLOOR_DB = -90;
/** No point of the picture is brighter: black is 16, and a lens with its cap on is not far above. */
const BLACK_LUMA = 40;
/** A line is far shorter. */
const MAX_REST = 1_000;

/** How loud a publisher is and whether its picture is black, as ffmpeg's filters print it beside encoding. */
export class Meter {
  readonly #clock: Clock;
  #rest = '';
  #soundDb: number | null = null;
  #silentSince: number | null = null;
  #blackSince: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-MAX_REST);
    for (const line of lines) {
      const [name, value = ''] = line.split('=', 2);
      if (name === LOUDNESS) this.#hear(Number(value.replace('inf', 'Infinity')));
      else if (name === BRIGHTEST) this.#see(Number(value));
    }
  }

  get levels(): Levels {
    const since = (from: number | null) => (from === null ? 0 : Math.max(0, this.#clock() - from));
    return { soundDb: this.#soundDb, silentMs: since(this.#silentSince), blackMs: since(this.#blackSince) };
  }

  #hear(decibels: number): void {
    if (Number.isNaN(decibels)) return;
    this.#soundDb = Math.round(Math.max(FLOOR_DB, decibels) * 10) / 10;
    this.#silentSince = decibels > SILENCE_DB ? null : (this.#silentSince ?? this.#clock());
  }

  #see(luma: number): void {
    if (Number.isNaN(luma)) return;
    this.#blackSince = luma > BLACK_LUMA ? null : (this.#blackSince ?? this.#clock());
  }
}
