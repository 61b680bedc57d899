/** A publisher's clock that is slow is followed by at most this much, ms a second. Falling behind faster is a delay, not a clock. */
const MAX_SLOWNESS = 1;
/** The best of so long says how late pictures are at the moment, ms of the publisher's clock. */
const WINDOW_MS = 10_000;
/** Who was not read for more than this share of the time is late by that. */
const HELD_UP_SHARE = 0.1;

/**
 * Maps a publisher's timestamps to wall time, over all its encoder runs. Whatever is on the way only ever adds delay, so the
 * picture that came with the least of it is the anchor. Who is held up, by a network or by an encoder that is too slow, keeps
 * the times at which the pictures were taken, and is right again after catching up.
 */
export class PublisherClock {
  /** Wall time of the publisher's zero, epoch ms; null before the first picture. */
  #zero: number | null = null;
  #window: { since: number; waitedMs: number; leastLag: number } | null = null;

  /**
   * Notes a picture.
   * @param timestamp ms, as the publisher counts
   * @param arrivedAt epoch ms
   * @param waitedMs for how long the publisher was not read so far, in all
   */
  observe(timestamp: number, arrivedAt: number, waitedMs: number): void {
    this.#zero ??= arrivedAt - timestamp;
    const lag = arrivedAt - timestamp - this.#zero;
    this.#window ??= { since: timestamp, waitedMs, leastLag: lag };
    const window = this.#window;
    window.leastLag = Math.min(window.leastLag, lag);
    const length = timestamp - window.since;
    if (lag < 0) this.#zero += lag;
    else if (length < WINDOW_MS) return;
    else if (waitedMs - window.waitedMs < length * HELD_UP_SHARE)
      this.#zero += Math.min(window.leastLag, (length * MAX_SLOWNESS) / 1_000);
    this.#window = null;
  }

  /** When what has this timestamp was taken, epoch ms; null before the first picture. */
  wallTimeOf(timestamp: number): number | null {
    return this.#zero === null ? null : this.#zero + timestamp;
  }
}
