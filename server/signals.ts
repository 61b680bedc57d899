import { EventEmitter } from 'node:events';

/** What features tell each other after a commit, within one process. Nothing depends on a signal arriving. */
export interface SignalEvents {
  /** Something that the room shows was changed: its revision was bumped. */
  'room-changed': [sessionId: string];
  /** Where a session's picture is to come from was changed. */
  'picture-changed': [sessionId: string];
  /** A session has another stream key: whoever came in with the old one must go. */
  'stream-key-replaced': [sessionId: string];
  /** Names, codes or the closing of units were changed. */
  'units-changed': [];
  /** Answers to the open question came in. */
  'live-question-answered': [live: { liveQuestionId: string; sessionId: string }];
  /** These logins ended: their sockets must go. */
  'logins-revoked': [loginIds: string[]];
  /** These people may not take part any more: refused by their unit, gone from it, or the unit was closed. */
  'people-excluded': [personIds: string[]];
}

export type Signals = EventEmitter<SignalEvents>;

export function createSignals(): Signals {
  return new EventEmitter<SignalEvents>();
}
