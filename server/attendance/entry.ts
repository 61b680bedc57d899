import type { ChainedEntry } from './chain.ts';
import type { BeatEntry } from './store.ts';

/** A beat as the chain has it. */
export function spanEntry(kind: 'live' | 'replay', { personId, connId, beat, ...span }: BeatEntry): ChainedEntry {
  const { from, to, receivedAt } = span;
  return {
    personId,
    kind,
    connId,
    seq: beat.seq,
    claimedFrom: beat.mediaFrom,
    claimedTo: beat.mediaTo,
    from,
    to,
    hidden: beat.state.hidden,
    receivedAt,
    deltaMs: null,
    actorId: null,
    reason: null,
  };
}

/** What an entry that is no beat of the person’s own begins with: a stretch, or a moment where both are the same. Epoch ms. */
export function entryAt(personId: string, from: number, to: number, receivedAt: number): Omit<ChainedEntry, 'kind'> {
  return {
    personId,
    connId: null,
    seq: null,
    claimedFrom: from,
    claimedTo: to,
    from,
    to,
    hidden: false,
    receivedAt,
    deltaMs: null,
    actorId: null,
    reason: null,
  };
}
