/** Standing still for longer than this, at once or again and again, is not worth waiting for without a word. */
const LONG_MS = 10_000;
/** Time played counts so much against time that it stood still: who sees half of a class is told so within a minute. */
const FORGIVENESS = 0.5;

/** Tells a picture that only loads for a moment from one whose network does not carry it, though it plays now and then. */
export class Patience {
  #stoodMs = 0;
  #lookedAt: number | null = null;
  #lost = false;

  /**
   * To be called several times a second.
   * @param now monotonic, ms
   * @param waiting whether it stands still though it should play, since the last call
   * @returns whether the viewer is to be told why
   */
  isLost(now: number, waiting: boolean): boolean {
    const ms = now - (this.#lookedAt ?? now);
    this.#lookedAt = now;
    const stood = this.#stoodMs + (waiting ? ms : -FORGIVENESS * ms);
    this.#stoodMs = Math.max(0, Math.min(LONG_MS, stood));
    if (this.#stoodMs === LONG_MS) this.#lost = true;
    if (this.#stoodMs === 0) this.#lost = false;
    return this.#lost;
  }
}
