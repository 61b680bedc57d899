export interface BackoffOptions {
  firstMs: number;
  maxMs: number;
  /** A process that ran this long was well: the next delay is the first one again. */
  wellAfterMs: number;
  /** Give up after so many restarts in a row of a process that was never well. */
  attempts: number;
}

const DEFAULTS: BackoffOptions = { firstMs: 100, maxMs: 15_000, wellAfterMs: 60_000, attempts: 14 };

/** How long to wait before a dead process is started again: doubling, about 100 s in all before giving up. */
export class Backoff {
  #options: BackoffOptions;
  #failures = 0;

  constructor(options: Partial<BackoffOptions> = {}) {
    this.#options = { ...DEFAULTS, ...options };
  }

  /** @returns milliseconds to wait, or undefined: give up. `ranForMs` is how long the process ran that just died. */
  next(ranForMs: number): number | undefined {
    const { firstMs, maxMs, wellAfterMs, attempts } = this.#options;
    if (ranForMs >= wellAfterMs) this.#failures = 0;
    if (this.#failures >= attempts) return undefined;
    const delay = Math.min(firstMs * 2 ** this.#failures, maxMs);
    this.#failures += 1;
    return delay;
  }
}

/** For a program that has not yet been up once: what is wrong at the start stays wrong, so say so soon. */
export function startingBackoff(patient: boolean): Backoff {
  return new Backoff({ attempts: patient ? Number.POSITIVE_INFINITY : 4 });
}

/** For a program that has been up. `patient`: never given up. */
export function runningBackoff(patient: boolean): Backoff {
  return patient ? new Backoff({ attempts: Number.POSITIVE_INFINITY }) : new Backoff();
}
