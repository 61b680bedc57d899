/** The rate is that of so long: steady enough to read, quick enough to notice a network that got slower. */
const WINDOW_MS = 15_000;
const LEAST_MS = 1_500;

/** How fast an upload is. Times are in ms, of any clock. */
export class Speed {
  #samples: { at: number; bytes: number }[] = [];

  /** @param bytes sent so far, in all; going back (something was sent again) begins anew */
  note(at: number, bytes: number): void {
    const last = this.#samples.at(-1);
    if (last && bytes < last.bytes) this.#samples = [];
    this.#samples.push({ at, bytes });
    while ((this.#samples[0]?.at ?? at) < at - WINDOW_MS && this.#samples.length > 2) this.#samples.shift();
  }

  /** Bytes a second; null until it is known. */
  get rate(): number | null {
    const [first, last] = [this.#samples[0], this.#samples.at(-1)];
    if (!first || !last || last.at - first.at < LEAST_MS) return null;
    return ((last.bytes - first.bytes) * 1_000) / (last.at - first.at);
  }
}

/** How long the rest takes at this rate, ms; null when nobody can tell. */
export function remainingMs(left: number, rate: number | null): number | null {
  return rate === null || rate <= 0 ? null : (left / rate) * 1_000;
}
