import { lastCredited } from '../attendance/admit.ts';
import type { Replayable } from '../attendance/replaying.ts';
import { replayUntil } from '../courses/replay-deadline.ts';
import type { RoomSession } from '../courses/view.ts';
import type { OpenBroadcast } from './broadcasts.ts';

/** What of a class can be made up for by its replay (补课); null: nothing. */
export function replayableOf(session: RoomSession, broadcast: OpenBroadcast | null): Replayable | null {
  const { startedAt, endedAt, presenceMinutes } = session;
  const until = replayUntil(session);
  if (until === null || startedAt === null || endedAt === null) return null;
  if (session.state === 'archived' || session.courseArchived) return null;
  if (!broadcast || broadcast.outside || broadcast.gone) return null;
  const { firstPdt, lastPdt, holesMs } = broadcast;
  if (firstPdt === null || lastPdt === null) return null;
  const first = Math.max(startedAt, firstPdt);
  const last = Math.min(lastPdt, lastCredited(endedAt));
  return first < last ? { first, last, until, holesMs, endedAt, presenceMinutes } : null;
}
