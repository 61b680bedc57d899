import { setTimeout as delay } from 'node:timers/promises';

const PATIENCE_MS = 40_000;

/** @throws Error naming what did not come true in time, with what `complaint` says then */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  complaint = () => '',
  patienceMs = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what} ${complaint()}`);
    await delay(100);
  }
}
