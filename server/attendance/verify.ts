import { setImmediate as turn } from 'node:timers/promises';
import type pg from 'pg';
import type { Fault, Verification } from '#contract/verification.ts';
import type { Clock } from '../clock.ts';
import { onSnapshot } from '../db.ts';
import { notFound } from '../errors.ts';
import { creditLimitMs } from './admit.ts';
import { FINGERPRINT_BYTES, fingerprintsOf, genesis, link } from './chain.ts';
import { differences } from './differences.ts';
import { createRecomputation } from './recompute.ts';
import * as store from './verification-store.ts';

export interface VerifyOptions {
  clock: Clock;
  /** Entries read so far, and how many the links say there are. */
  onProgress?: (read: number, expected: number) => void;
}

/** Faults that are named; the rest are counted. */
const NAMED = 100;
/** People whose credit is recomputed at once: whatever else this process does waits some ms. */
const PEOPLE_A_TURN = 500;

type Found = Omit<Fault, 'personName' | 'unitName'>;

/**
 * Reads a session's chain from its beginning to its end, recomputes every link and what everybody is credited with, and
 * compares. In slices: memory holds one link and the coverage of each person.
 * @throws AppError `not-found` when there is no such session
 */
export async function verifySession(pool: pg.Pool, sessionId: string, options: VerifyOptions): Promise<Verification> {
  const begun = performance.now();
  return onSnapshot(pool, async (client) => {
    const at = options.clock();
    const head = await store.readHead(client, sessionId);
    if (!head) throw notFound();
    const faults = createFaults();
    const recomputation = createRecomputation(
      head.startedAt && head.endedAt ? creditLimitMs(head.startedAt, head.endedAt) : 0,
    );
    const chain = await readChain(client, sessionId, faults, recomputation, options);

    const lastBatch = head.batch ?? 0;
    const headDigest = head.digest ?? genesis(sessionId);
    if (lastBatch !== chain.lastBatch || !headDigest.equals(chain.lastDigest)) {
      faults.add({ kind: 'head-changed', link: lastBatch });
    }
    if (chain.removed !== (await store.readRemoved(client, sessionId))) faults.add({ kind: 'removal-unrecorded' });
    const kept = await store.readCredit(client, sessionId);
    let creditedMs = 0;
    let judged = 0;
    for (const personId of new Set([...kept.keys(), ...recomputation.people()])) {
      judged += 1;
      if (judged % PEOPLE_A_TURN === 0) await turn();
      if (kept.get(personId) === null) continue;
      const recomputedMs = recomputation.creditedMs(personId);
      creditedMs += Math.floor(recomputedMs / 1_000) * 1_000;
      const keptMs = kept.get(personId) ?? null;
      if (keptMs !== recomputedMs) faults.add({ kind: 'credit-changed', personId, keptMs, recomputedMs });
    }
    const names = await store.readNames(client, sessionId, faults.people());
    return {
      sessionId,
      intact: faults.count() === 0,
      digest: headDigest.toString('hex'),
      at: new Date(at).toISOString(),
      links: chain.links,
      entries: chain.entries,
      removed: chain.removed,
      people: kept.size,
      creditedSeconds: creditedMs / 1_000,
      tookMs: Math.round(performance.now() - begun),
      faults: faults.named().map((fault) => ({
        ...fault,
        personName: names.get(fault.personId ?? '')?.personName ?? null,
        unitName: names.get(fault.personId ?? '')?.unitName ?? null,
      })),
      faultCount: faults.count(),
    };
  });
}

type Faults = ReturnType<typeof createFaults>;

function createFaults() {
  const named: Found[] = [];
  let count = 0;
  const nothing = { link: null, position: null, entryId: null, personId: null, keptMs: null, recomputedMs: null };
  return {
    add(fault: Partial<Found> & Pick<Found, 'kind'>): void {
      count += 1;
      if (named.length < NAMED) named.push({ ...nothing, ...fault });
    },
    count: () => count,
    named: () => named,
    people: () => [...new Set(named.flatMap(({ personId }) => personId ?? []))],
  };
}

