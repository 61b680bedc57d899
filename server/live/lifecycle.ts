import { MAX_DENIED, type MediaEvent } from '#contract/media.ts';
import { END_AFTER_LOST_MS } from '#contract/plain.ts';
import { SYSTEM } from '../audit.ts';
import { batchesOf } from '../batches.ts';
import type { Courses } from '../courses/service.ts';
import { isOver } from '../courses/states.ts';
import type { TransitionParticipant } from '../courses/transitions.ts';
import { AppError } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { MediaClient } from './media-client.ts';
import type { Outside } from './outside.ts';

const LOOK_EVERY_MS = 30_000;

/** What the picture has to do with a session's states. */
export function pictureTransitions(
  broadcasts: Broadcasts,
  media: MediaClient,
  outside: Pick<Outside, 'follow'>,
): TransitionParticipant {
  return {
    async within(tx, session, to) {
      if (to === 'ended') await broadcasts.closeOutside(session.id, tx);
      if (to !== 'live') return;
      await broadcasts.closePreview(session.id, tx);
      await broadcasts.open({ sessionId: session.id, outsideUrl: session.outsideUrl }, 'live', tx);
    },
    async after(session, to) {
      if (to !== 'live' && to !== 'ended') return;
      const live = await broadcasts.find(session.id, 'live');
      if (!live) return;
      const { id, sessionId, prefix, kind } = live;
      if (to === 'ended') {
        void media.end({ broadcastId: id });
        return;
      }
      const preview = await broadcasts.find(sessionId, 'preview');
      if (live.outside) {
        if (preview) void media.end({ broadcastId: preview.id });
        await outside.follow(sessionId);
        return;
      }
      // In this order: who publishes goes over into the class and is not cut off with the preview.
      void media.retarget({ broadcast: { id, sessionId, prefix, kind } }).then(() => {
        if (preview) void media.end({ broadcastId: preview.id });
      });
    },
  };
}

/** Media that was away when a class ended comes back with it still open, and reports that nobody publishes: it is told again. */
export function endWhatIsOver({ logger }: Services, courses: Courses, media: MediaClient) {
  return (event: MediaEvent): void => {
    if (event.type !== 'publisher-lost') return;
    courses.sessionForRoom(event.sessionId).then(
      (session) => {
        if (session && isOver(session.state)) void media.end({ broadcastId: event.broadcastId });
      },
      (error: unknown) => logger.warn({ err: error }, 'could not look whether a class is over'),
    );
  };
}

/** Who is sent out sees nothing more, whatever their page still holds. */
export function denyPlaybackOfExcluded({ signals, clock }: Services, media: MediaClient): void {
  signals.on('people-excluded', (personIds) => {
    // Up to and including this second.
    const issuedBefore = Math.floor(clock() / 1_000) + 1;
    for (const some of batchesOf(personIds, MAX_DENIED)) void media.deny({ personIds: some, issuedBefore });
  });
}

/** Whoever publishes with a stream key that was replaced is disconnected. */
export function dismissHoldersOfOldKeys({ signals }: Services, media: MediaClient): void {
  signals.on('stream-key-replaced', (sessionId) => void media.dismiss(sessionId));
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
        await courses.changeState(sessionId, 'ended', SYSTEM, { endReason: 'publisher_lost' });
        logger.warn({ sessionId }, 'a class was ended: its publisher did not come back');
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'impossible-transition') throw error;
      }
    }
  }
  return { stop: () => clearInterval(timer) };
}
