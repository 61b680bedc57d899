import { createHash, hash } from 'node:crypto';

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
  correction?: ChainedCorrection | null;
}

/** What else the entry of a correction says. */
export interface ChainedCorrection {
  id: string;
  effect: 'difference' | 'present' | 'absent' | 'withdrawal';
  /** SHA-256 of the evidence file, hex. */
  evidence: string | null;
  withdraws: string | null;
}

/** Digest before the first batch of a session. */
export function genesis(sessionId: string): Buffer {
  return createHash('sha256').update(`anke:attendance:${sessionId}`).digest();
}

/** A batch of entries as it is written down. */
export interface Link {
  /** Counts up from 1 in a session. */
  batch: number;
  previous: Buffer;
  digest: Buffer;
  entries: number;
  /** {@link fingerprintsOf} its entries. */
  fingerprints: Buffer;
}

/** The link that follows `head`. */
export function nextLink(head: { batch: number; digest: Buffer }, entries: readonly ChainedEntry[]): Link {
  const lines = entries.map(lineOf);
  return {
    batch: head.batch + 1,
    previous: head.digest,
    digest: digestOf(head.digest, lines),
    entries: entries.length,
    fingerprints: fingerprintsOf(entries, lines),
  };
}

/** One link: SHA-256 over the digest before and the batch's entries in their order, one JSON array a line. */
export function link(previous: Uint8Array, entries: readonly ChainedEntry[]): Buffer {
  return digestOf(previous, entries.map(lineOf));
}

function digestOf(previous: Uint8Array, lines: readonly string[]): Buffer {
  const digest = createHash('sha256').update(previous);
  if (lines.length > 0) digest.update(`${lines.join('\n')}\n`);
  return digest.digest();
}

export const FINGERPRINT_BYTES = 24;
const ID_BYTES = 16;

/**
 * For each entry its person's id and the first eight bytes of the SHA-256 of its line. The digest proves that a link is as it
 * was; these tell which entry is not.
 */
export function fingerprintsOf(entries: readonly ChainedEntry[], lines = entries.map(lineOf)): Buffer {
  const all = Buffer.alloc(entries.length * FINGERPRINT_BYTES);
  entries.forEach((entry, n) => {
    const at = n * FINGERPRINT_BYTES;
    all.write(entry.personId.replaceAll('-', ''), at, 'hex');
    hash('sha256', lines[n] as string, 'buffer').copy(all, at + ID_BYTES, 0, FINGERPRINT_BYTES - ID_BYTES);
  });
  return all;
}

/** The person whom a fingerprint names. */
export function personOf(fingerprint: Buffer): string {
  const hex = fingerprint.toString('hex', 0, ID_BYTES);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Only what belongs to a check, or is a correction, says so. */
function lineOf(e: ChainedEntry): string {
  const facts = [e.personId, e.kind, e.connId, e.seq, e.claimedFrom, e.claimedTo, e.from, e.to];
  const check = e.checkId ? [e.checkId] : [];
  const { correction } = e;
  const corrects = correction ? [correction.id, correction.effect, correction.evidence, correction.withdraws] : [];
  const more = [...check, ...corrects];
  return JSON.stringify([...facts, e.hidden, e.receivedAt, e.deltaMs, e.actorId, e.reason, ...more]);
}
