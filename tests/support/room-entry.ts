import { randomUUID } from 'node:crypto';
import type { Beat } from '#contract/attendance.ts';
import type { Admission } from '#contract/live.ts';
import { done } from './class.ts';
import type { HttpClient } from './http-client.ts';

/** Enters a session's room. @throws Error with the refusal's words */
export async function admission(
  client: HttpClient,
  sessionId: string,
  deviceId: string = randomUUID(),
): Promise<Admission> {
  const params = { sessionId };
  return done('ticket', await client.call('POST /sessions/:sessionId/ticket', { params, body: { deviceId } }));
}

/** A beat of what was played, seconds. */
export function beat(seq: number, mediaFrom: number, seconds: number): Beat {
  const state = { playing: true, hidden: false, stalled: false };
  return { seq, mediaFrom, mediaTo: mediaFrom + seconds * 1_000, monotonicMs: seq * 1_000, state };
}
