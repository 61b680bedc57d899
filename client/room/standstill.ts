/** A browser that was left without sound wants ever more of it, up to three seconds, before it goes on; a seek makes it forget. */
const RELUCTANT_MS = 750;
const ENOUGH_S = 1;
/** A player jumps over most holes by itself, and at once. */
const HOLE_MS = 2_000;
/** How far from the end of what is loaded an element may stop. */
const END_S = 0.1;
/**
 * Sound or picture may end a little before its playlist says that a segment does. hls.js thinks then that it has all of it, and looks for
 * the next one once the element has come there, which it never does.
 */
const STARVED_MS = 3_000;
const PUSH_S = 0.1;
/** What was tried needs a moment. */
const PAUSE_MS = 2_000;
/** No network that carries a class needs so long for a segment. */
const NOTHING_LOADED_MS = 12_000;
const STUCK_MS = 20_000;
/** Less than this may be on its way, s. */
const AHEAD_S = 3;

export interface Range {
  start: number;
  end: number;
}

/** Seek to there, s, or begin anew with another player. */
export type Remedy = { seekTo: number } | 'anew';

/** Tells a player that is stuck, though there is more to play, from one that waits for its network or its publisher. */
export class Standstill {
  #time = Number.NaN;
  #since = 0;
  #moreSince = 0;
  #loadedTo = Number.NaN;
  #loadedAt = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Once at each place: who only waits for the network shall not lose what it brings. */
  #pushedTo = Number.NEGATIVE_INFINITY;

  /**
   * To be called several times a second while it should play.
   * @param now monotonic, ms
   * @param time what the element says of its place, s
   * @param buffered what it can play, s, in order
   * @param edge end of what the server has, on the same clock, s; null while unknown
   * @returns what is to be done about it now; null: nothing
   */
  look(now: number, time: number, buffered: readonly Range[], edge: number | null): Remedy | null {
    if (time !== this.#time) this.#since = now;
    if (time !== this.#time || edge === null || edge - time <= AHEAD_S) this.#moreSince = now;
    this.#time = time;
    const loadedTo = buffered[buffered.length - 1]?.end ?? 0;
    if (loadedTo !== this.#loadedTo) this.#loadedAt = now;
    this.#loadedTo = loadedTo;

    const stuck = now - this.#moreSince;
    const starved = Math.min(stuck, now - this.#loadedAt);
    if (stuck >= STUCK_MS || starved >= NOTHING_LOADED_MS) {
      this.#moreSince = now;
      return 'anew';
    }
    if (now - this.#triedAt < PAUSE_MS) return null;
    let seekTo = wayOut(now - this.#since, time, buffered);
    if (seekTo === null && starved >= STARVED_MS && time - this.#pushedTo > PUSH_S) {
      seekTo = time + PUSH_S;
      this.#pushedTo = seekTo;
    }
    if (seekTo === null) return null;
    this.#triedAt = now;
    return { seekTo };
  }
}

/** Where an element that has stood for so long, ms, would go on. */
function wayOut(stood: number, time: number, buffered: readonly Range[]): number | null {
  const here = buffered.find(({ start, end }) => start <= time && time <= end);
  const ahead = here ? here.end - time : 0;
  if (ahead >= ENOUGH_S) return stood >= RELUCTANT_MS ? time + 0.001 : null;
  const next = buffered.find(({ start }) => start > time);
  return next && ahead < END_S && stood >= HOLE_MS ? next.start + 0.001 : null;
}
