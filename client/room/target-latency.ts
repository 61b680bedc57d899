/** Each stall moves a player so much further from the class, s … */
const STALL_S = 0.5;
/** … and all of them no further than this. */
const MOST_S = 2;
/** Time without a stall after which one is forgiven. Doubled each time that this proves too soon. */
const CALM_MS = 30_000;
const LONGEST_CALM_MS = 480_000;
/** Further behind than this, and its target, hls.js does not hurry. */
const FAR_S = 2;

/**
 * How far behind the class a player is to be: what the playlist says, and a margin that stalls widen and calm takes back. (hls.js
 * never takes it back, so that one bad minute would cost a viewer the rest of the class.)
 */
export class TargetLatency {
  #stalls = 0;
  #calmSince = 0;
  #calmMs = CALM_MS;
  #forgivenAt = Number.NEGATIVE_INFINITY;

  /** @param now monotonic, ms */
  noteStall(now: number): void {
    if (now - this.#forgivenAt < this.#calmMs) this.#calmMs = Math.min(2 * this.#calmMs, LONGEST_CALM_MS);
    this.#stalls = Math.min(this.#stalls + 1, MOST_S / STALL_S);
    this.#calmSince = now;
  }

  /**
   * Where it is to arrive, s.
   * @param now monotonic, ms
   * @param holdBack what the playlist asks for, s
   */
  final(now: number, holdBack: number): number {
    if (this.#stalls > 0 && now - this.#calmSince >= this.#calmMs) {
      this.#stalls -= 1;
      this.#calmSince = now;
      this.#forgivenAt = now;
    }
    return holdBack + this.#stalls * STALL_S;
  }

  /**
   * What hls.js is to be told now, s: from far behind the target comes towards it.
   * @param latency how far behind it is, s
   */
  next(now: number, holdBack: number, latency: number): number {
    const final = this.final(now, holdBack);
    return latency > final + FAR_S ? latency - 1 : final;
  }
}
