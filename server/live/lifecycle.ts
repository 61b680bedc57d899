import { SYSTEM } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { TransitionParticipant } from '../courses/transitions.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { MediaClient } from './media-client.ts';

/** A live class whose publisher has been away for so long is over. */
const END_AFTER_LOST_MS = 15 * 60_000;
const LOOK_EVERY_MS = 30_000;

/** What the picture has to do with a session's states. */
export function pictureTransitions(broadcasts: Broadcasts, media: MediaClient): TransitionParticipant {
  return {
    async within(tx, session, to) {
      if (to === 'live') await broadcasts.open(session.id, 'live', tx);
    },
    async after(session, to) {
      if (to !== 'live' && to !== 'ended') return;
      const live = await broadcasts.find(session.id, 'live');
      if (!live) return;
      const { id, sessionId, prefix, kind } = live;
      if (to === 'live') media.retarget({ broadcast: { id, sessionId, prefix, kind } });
      else media.end({ broadcastId: id });
    },
  };
}

/** Ends classes that were left by their publisher. Every worker looks; the row lock lets one of them do it. */
export function watchLostPublishers({ clock, logger }: Services, courses: Courses): { stop(): void } {
  const timer = setInterval(() => {
    void endLost().catch((error: unknown) => logger.warn({ err: error }, 'could not look for lost publishers'));
  }, LOOK_EVERY_MS);
  timer.unref();

  async function endLost(): Promise<void> {
    for (const sessionId of await courses.lostSince(clock() - END_AFTER_LOST_MS)) {
      try {
        await courses.changeState(sessionId, 'ended', SYSTEM, 'publisher_lost');
        logger.warn({ sessionId }, 'a class was ended: its publisher did not come back');
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'impossible-transition') throw error;
      }
    }
  }
  return { stop: () => clearInterval(timer) };
}
