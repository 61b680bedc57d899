import type { EdgeReport } from '#contract/media.ts';
import type { Clock } from '../clock.ts';
import { type Egress, taken } from '../egress.ts';
import { Readers } from '../readers.ts';

/** A cache in front asks for each viewer once in ten seconds. */
const WINDOW_MS = 15_000;

/** Who reads what through this edge. */
export class Viewers {
  readonly #clock: Clock;
  #byPrefix = new Map<string, Readers>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  note(prefix: string, tokenId: string, rendition: string | null): void {
    const readers = this.#byPrefix.get(prefix) ?? new Readers();
    this.#byPrefix.set(prefix, readers);
    readers.note(tokenId, this.#clock(), rendition);
  }

  /** Counts of the last quarter of a minute. */
  report(): EdgeReport['broadcasts'] {
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
  const byCaches = viewers.report().reduce((sum, readers) => sum + taken(readers), 0);
  return Math.max(egress.measured, byCaches);
}
