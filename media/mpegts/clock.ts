const TICKS_PER_MS = 90;
const TURN = 2 ** 33;
/** Where the first timestamp is put: sound may have begun before the picture that came first. */
const ORIGIN_MS = 10_000;

/** Timestamps of 33 bits, which begin anew after a day, on a publication's clock. One for all streams of a program. */
export class TsClock {
  #last: number | null = null;
  #first = 0;
  #ticks = 0;

  /** @param ticks of 90 kHz. @returns ms, of 32 bits as FLV has them */
  milliseconds(ticks: number): number {
    if (this.#last === null) {
      this.#first = ticks;
      this.#ticks = ticks;
    } else {
      const step = (((ticks - this.#last) % TURN) + TURN) % TURN;
      this.#ticks += step >= TURN / 2 ? step - TURN : step;
    }
    this.#last = ticks;
    const time = Math.round((this.#ticks - this.#first) / TICKS_PER_MS + ORIGIN_MS);
    if (time >= 0) return time >>> 0;
    // An encoder that begins anew farther back: before zero there is no time, so it goes on from there.
    this.#first = this.#ticks + ORIGIN_MS * TICKS_PER_MS;
    return 0;
  }
}
