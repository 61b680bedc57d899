import type { Services } from '../services.ts';
import type { Presence } from './service.ts';

const LOOK_EVERY_MS = 3_000;

/** Opens checks whose time has come and settles those whose time is over. Every worker looks; a row lets one of them do it. */
export function watchPresence(
  { logger }: Pick<Services, 'logger'>,
  presence: Pick<Presence, 'openPlanned' | 'settleDue'>,
): { stop(): void } {
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void Promise.all([presence.openPlanned(), presence.settleDue()])
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for presence checks that are due'))
      .finally(() => {
        looking = false;
      });
  }, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
