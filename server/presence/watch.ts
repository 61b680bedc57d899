import { repeated } from '../repeated.ts';
import type { Services } from '../services.ts';
import type { Presence } from './service.ts';

const LOOK_EVERY_MS = 3_000;

/** Opens checks whose time has come and settles those whose time is over. Every worker looks; a row lets one of them do it. */
export function watchPresence(
  { logger }: Pick<Services, 'logger'>,
  presence: Pick<Presence, 'openPlanned' | 'settleDue'>,
): { stop(): void } {
  const look = () => Promise.all([presence.openPlanned(), presence.settleDue()]);
  return repeated(LOOK_EVERY_MS, look, { logger, failed: 'could not look for presence checks that are due' });
}
