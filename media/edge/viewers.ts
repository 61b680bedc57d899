import { EDGE_BROADCASTS, type EdgeReport } from '#contract/media.ts';
import type { Clock } from '../clock.ts';
import { type Egress, taken } from '../egress.ts';
import { RUNGS } from '../ladder.ts';
import { Readers } from '../readers.ts';

/** A cache in front asks for each viewer once in ten seconds. */
const WINDOW_MS = 15_000;
/** A crowd is not counted anew for each of those who come. */
const COUNT_EVERY_MS = 1_000;
/** Anything may stand in an address; sound goes with each picture and says nothing of it. */
const PICTURES: ReadonlySet<string> = new Set(RUNGS.map(({ name }) => name));

/** Who reads what through this edge. */
export class Viewers {
  readonly #clock: Clock;
  #byPrefix = new Map<string, Readers>();
  #taken: { at: number; mbits: number } | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param rendition as the address says; undefined for what is of none */
  note(prefix: string, tokenId: string, rendition: string | undefined): void {
    const readers = this.#byPrefix.get(prefix) ?? new Readers();
    this.#byPrefix.set(prefix, readers);
    const isPicture = rendition !== undefined && PICTURES.has(rendition);
    readers.note(tokenId, this.#clock(), isPicture ? rendition : null);
  }

  /** Counts of the last quarter of a minute, of as many broadcasts as a report takes: those with the most readers. */
  report(): EdgeReport['broadcasts'] {
    return this.#count()
      .sort((one, other) => other.all - one.all)
      .slice(0, EDGE_BROADCASTS);
  }

  /** What they take, Mbit/s, whoever sends it to them; a second old at most. */
  get taken(): number {
    const now = this.#clock();
    if (!this.#taken || now - this.#taken.at >= COUNT_EVERY_MS) {
      const mbits = this.#count().reduce((sum, readers) => sum + taken(readers), 0);
      this.#taken = { at: now, mbits };
    }
    return this.#taken.mbits;
  }

  #count(): EdgeReport['broadcasts'] {
    const since = this.#clock() - WINDOW_MS;
    return [...this.#byPrefix].flatMap(([prefix, readers]) => {
      const { all, by } = readers.since(since);
      if (all > 0) return [{ prefix, all, by: Object.fromEntries(by) }];
      this.#byPrefix.delete(prefix);
      return [];
    });
  }
}

/** What goes out for this edge's viewers, Mbit/s: what it sends itself or, with a cache in front, what they take. */
export function usedBy(viewers: Viewers, egress: Egress): number {
  return Math.max(egress.measured, viewers.taken);
}
