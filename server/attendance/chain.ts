import { createHash } from 'node:crypto';

/** An entry as the chain sees it: every fact that may not be changed afterwards. */
export interface ChainedEntry {
  personId: string;
  kind: string;
  connId: string | null;
  seq: number | null;
  claimedFrom: number;
  claimedTo: number;
  from: number;
  to: number;
  hidden: boolean;
  /** Epoch ms. */
  receivedAt: number;
  deltaMs: number | null;
  actorId: string | null;
  reason: string | null;
  /** Of a presence check. */
  checkId?: string | null;
}

/** Digest before the first batch of a session. */
export function genesis(sessionId: string): Buffer {
  return createHash('sha256').update(`anke:attendance:${sessionId}`).digest();
}

/** One link: SHA-256 over the digest before and the batch's entries in their order, one JSON array a line. Only what belongs to a check names one. */
export function link(previous: Uint8Array, entries: readonly ChainedEntry[]): Buffer {
  const hash = createHash('sha256').update(previous);
  for (const e of entries) {
    const facts = [e.personId, e.kind, e.connId, e.seq, e.claimedFrom, e.claimedTo, e.from, e.to];
    const check = e.checkId ? [e.checkId] : [];
    hash.update(`${JSON.stringify([...facts, e.hidden, e.receivedAt, e.deltaMs, e.actorId, e.reason, ...check])}\n`);
  }
  return hash.digest();
}
