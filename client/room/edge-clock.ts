/** Looks at the end that speak for where it is; the earliest arrival among them is the least delayed. */
const REMEMBERED = 10;
/** A difference larger than this is no delay: the stream stood still, or begins anew. */
const JUMP_MS = 10_000;
/** How much slower or faster than the media the axis may run while it is put right. Not so much that a stretch would break. */
const FOLLOWED = 0.005;

/**
 * Where on the session axis a stream without dates is: its end counts as now at the moment at which something is added to it. What
 * is added is seen up to one reload late, which only ever adds; so the earliest of the last ten moments decides, and what differs
 * from it is followed by half a percent of what is played, so that the axis runs steadily and never back. It is ahead of the
 * camera's clock by what the way through encoder and network takes.
 */
export class EdgeClock {
  #end: number | null = null;
  /** Axis less media time at the last additions, ms. */
  #seen: number[] = [];
  #offset: number | null = null;
  #media: number | null = null;

  /**
   * To be called with each look at the stream's end.
   * @param endMs media time of the end, ms
   * @param now the server's clock, epoch ms
   */
  observe(endMs: number, now: number): void {
    const before = this.#end;
    this.#end = endMs;
    // The first look may come long after what it sees was added.
    if (before === null || endMs <= before) return;
    const offset = now - endMs;
    if (this.#seen.length > 0 && Math.abs(offset - Math.min(...this.#seen)) > JUMP_MS) {
      this.#seen = [];
      this.#offset = null;
    }
    this.#seen = [...this.#seen, offset].slice(-REMEMBERED);
    this.#offset ??= offset;
  }

  /** Place on the axis of a media time (ms), epoch ms; null until something was added before our eyes. */
  axisAt(mediaMs: number): number | null {
    if (this.#offset === null) return null;
    const played = Math.max(0, mediaMs - (this.#media ?? mediaMs));
    this.#media = mediaMs;
    const off = Math.min(...this.#seen) - this.#offset;
    this.#offset += Math.max(-played * FOLLOWED, Math.min(played * FOLLOWED, off));
    return mediaMs + this.#offset;
  }
}
