/** Time that passes only when everybody waits for it. */
export interface Day {
  /** Epoch ms. */
  now(): number;
  /** Resolves when it is that late, at once if it is already. Epoch ms. */
  until(at: number): Promise<void>;
  /** Lives through `lives`, each an actor of its own; resolves when all are over. */
  live(lives: (() => Promise<void>)[]): Promise<void>;
  /** Somebody who does several things at once; resolves when all are done. */
  together(lives: (() => Promise<void>)[]): Promise<void>;
}

/**
 * A day that is simulated: each actor does what it does at a moment, the real thing answers in its own time, and only then the next
 * moment comes for those who wait for it.
 */
export function createDay(startsAt: number): Day {
  let now = startsAt;
  let awake = 0;
  const waiting = new Map<number, (() => void)[]>();

  function sleep(): void {
    awake -= 1;
    // After whoever was woken by the same answer.
    if (awake === 0) setImmediate(next);
  }

  function next(): void {
    if (awake > 0 || waiting.size === 0) return;
    now = Math.min(...waiting.keys());
    const woken = waiting.get(now) ?? [];
    waiting.delete(now);
    awake += woken.length;
    for (const wake of woken) wake();
  }

  return {
    now: () => now,
    until(at) {
      if (at <= now) return Promise.resolve();
      return new Promise((resolve) => {
        waiting.set(at, [...(waiting.get(at) ?? []), resolve]);
        sleep();
      });
    },
    async live(lives) {
      awake += lives.length;
      await Promise.all(lives.map((life) => life().finally(sleep)));
    },
    async together(lives) {
      awake += lives.length - 1;
      await Promise.all(lives.map((life) => life().finally(sleep)));
      awake += 1;
    },
  };
}
