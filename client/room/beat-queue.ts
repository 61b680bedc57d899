import type { Beat } from '#contract/attendance.ts';
import type { Stretch } from './stretches.ts';

/** Where unacked beats outlive the page. Each method may silently fail. */
export interface BeatStore {
  read(): string | null;
  write(text: string): void;
  clear(): void;
}

/** What one page left: beats and the ticket that proves them. */
export interface Leftover {
  ticket: string;
  beats: Beat[];
  /** Epoch ms of this device when it was last written. */
  at: number;
}

/** Of one message, as the contract allows. */
export const BEATS_PER_MESSAGE = 50;
/** More than this is four hours of beats each sent and never acked: the oldest are given up. */
const MAX_BEATS = 1_000;
/** After so many acks that did not name it a beat is one that the server will never take. */
const MAX_ANSWERS = 3;

interface Entry {
  beat: Beat;
  /** May be known to the server: its content stands. */
  sent: boolean;
  /** Acks of messages that held it and did not accept it. */
  answers: number;
}

/**
 * Beats of one connection that are not acked yet. A beat that was never sent still grows with the next contiguous stretch, so
 * that hours without a connection are a few beats, not thousands.
 */
export class BeatQueue {
  readonly ticket: string;
  readonly #store: BeatStore;
  readonly #wallClock: () => number;
  #entries: Entry[] = [];
  #seq = 0;
  #kept = false;

  constructor(ticket: string, store: BeatStore, wallClock: () => number = Date.now) {
    this.ticket = ticket;
    this.#store = store;
    this.#wallClock = wallClock;
  }

  get size(): number {
    return this.#entries.length;
  }

  add(stretches: Stretch[], monotonicMs: number): void {
    // Another page took this one for dead while its timers were frozen, and has sent what was kept.
    if (this.#kept && this.#store.read() === null) this.#entries = [];
    for (const { from, to, hidden } of stretches) {
      // Of the stretch, not of the moment: what stands still now was playing then.
      const state = { playing: true, stalled: false, hidden };
      const last = this.#entries[this.#entries.length - 1];
      if (last && !last.sent && last.beat.mediaTo === from && last.beat.state.hidden === hidden) {
        last.beat = { ...last.beat, mediaTo: to, monotonicMs, state };
        continue;
      }
      this.#seq += 1;
      const beat = { seq: this.#seq, mediaFrom: from, mediaTo: to, monotonicMs, state };
      this.#entries.push({ beat, sent: false, answers: 0 });
    }
    this.#entries = this.#entries.slice(-MAX_BEATS);
    this.#keep();
  }

  /** The oldest beats, for one message. From now on they keep their content. */
  next(): Beat[] {
    const entries = this.#entries.slice(0, BEATS_PER_MESSAGE);
    for (const entry of entries) entry.sent = true;
    return entries.map((entry) => entry.beat);
  }

  /** Forgets what is stored for good. */
  answered(asked: Beat[], accepted: number[]): void {
    const seqs = new Set(asked.map((beat) => beat.seq));
    const stored = new Set(accepted);
    this.#entries = this.#entries.filter((entry) => {
      if (stored.has(entry.beat.seq)) return false;
      if (seqs.has(entry.beat.seq)) entry.answers += 1;
      return entry.answers < MAX_ANSWERS;
    });
    this.#keep();
  }

  #keep(): void {
    if (this.#entries.length === 0) {
      this.#store.clear();
      this.#kept = false;
      return;
    }
    const beats = this.#entries.map((entry) => entry.beat);
    this.#store.write(JSON.stringify({ ticket: this.ticket, beats, at: this.#wallClock() } satisfies Leftover));
    this.#kept = this.#store.read() !== null;
  }
}

/** Reads what a page left; null when it is damaged. */
export function parseLeftover(text: string): Leftover | null {
  try {
    const { ticket, beats, at } = JSON.parse(text);
    return typeof ticket === 'string' && Array.isArray(beats) && beats.length > 0 && typeof at === 'number'
      ? { ticket, beats, at }
      : null;
  } catch {
    return null;
  }
}
