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
/** A player that loads the picture and forgets its sound, or the other way round, gets so many pieces in vain, for so long. */
const IN_VAIN = 4;
const IN_VAIN_MS = 6_000;
const STUCK_MS = 20_000;
/** Less than this may be on its way, s. */
const AHEAD_S = 3;

export interface Range {
  start: number;
  end: number;
}

/** What there is to be seen of a player that should play. */
export interface Seen {
  /** What the element says of its place, s. */
  time: number;
  /** What it has played in all, s. A seek plays nothing. */
  played: number;
  /** What it can play, s, in order: where it has the picture and its sound. */
  buffered: readonly Range[];
  /** Pieces of the picture and of the sound that have been loaded so far. */
  pieces: number;
  /** End of what the server has, on the clock of `time`, s; null while unknown. */
  edge: number | null;
}

/** Seek to there, s, or begin anew with another player. */
export type Remedy = { seekTo: number } | 'anew';

/** Tells a player that is stuck, though there is more to play, from one that waits for its network or its publisher. */
export class Standstill {
  #time = Number.NaN;
  #since = 0;
  #played = Number.NaN;
  /** Where the server was when the element last played. */
  #edge: number | null = null;
  #moreSince = 0;
  #loadedTo = Number.NaN;
  #loadedAt = 0;
  #pieces = 0;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Once at each place: who only waits for the network shall not lose what it brings. */
  #pushedTo = Number.NEGATIVE_INFINITY;

  /**
   * To be called several times a second while it should play; not over a change of its source or a seek of the viewer's.
   * @param now monotonic, ms
   * @returns what is to be done about it now; null: nothing
   */
  look(now: number, { time, played, buffered, pieces, edge }: Seen): Remedy | null {
    if (time !== this.#time) this.#since = now;
    this.#time = time;
    this.#noteMore(now, time, played, edge);
    const loadedTo = buffered[buffered.length - 1]?.end ?? 0;
    if (!(loadedTo <= this.#loadedTo)) {
      this.#loadedTo = loadedTo;
      this.#loadedAt = now;
      this.#pieces = pieces;
    }

    const stuck = now - this.#moreSince;
    const starved = Math.min(stuck, now - this.#loadedAt);
    const inVain = starved >= IN_VAIN_MS && pieces - this.#pieces >= IN_VAIN;
    if (stuck >= STUCK_MS || starved >= NOTHING_LOADED_MS || inVain) {
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

  /** There is more where the server is ahead, or has gone on since: a player that seeks after it without ever playing is stuck, too. */
  #noteMore(now: number, time: number, played: number, edge: number | null): void {
    const plays = played !== this.#played;
    this.#played = played;
    if (plays || this.#edge === null) this.#edge = edge;
    const ahead = edge === null ? 0 : Math.max(edge - time, edge - (this.#edge ?? edge));
    if (plays || ahead <= AHEAD_S) this.#moreSince = now;
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
