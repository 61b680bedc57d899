import { nextSequence, sequenceDistance } from './packet.ts';

/** Packets: over ten seconds of 8 Mbit/s. What is said to the caller, and what is kept at most: 12 MB, as long as a packet may be. */
export const WINDOW = 8_192;

/**
 * Puts a caller's packets in order. What is in order is handed on at once: nothing is held back to even out the network, which
 * the packager does by itself. What is missing is waited for as long as was agreed, and then given up.
 */
export class ReceiveWindow {
  readonly #latency: number;
  /** The packet that is due. */
  #next: number;
  /** Behind the newest that came. */
  #end: number;
  #early = new Map<number, Buffer>();
  /** Since when a packet is missing. */
  #missing = new Map<number, number>();
  #lost = 0;
  /** Farther ahead than can be kept, by one packet so far. */
  #far: number | null = null;

  /** @param latency ms */
  constructor(first: number, latency: number) {
    this.#next = first;
    this.#end = first;
    this.#latency = latency;
  }

  /** Everything before it is here, or given up. */
  get next(): number {
    return this.#next;
  }

  /** Packets that more can be taken of. */
  get free(): number {
    return WINDOW - sequenceDistance(this.#end, this.#next);
  }

  /** Packets that were given up. */
  get lost(): number {
    return this.#lost;
  }

  /**
   * @param now monotonic, ms
   * @returns what is in order now, and which packets this one shows to be missing, from the first to the last
   */
  take(sequence: number, payload: Buffer, now: number): { ready: Buffer[]; missing: [number, number] | null } {
    const ahead = sequenceDistance(sequence, this.#next);
    if (ahead < 0 || this.#early.has(sequence)) return { ready: [], missing: null };
    if (ahead >= WINDOW && !this.#isConfirmed(sequence)) return { ready: [], missing: null };
    // After a long hole in the line nobody sends what was before it.
    if (ahead >= WINDOW) this.#jump(sequence);
    this.#far = null;
    this.#missing.delete(sequence);
    this.#early.set(sequence, payload);
    const missing = this.#extend(sequence, now);
    return { ready: this.#ready(), missing };
  }

  /** Gives up what has been missing for too long. @returns what is in order then */
  giveUp(now: number): Buffer[] {
    const ready: Buffer[] = [];
    for (;;) {
      const since = this.#missing.get(this.#next);
      if (since === undefined || now - since < this.#latency) return ready;
      this.#skip();
      ready.push(...this.#ready());
    }
  }

  /** The caller has these no more. @returns what is in order then */
  drop(first: number, last: number): Buffer[] {
    const ready: Buffer[] = [];
    while (sequenceDistance(this.#next, first) >= 0 && sequenceDistance(last, this.#next) >= 0) {
      if (!this.#missing.has(this.#next)) break;
      this.#skip();
      ready.push(...this.#ready());
    }
    return ready;
  }

  /** @returns runs of packets that are missing, from the first to the last of each; at most `count` */
  losses(count: number): [number, number][] {
    const ranges: [number, number][] = [];
    for (const sequence of this.#missing.keys()) {
      const last = ranges.at(-1);
      if (last && sequence === nextSequence(last[1])) last[1] = sequence;
      else if (ranges.length === count) break;
      else ranges.push([sequence, sequence]);
    }
    return ranges;
  }

  /** One packet alone may be a mistake, or somebody else's: the line is where a second one follows. */
  #isConfirmed(sequence: number): boolean {
    const behind = this.#far === null ? 0 : sequenceDistance(sequence, this.#far);
    this.#far = sequence;
    return behind > 0 && behind < WINDOW;
  }

  #extend(sequence: number, now: number): [number, number] | null {
    const skipped = sequenceDistance(sequence, this.#end);
    if (skipped < 0) return null;
    const first = this.#end;
    for (let at = 0; at < skipped; at += 1) this.#missing.set(nextSequence(first, at), now);
    this.#end = nextSequence(sequence);
    return skipped > 0 ? [first, nextSequence(first, skipped - 1)] : null;
  }

  #ready(): Buffer[] {
    const ready: Buffer[] = [];
    for (;;) {
      const payload = this.#early.get(this.#next);
      if (!payload) return ready;
      ready.push(payload);
      this.#early.delete(this.#next);
      this.#next = nextSequence(this.#next);
    }
  }

  #skip(): void {
    this.#missing.delete(this.#next);
    this.#next = nextSequence(this.#next);
    this.#lost += 1;
  }

  #jump(to: number): void {
    this.#lost += sequenceDistance(to, this.#next) - this.#early.size;
    this.#early.clear();
    this.#missing.clear();
    this.#next = to;
    this.#end = to;
  }
}
