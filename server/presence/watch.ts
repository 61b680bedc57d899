import type { Services } from '../services.ts';
import type { Presence } from './service.ts';

const LOOK_EVERY_MS = 3_000;

/** Settles checks whose time is over. Every worker looks; the row lets one of them do it. */
export function watchPresence(
  { logger }: Pick<Services, 'logger'>,
  presence: Pick<Presence, 'settleDue'>,
): { stop(): void } {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void presence
      .settleDue()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for presence checks that are over'))
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
