/** How far PROGRAM-DATE-TIME may move from one segment to the next, beyond the segment's own length. */
export const MAX_DRIFT_MS = 5;

/** Segments whose best lag tells what the way through the encoder costs, before drift is followed. */
const SETTLING_SEGMENTS = 5;

/**
 * Maps the clock of one encoder run (microseconds) to wall time (epoch ms). Anchored at the earliest arrival, since
 * probing delays the first parts and everything else on the way only ever adds delay. Afterwards it follows a publisher
 * whose clock is too fast or too slow, by at most {@link MAX_DRIFT_MS} a segment.
 */
export class PdtClock {
  /** Wall time of the encoder clock's zero. */
  #zero: number;
  #usualLag: number | undefined;
  #recentLags: number[] = [];
  #bestLag = Number.POSITIVE_INFINITY;
  #segments = 0;

  /**
   * @param runStartedAt when the publisher's first media byte came, epoch ms
   * @param firstStart encoder time of the first fragment
   * @param firstEnd encoder time at which it ends
   * @param arrivedAt when it arrived
   */
  constructor(runStartedAt: number, firstStart: number, firstEnd: number, arrivedAt: number) {
    this.#zero = Math.min(runStartedAt - firstStart / 1000, arrivedAt - firstEnd / 1000);
  }

  /** Notes a fragment that ends at `end` (microseconds) and arrived at `arrivedAt` (epoch ms). */
  observe(end: number, arrivedAt: number): void {
    this.#bestLag = Math.min(this.#bestLag, arrivedAt - end / 1000 - this.#zero);
  }

  /** Wall time of a segment that starts at `start`; to be called once for each segment, before observing its parts. */
  segmentAt(start: number): number {
    this.#followDrift();
    return this.#zero + start / 1000;
  }

  #followDrift(): void {
    if (this.#bestLag === Number.POSITIVE_INFINITY) return;
    this.#segments += 1;
    this.#recentLags = [...this.#recentLags, this.#bestLag].slice(-SETTLING_SEGMENTS);
    this.#bestLag = Number.POSITIVE_INFINITY;
    if (this.#segments < SETTLING_SEGMENTS) return;
    const lag = Math.min(...this.#recentLags);
    // Nothing arrives before it has been seen: a publisher who makes up for a slow start was anchored too late.
    this.#usualLag ??= Math.max(0, lag);
    const step = Math.max(-MAX_DRIFT_MS, Math.min(MAX_DRIFT_MS, lag - this.#usualLag));
    this.#zero += step;
    // What was followed is no longer a lag of the segments already seen.
    this.#recentLags = this.#recentLags.map((seen) => seen - step);
  }
}
