import { z } from 'zod';
import { Beats, type BeatsStored } from './attendance.ts';
import { Id } from './common.ts';
import type { Ack } from './errors.ts';
import type { RoomQuestion, RoomSnapshot } from './live.ts';
import { PresenceConfirmation, type PresenceStored } from './presence.ts';
import { Choice, type LiveQuestion } from './quiz.ts';

/*
 * Socket.IO events, `noun:verb`. Each request is validated with its schema and acked. Nothing depends on a broadcast
 * arriving: beat acks carry the room's revision, and a page that sees a gap fetches the snapshot.
 */

/** What a browser may send. `action` is its row in the policy table. */
export const clientEvents = {
  'room:join': { action: 'room:enter', payload: z.object({ ticket: z.string().max(2_000) }) },
  'beat:send': { action: 'beat:store', payload: z.object({ beats: Beats }) },
  'question:ask': {
    action: 'room-question:ask',
    payload: z.object({ id: Id, text: z.string().trim().min(1).max(300) }),
  },
  'quiz:answer': { action: 'live-question:answer', payload: z.object({ liveQuestionId: Id, choice: Choice }) },
  'presence:confirm': { action: 'presence:confirm', payload: PresenceConfirmation },
  'console:join': { action: 'room:watch', payload: z.object({ sessionId: Id }) },
} as const;
export type ClientEventName = keyof typeof clientEvents;
export type ClientPayload<E extends ClientEventName> = z.infer<(typeof clientEvents)[E]['payload']>;

/** What each request is answered with when it succeeds. */
export interface AckData {
  'room:join': { room: RoomSnapshot; viewers: number };
  'beat:send': BeatsStored;
  'question:ask': { id: string };
  /** `stored` is true also for an answer sent again. */
  'quiz:answer': { stored: true };
  'presence:confirm': PresenceStored;
  'console:join': { room: RoomSnapshot; viewers: number };
}

export type ClientEvents = {
  [E in ClientEventName]: (
    payload: z.input<(typeof clientEvents)[E]['payload']>,
    ack: (answer: Ack<AckData[E]>) => void,
  ) => void;
};

/** What the server sends unasked. */
export interface ServerEvents {
  /** The whole snapshot: it is small, and a page that missed one needs no patching. */
  'room:changed': (room: RoomSnapshot) => void;
  /** 设备 connected to the room now, over all workers. */
  'room:viewers': (viewers: { sessionId: string; devices: number }) => void;
  /** Consoles only. */
  'question:asked': (question: RoomQuestion) => void;
  /** Consoles only: running results of the open question, at most one a second. */
  'quiz:tally': (live: LiveQuestion) => void;
  /** This worker is going away: reconnect within `withinMs`, at a moment drawn at random. */
  'server:draining': (drain: { withinMs: number }) => void;
}
