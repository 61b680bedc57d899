import type { Logger } from './logger.ts';

/** Does `work` every so many ms, never twice at once; a failure is logged with these words, and it is done again. */
export function repeated(
  everyMs: number,
  work: () => Promise<unknown>,
  { logger, failed }: { logger: Logger; failed: string },
): { stop(): void } {
  let working = false;
  const timer = setInterval(() => {
    if (working) return;
    working = true;
    void work()
      .catch((error: unknown) => logger.warn({ err: error }, failed))
      .finally(() => {
        working = false;
      });
  }, everyMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
