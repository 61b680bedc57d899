import type { OutsideLook } from '#contract/outside.ts';
import type { Courses } from '../courses/service.ts';
import { isOver } from '../courses/states.ts';
import type { RoomSession } from '../courses/view.ts';
import { repeated } from '../repeated.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';
import type { MediaClient } from './media-client.ts';

/** Media forgets a stream of which it hears nothing for a minute and a half, and everything when it is killed. */
const SAY_EVERY_MS = 30_000;
/** Desks ask for the stream's health every two seconds. */
const FOLLOW_EVERY_MS = 10_000;
const ORIGINS_AGE_MS = 5_000;
const UNFOLLOWED = 'could not look after outside streams';

export type Outside = ReturnType<typeof createOutside>;

/** Sessions whose picture is somebody else's stream: who looks after it, and from where pages may read it. */
export function createOutside(
  { clock, config, logger, signals }: Services,
  { courses, broadcasts, media }: { courses: Courses; broadcasts: Broadcasts; media: MediaClient },
) {
  const pageOrigin = config.publicUrl ? new URL(config.publicUrl).origin : null;
  const followedAt = new Map<string, number>();
  let known: { at: number; origins: Promise<string[]> } | null = null;

  /**
   * Brings the session's broadcast in line with where its picture is to come from, and has media look after an outside stream. What
   * was shown before, if it was another, is ended. Saying it again is harmless.
   */
  async function follow(sessionId: string): Promise<void> {
    followedAt.set(sessionId, clock());
    const session = await courses.sessionForRoom(sessionId);
    if (!session || session.state === 'draft' || isOver(session.state)) return;
    const kind = session.startedAt === null ? 'preview' : 'live';
    const { broadcast, ended } = await broadcasts.align(session, kind);
    if (ended !== null) void media.end({ broadcastId: ended });
    if (!broadcast?.outside) return;
    const { id, prefix, firstPdt, outside } = broadcast;
    const request = { broadcast: { id, sessionId, prefix, kind }, url: outside.url, origin: pageOrigin } as const;
    await media.watch({ ...request, started: firstPdt !== null });
  }

  signals.on('picture-changed', (sessionId) => {
    known = null;
    follow(sessionId).catch((error: unknown) => logger.warn({ err: error, sessionId }, UNFOLLOWED));
  });

  return {
    follow,

    async followAll(): Promise<void> {
      const sessionIds = [...(await courses.liveFromOutside()), ...(await broadcasts.liveFromOutside())];
      for (const sessionId of new Set(sessionIds)) await follow(sessionId);
    },

    /** For a desk, which asks often: sees to it that somebody looks after the stream while it is only tried out, too. */
    async followOften({ id, outsideUrl, state }: RoomSession): Promise<void> {
      if (outsideUrl === null || state === 'draft' || isOver(state)) return;
      if (clock() - (followedAt.get(id) ?? 0) >= FOLLOW_EVERY_MS) await follow(id);
    },

    /** Looks at an address for somebody whose pages come from `origin`. @throws AppError `media-unavailable` */
    look(url: string, origin: string | null): Promise<OutsideLook> {
      return media.look({ url, origin: pageOrigin ?? origin });
    },

    /** Scheme and host of every place from which a page may have to read; without a database, as they were. */
    origins(): Promise<string[]> {
      const now = clock();
      if (known && now - known.at <= ORIGINS_AGE_MS) return known.origins;
      const before = known?.origins ?? Promise.resolve([]);
      const origins = readOrigins().catch((error: unknown) => {
        logger.warn({ err: error }, 'could not read the places of outside streams');
        return before;
      });
      known = { at: now, origins };
      return origins;
    },
  };

  async function readOrigins(): Promise<string[]> {
    const wanted = await courses.outsideUrls();
    const seen = wanted.length > 0 ? await broadcasts.outsideOrigins() : [];
    return [...new Set([...wanted.map((url) => new URL(url).origin), ...seen])].sort();
  }
}

/** Says again and again what is to be looked after. */
export function watchOutside({ logger }: Services, outside: Outside): { stop(): void } {
  return repeated(SAY_EVERY_MS, () => outside.followAll(), { logger, failed: UNFOLLOWED });
}
