/** Three target durations: after this long a blocked request is answered as things are (rfc8216bis, 6.2.5.2). */
const TIME_LIMIT_MS = 6_000;

/** Those who wait for a stream to change. */
export class Waiters {
  #wake = new Set<() => void>();

  wake(): void {
    for (const wake of [...this.#wake]) wake();
  }

  /** Resolves once `reached` or after the time limit. @throws the signal's reason when `left` fires. */
  async until(reached: () => boolean, left: AbortSignal): Promise<void> {
    left.throwIfAborted();
    if (reached()) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        clearTimeout(timer);
        this.#wake.delete(check);
        left.removeEventListener('abort', onLeft);
      };
      const check = (): void => {
        if (!reached()) return;
        settle();
        resolve();
      };
      const onLeft = (): void => {
        settle();
        reject(left.reason);
      };
      const timer = setTimeout(() => {
        settle();
        resolve();
      }, TIME_LIMIT_MS);
      this.#wake.add(check);
      left.addEventListener('abort', onLeft);
    });
  }
}
