import type { RoomLiveQuestion, RoomSnapshot } from '#contract/live.ts';
import type { RoomPresenceCheck } from '#contract/presence.ts';
import type { Mark } from '#contract/recordings.ts';
import type { Courses } from '../courses/service.ts';
import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import type { Broadcasts } from './broadcasts.ts';
import { replayableOf } from './replayable.ts';

/** What a room shows of other features. */
export interface RoomNeeds {
  courses: Courses;
  broadcasts: Broadcasts;
  /** The question that is open, or whose result is still shown. */
  currentQuestion(sessionId: string): Promise<RoomLiveQuestion | null>;
  /** The presence check that is under way. */
  currentCheck(sessionId: string): Promise<RoomPresenceCheck | null>;
  paperPublished(sessionId: string): Promise<boolean>;
  marksOf(sessionId: string): Promise<Mark[]>;
  /** Whether a prepared video ended at this moment, epoch ms, or so near to it that it is why nobody publishes. */
  videoEndedAt(sessionId: string, at: number): Promise<boolean>;
}

/** A snapshot may be this old when a change was not heard of, because the bus was away. */
const MAX_AGE_MS = 5_000;

export type Rooms = ReturnType<typeof createRooms>;

/** The shared state of rooms. Kept for a moment, because a crowd that enters must not read the database once each. */
export function createRooms({ clock }: Pick<Services, 'clock'>, needs: RoomNeeds) {
  const kept = new Map<string, { at: number; snapshot: Promise<RoomSnapshot> }>();

  async function build(sessionId: string): Promise<RoomSnapshot> {
    const session = await needs.courses.sessionForRoom(sessionId);
    if (!session) throw notFound();
    const { publisherLostAt } = session;
    const [broadcast, question, presence, paperPublished, marks, videoOver] = await Promise.all([
      session.startedAt === null ? null : needs.broadcasts.find(sessionId, 'live'),
      needs.currentQuestion(sessionId),
      session.state === 'live' ? needs.currentCheck(sessionId) : null,
      needs.paperPublished(sessionId),
      needs.marksOf(sessionId),
      publisherLostAt !== null && needs.videoEndedAt(sessionId, publisherLostAt),
    ]);
    const playable = broadcast !== null && broadcast.firstPdt !== null && !broadcast.gone ? broadcast : null;
    const own = playable?.outside ? null : playable;
    return {
      sessionId,
      revision: session.revision,
      state: session.state,
      courseTitle: session.courseTitle,
      number: session.number,
      topic: session.topic,
      outline: session.outline,
      instructorName: session.instructorName,
      startsAt: instant(session.startsAt),
      plannedMinutes: session.plannedMinutes,
      startedAt: session.startedAt === null ? null : instant(session.startedAt),
      endedAt: session.endedAt === null ? null : instant(session.endedAt),
      requiredMs: session.requiredMs,
      prefix: own?.prefix ?? null,
      firstPdt: own?.firstPdt ?? null,
      lastPdt: own?.lastPdt ?? null,
      replayUntil: replayableOf(session, broadcast)?.until ?? null,
      outside: playable?.outside ?? null,
      marks,
      publishing: broadcast?.publishing ?? false,
      videoOver,
      delivery: session.delivery,
      question,
      presence,
      paperPublished,
    };
  }

  return {
    /** @throws AppError `not-found` */
    snapshot(sessionId: string): Promise<RoomSnapshot> {
      const now = clock();
      const known = kept.get(sessionId);
      if (known && now - known.at <= MAX_AGE_MS) return known.snapshot;
      const entry = { at: now, snapshot: build(sessionId) };
      kept.set(sessionId, entry);
      entry.snapshot.catch(() => {
        if (kept.get(sessionId) === entry) kept.delete(sessionId);
      });
      return entry.snapshot;
    },
    forget(sessionId: string): void {
      kept.delete(sessionId);
    },
  };
}

function instant(ms: number): string {
  return new Date(ms).toISOString();
}
