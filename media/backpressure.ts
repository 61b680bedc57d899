import type { Clock } from './clock.ts';

/** Counts for how long a publisher is not read from because its encoder takes nothing, and tells when that is too long. */
export class Backpressure {
  readonly #clock: Clock;
  readonly #stallMs: number;
  #stall: NodeJS.Timeout | undefined;
  #since: number | null = null;
  #before = 0;

  /** @param stallMs an encoder that takes nothing for so long has stalled */
  constructor(clock: Clock, stallMs: number) {
    this.#clock = clock;
    this.#stallMs = stallMs;
  }

  /** Whether the publisher waits at this moment. */
  get waiting(): boolean {
    return this.#since !== null;
  }

  /** In all so far, ms. */
  get waitedMs(): number {
    return this.#before + (this.#since === null ? 0 : this.#clock() - this.#since);
  }

  begin(onStalled: () => void): void {
    if (this.waiting) return;
    this.#since = this.#clock();
    this.#stall = setTimeout(onStalled, this.#stallMs);
  }

  end(): void {
    clearTimeout(this.#stall);
    this.#before = this.waitedMs;
    this.#since = null;
  }
}
