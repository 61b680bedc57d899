/** Behind the class by more than this, an encoder is not just having a bad moment, ms. */
const BEHIND_MS = 3_000;
/** A publisher whose network stalls falls behind too; only an encoder that is slow keeps its publisher waiting, for this share of the time. */
const WAITING_SHARE = 0.3;
/** Who has come nearer by so much within that time is on the way back, ms. */
const CATCHING_UP_MS = 200;
/** For so long without a break before anything is done. */
const PATIENCE_MS = 4_000;
/** A lighter encoder needs time to catch up with what waits for it. */
const GRACE_MS = 15_000;

/** Tells when an encoder is slower than its publisher. To be asked about once a second. */
export class Pace {
  #last: { now: number; waitedMs: number } | null = null;
  #behindSince: { now: number; lagMs: number } | null = null;
  #quietUntil = 0;

  /**
   * @param now epoch ms
   * @param lagMs how far the newest frame is behind the wall clock; null before the first
   * @param waitedMs for how long the encoder has let its publisher wait so far, in all
   * @returns whether less must be made of the picture
   */
  isTooMuch(now: number, lagMs: number | null, waitedMs: number): boolean {
    const last = this.#last;
    this.#last = { now, waitedMs };
    if (!last || now <= last.now || now < this.#quietUntil) return false;
    const slow = (waitedMs - last.waitedMs) / (now - last.now) >= WAITING_SHARE;
    if (!slow || lagMs === null || lagMs < BEHIND_MS) {
      this.#behindSince = null;
      return false;
    }
    // One that catches up is fast enough.
    if (this.#behindSince === null || lagMs <= this.#behindSince.lagMs - CATCHING_UP_MS)
      this.#behindSince = { now, lagMs };
    if (now - this.#behindSince.now < PATIENCE_MS) return false;
    this.#behindSince = null;
    this.#quietUntil = now + GRACE_MS;
    return true;
  }
}
