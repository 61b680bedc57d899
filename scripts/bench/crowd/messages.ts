import type { Arrival } from './entry.ts';

/** Somebody of the crowd, as the generator is told of them. */
export interface Planned extends Arrival {
  /** Over all generators. */
  n: number;
  /** A baseline's server takes any. Without it the person enters to get one. */
  ticket?: string;
  cookie?: string;
}

/** What a coordinator tells its generators. Moments are epoch ms. */
export type Order =
  | { type: 'crowd'; url: string; sessionId: string; people: Planned[] }
  /** People with these numbers, `from` to `to` without it, come for the first time and stay: so many at once, as fast as they are let in. Not measured. */
  | { type: 'probe'; from: number; to: number; atOnce: number }
  /** Everybody from this number on comes for the first time, evenly from `startAt` on, and stays. */
  | { type: 'arrive'; from: number; startAt: number; overMs: number }
  /** Everybody's line is cut, and they come back evenly; from then on they watch. */
  | { type: 'storm'; startAt: number; overMs: number; classStartedAt: number }
  /** So many people ask the instructor something. */
  | { type: 'ask'; people: number[]; startAt: number; overMs: number }
  /** From now on lines may be cut. */
  | { type: 'kill' }
  /** Says how many are in the room, and does nothing. */
  | { type: 'look' }
  /** Says how many had this question on their screen. */
  | { type: 'seen'; question: string }
  /** The class is over: everybody reports the rest. */
  | { type: 'finish'; withinMs: number }
  | { type: 'report' }
  | { type: 'close' };

/** What a generator says. */
export type Word =
  | { type: 'done'; of: Order['type']; connected: number }
  | { type: 'report'; record: CrowdRecord; samples: Samples; errors: Record<string, number> };

export type SampleName =
  | 'entry'
  | `entry-${'shell' | 'me' | 'code' | 'sign-in' | 'list' | 'ticket' | 'join'}`
  | 'join'
  | 'beatAck'
  | 'answerAck'
  | 'askAck'
  | 'presenceAck'
  | 'reconnect'
  /** Epoch ms at which the open question was there. */
  | 'questionAt'
  | 'generatorLate';

/** Milliseconds. */
export type Samples = Partial<Record<SampleName, Float64Array>>;

/** What was acked, as the truth check compares it with the database; lists of one length each. */
export interface CrowdRecord {
  /** Connections by which people were in, with what the union of their acked beats comes to. */
  connections: { id: string[]; playedMs: number[]; unacked: number[] };
  /** `at` is an index into the connections. */
  beats: { at: Int32Array; seq: Int32Array; from: Float64Array; to: Float64Array };
  answers: { at: number[]; question: string[]; choice: number[] };
  asked: { at: number[]; id: string[] };
  confirmed: { at: number[]; check: string[] };
  /** Bytes of all connections after the first arrival. */
  traffic: { received: number; sent: number };
  /** Connections that were cut when a worker was killed. */
  cut: number;
}
