/** A player that mends itself does so within seconds, and a network on which a segment takes longer carries no class. */
const STUCK_MS = 20_000;
/** Less than this may be on its way, s. */
const AHEAD_S = 3;

/** Tells a player that is stuck, though there is more to play, from one that waits for its publisher. */
export class Standstill {
  #time = Number.NaN;
  #since = 0;

  /**
   * To be called every few seconds while it should play.
   * @param now monotonic, ms
   * @param time what the element says of its place, s
   * @param edge end of what the server has, on the same clock, s; null while unknown
   * @returns whether it has stood still for too long. Asked again, it counts anew.
   */
  isStuck(now: number, time: number, edge: number | null): boolean {
    const hasMore = edge !== null && edge - time > AHEAD_S;
    if (time !== this.#time || !hasMore) {
      this.#time = time;
      this.#since = now;
      return false;
    }
    if (now - this.#since < STUCK_MS) return false;
    this.#since = now;
    return true;
  }
}
