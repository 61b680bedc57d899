import type { Session, SessionState } from '#contract/courses.ts';
import type { Services } from '../services.ts';
import { replayUntil } from './replay-deadline.ts';
import { roomSession, type SessionMarks, sessionView, withCourse } from './view.ts';

/** What another worker has changed may be so old here, ms. What is changed here is seen at once. */
const MAX_AGE_MS = 1_000;
const PLACES_KEPT = 1_000;

/** All that a list shows and that is the same for everybody. */
interface Shown {
  /** No drafts, of courses that are not archived, earliest first. */
  rows: { session: Session; requiredMs: number; replayUntil: number | null }[];
  marks: SessionMarks;
}

/** Where a session belongs, as the policy asks. */
interface Place {
  courseId: string;
  state: SessionState;
  instructorAccountId: string | null;
}

interface Kept<T> {
  at: number;
  value: Promise<T>;
}

/** What a crowd asks of sessions at the same moment: read once for all of them. */
export function createShownSessions(
  { db, clock, signals }: Pick<Services, 'db' | 'clock' | 'signals'>,
  marksOf: (sessionIds: string[]) => Promise<SessionMarks>,
) {
  const { prisma } = db;
  let list: Kept<Shown> | null = null;
  const places = new Map<string, Kept<Place | null>>();
  signals.on('room-changed', (sessionId) => {
    list = null;
    places.delete(sessionId);
  });

  async function readList(): Promise<Shown> {
    const rows = await prisma.session.findMany({
      where: { state: { not: 'draft' }, course: { archivedAt: null } },
      include: withCourse,
      orderBy: [{ startsAt: 'asc' }, { id: 'asc' }],
    });
    const marks = await marksOf(rows.map((row) => row.id));
    return {
      rows: rows.map((row) => ({
        session: sessionView(row, row.course.title, marks, false),
        requiredMs: roomSession(row).requiredMs,
        replayUntil: marks.replays.has(row.id) && row.state === 'ended' ? replayUntil(roomSession(row)) : null,
      })),
      marks,
    };
  }

  /** null: there is none with this id. */
  async function readPlace(sessionId: string): Promise<Place | null> {
    const select = { courseId: true, state: true, instructorAccountId: true } as const;
    return await prisma.session.findUnique({ where: { id: sessionId }, select });
  }

  function isFresh<T>(kept: Kept<T> | null | undefined): kept is Kept<T> {
    return kept != null && clock() - kept.at < MAX_AGE_MS;
  }

  return {
    list(): Promise<Shown> {
      if (isFresh(list)) return list.value;
      const kept = { at: clock(), value: readList() };
      list = kept;
      kept.value.catch(() => {
        if (list === kept) list = null;
      });
      return kept.value;
    },

    readPlace,

    /** As `readPlace`, or as it was a moment ago. */
    place(sessionId: string): Promise<Place | null> {
      const known = places.get(sessionId);
      if (isFresh(known)) return known.value;
      if (places.size >= PLACES_KEPT) places.clear();
      const kept = { at: clock(), value: readPlace(sessionId) };
      places.set(sessionId, kept);
      const forget = () => {
        if (places.get(sessionId) === kept) places.delete(sessionId);
      };
      // A draft may open at any moment, and what is not there may be made.
      kept.value.then((place) => (place === null || place.state === 'draft') && forget(), forget);
      return kept.value;
    },
  };
}