/** Checks each link against its entries and the link before; gives every entry to `recomputation`. */
async function readChain(
  client: pg.PoolClient,
  sessionId: string,
  faults: Faults,
  recomputation: ReturnType<typeof createRecomputation>,
  { onProgress }: VerifyOptions,
) {
  const links = await store.readLinks(client, sessionId);
  const byBatch = new Map(links.map((row) => [row.batch, row]));
  const lastBatch = links.at(-1)?.batch ?? 0;
  const expected = links.reduce((sum, row) => sum + (row.kept ?? row.entries), 0);
  const removed = links.reduce((sum, row) => sum + row.entries, 0) - expected;
  let entries = 0;
  /** The digest that the next link must name: as it is stored, and as its entries come to. */
  let before = { stored: genesis(sessionId), computed: genesis(sessionId) };
  let nextBatch = 1;

  /** Links from the last one checked up to `batch`, which have no entries left. */
  async function passTo(batch: number): Promise<void> {
    while (nextBatch < batch) await close(nextBatch, []);
  }

  async function close(batch: number, rows: store.EntryRow[]): Promise<void> {
    nextBatch = batch + 1;
    const row = byBatch.get(batch);
    if (!row) {
      if (batch <= lastBatch) faults.add({ kind: 'link-missing', link: batch });
      else for (const entry of rows) faults.add(inserted(entry));
      return;
    }
    const whole = row.keptDigest === null;
    const computed = link(whole ? row.previous : row.digest, rows);
    const linkBeforeIsGone = batch > 1 && !byBatch.has(batch - 1);
    const fits = linkBeforeIsGone || row.previous.equals(before.stored) || row.previous.equals(before.computed);
    const [digest, count] = [row.keptDigest ?? row.digest, row.kept ?? row.entries];
    if (!computed.equals(digest) || rows.length !== count) await explain(row, rows);
    else if (!fits) faults.add({ kind: 'link-changed', link: batch });
    // Of what is gone nothing can be computed: the digest of then stands for it.
    before = { stored: row.digest, computed: whole ? computed : row.digest };
  }

  /** Says which entries make a link's digest wrong. */
  async function explain(row: store.LinkRow, rows: store.EntryRow[]): Promise<void> {
    const sealed = await store.readFingerprints(client, sessionId, row.batch);
    const prints = fingerprintsOf(rows);
    const present = rows.map(({ id, personId }, n) => ({
      entryId: id,
      personId,
      fingerprint: prints.subarray(n * FINGERPRINT_BYTES, (n + 1) * FINGERPRINT_BYTES),
    }));
    const found = sealed ? differences(sealed, present) : [];
    if (found.length === 0) faults.add({ kind: 'link-changed', link: row.batch });
    for (const difference of found) faults.add({ link: row.batch, ...difference });
  }

  let current: store.EntryRow[] = [];
  for await (const rows of store.readEntries(client, sessionId)) {
    for (const entry of rows) {
      recomputation.add(entry);
      const batch = current[0]?.batch;
      if (batch !== undefined && batch !== entry.batch) {
        await passTo(batch);
        await close(batch, current);
        current = [];
      }
      // No link has such a number: nothing was ever made there.
      if (entry.batch < 1) faults.add(inserted(entry));
      else current.push(entry);
    }
    entries += rows.length;
    onProgress?.(entries, expected);
  }
  const last = current[0]?.batch;
  if (last !== undefined) {
    await passTo(last);
    await close(last, current);
  }
  await passTo(lastBatch + 1);
  return { links: links.length, entries, removed, lastBatch, lastDigest: before.stored };
}

function inserted({ id, batch, personId }: store.EntryRow) {
  return { kind: 'inserted' as const, link: batch, entryId: id, personId };
}
