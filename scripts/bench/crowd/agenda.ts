/** How late the one timer may find what was planned, ms. */
const TICK_MS = 5;

/**
 * What is to be done when, on one timer: thousands of timers would starve the process that is to measure others. How late it
 * comes says whether the generator itself was the slowest part.
 */
export class Agenda {
  /** How late each tick came, ms. */
  readonly lateness: number[] = [];
  readonly #planned = new Map<number, (() => void)[]>();
  #done = tickOf(Date.now());
  #expected = performance.now() + TICK_MS;
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);

  /** @param at epoch ms; what lies in the past is done with the next tick */
  at(at: number, action: () => void): void {
    const tick = Math.max(this.#done + 1, tickOf(at));
    const actions = this.#planned.get(tick);
    if (actions) actions.push(action);
    else this.#planned.set(tick, [action]);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    this.lateness.push(Math.max(0, now - this.#expected));
    this.#expected = now + TICK_MS;
    const present = tickOf(Date.now());
    while (this.#done < present) {
      this.#done += 1;
      const actions = this.#planned.get(this.#done);
      if (!actions) continue;
      this.#planned.delete(this.#done);
      for (const action of actions) action();
    }
  }
}

function tickOf(at: number): number {
  return Math.ceil(at / TICK_MS);
}
