import type { EgressStatus } from '#contract/media.ts';
import type { Clock } from './clock.ts';

/** An edge that was not heard of for so long is gone. */
const EXPIRE_MS = 15_000;

/** What the edges of this media process say that they send. */
export class Edges {
  readonly #clock: Clock;
  #heard = new Map<string, { at: number; egress: EgressStatus }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  hear(edge: string, egress: EgressStatus): void {
    this.#heard.set(edge, { at: this.#clock(), egress });
  }

  /** Added to what is sent from here. One without a cap makes a whole without a cap. */
  withOurs(ours: EgressStatus): EgressStatus {
    const now = this.#clock();
    let { used, cap } = ours;
    for (const [edge, { at, egress }] of this.#heard) {
      if (now - at > EXPIRE_MS) {
        this.#heard.delete(edge);
        continue;
      }
      used += egress.used;
      cap = cap === null || egress.cap === null ? null : cap + egress.cap;
    }
    return { used, cap };
  }
}
