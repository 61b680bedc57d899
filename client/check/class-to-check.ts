import { ApiError, call } from '#client/api.ts';
import { sourcesOf } from '#client/room/playback.ts';
import { setPlaybackCookie } from '#client/room/playback-cookie.ts';
import type { MySession } from '#contract/courses.ts';

/** A class by which the way to the picture is measured. */
export interface ClassToCheck {
  sessionId: string;
  /** Its multivariant playlist; null: it has no picture now. */
  playlist: string | null;
  /** Somebody else's stream: read without a token, and in formats of its own. */
  outside: boolean;
}

/**
 * Opens the class's media to this browser, as the room does.
 * @throws ApiError also when nobody is signed in, or somebody who is not invited
 */
export async function openClass(sessionId: string): Promise<ClassToCheck> {
  const params = { sessionId };
  const room = await call('GET /sessions/:sessionId/room', { params });
  if (room.outside) return { sessionId, playlist: room.outside.url, outside: true };
  const { prefix, playbackToken } = await call('POST /sessions/:sessionId/playback', { params });
  if (prefix === null || playbackToken === null) return { sessionId, playlist: null, outside: false };
  setPlaybackCookie(prefix, playbackToken);
  const over = room.state === 'ended' || room.state === 'archived';
  return { sessionId, playlist: sourcesOf(prefix, over ? 'past' : room.delivery).picture, outside: false };
}

/** Of somebody's own: the one that is live, else the next, else the last; null: none, or nobody is signed in. */
export async function chooseSession(): Promise<string | null> {
  try {
    return chosenOf(await call('GET /my/sessions'));
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

export function chosenOf(mine: readonly Pick<MySession, 'session'>[]): string | null {
  const sessions = mine.map(({ session }) => session).sort((a, b) => a.startsAt.localeCompare(b.startsAt));
  const inState = (state: string) => sessions.filter((session) => session.state === state);
  const over = inState('ended');
  return (inState('live')[0] ?? inState('scheduled')[0] ?? over[over.length - 1])?.id ?? null;
}
