/** How far PROGRAM-DATE-TIME may move from one segment to the next, beyond the segment's own length, ms. */
export const MAX_DRIFT_MS = 5;

/**
 * Maps the clock of one encoder run (microseconds) to wall time (epoch ms). Where the publisher's clock proves to be another
 * than was thought, it follows by at most {@link MAX_DRIFT_MS} a segment.
 */
export class PdtClock {
  readonly #startedAt: () => number;
  readonly #firstStart: number;
  /** Wall time of the run's first frame, as far as it was followed. */
  #followed: number;

  /**
   * @param startedAt wall time of the run's first frame as it is known now, epoch ms
   * @param firstStart encoder time of that frame
   */
  constructor(startedAt: () => number, firstStart: number) {
    this.#startedAt = startedAt;
    this.#firstStart = firstStart;
    this.#followed = startedAt();
  }

  /** Wall time of a segment that starts at `start`; to be called once for each segment. */
  segmentAt(start: number): number {
    const step = this.#startedAt() - this.#followed;
    this.#followed += Math.max(-MAX_DRIFT_MS, Math.min(MAX_DRIFT_MS, step));
    return this.#followed + (start - this.#firstStart) / 1_000;
  }
}
