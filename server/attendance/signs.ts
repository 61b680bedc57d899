import type { PresenceStanding } from '#contract/presence.ts';
import { batchesOf } from '../batches.ts';
import { transactionByKeys } from '../db.ts';
import { AppError } from '../errors.ts';
import { createGather } from '../gather.ts';
import type { Services } from '../services.ts';
import { acceptance, type Window } from './admit.ts';
import type { ChainedEntry } from './chain.ts';
import { entryAt } from './entry.ts';
import { takeGaps } from './gaps.ts';
import { missedFrom } from './presence.ts';
import * as presence from './presence-store.ts';
import * as store from './store.ts';

/** A sign of life: something that only a person does. */
export interface SignOfLife {
  sessionId: string;
  personId: string;
  connId: string;
  /** When, on the session axis, epoch ms. */
  at: number;
  receivedAt: number;
  /** The presence check that it confirms. */
  checkId: string | null;
  cause: 'confirm' | 'hand' | 'answer' | 'question';
}

/** Where a person stands after a sign of theirs was stored. */
export interface Signed {
  creditedMs: number;
  standing: PresenceStanding;
}

const MAX_QUEUE = 20_000;
const MAX_BATCH = 2_000;

/** Signs of life and missed presence checks, in the chain beside the beats. */
export function createSigns(
  { db, clock, logger, metrics }: Pick<Services, 'db' | 'clock' | 'logger' | 'metrics'>,
  windowOf: (sessionId: string) => Promise<Window | null>,
  gatherMs: number,
) {
  const limits = { intervalMs: gatherMs, maxQueue: MAX_QUEUE, maxBatch: MAX_BATCH, logger };
  const gather = createGather<SignOfLife, Signed | 'too-late'>({
    ...limits,
    metrics: metrics.gather('signs'),
    key: ({ sessionId }) => sessionId,
    write,
  });
  /** Most of those who answer a question have missed nothing: only for the others it is written down as a sign of life. */
  const acts = createGather<SignOfLife, undefined>({
    ...limits,
    metrics: metrics.gather('acts'),
    key: ({ sessionId }) => sessionId,
    async write(sessionId, given) {
      const missing = await presence.withOpenGap(
        db.pool,
        sessionId,
        given.map(({ personId }) => personId),
      );
      await Promise.all(given.filter(({ personId }) => missing.has(personId)).map(gather.add));
      return given.map(() => undefined);
    },
  });

  /** Corrections begin where beats end: what came later would have to be weighed against them. */
  async function mayBeStored(sessionId: string, at: number): Promise<boolean> {
    const window = await windowOf(sessionId);
    return window !== null && acceptance(window, at) === 'open';
  }

  async function write(sessionId: string, signs: SignOfLife[]): Promise<(Signed | 'too-late')[]> {
    const latest = Math.max(...signs.map(({ receivedAt }) => receivedAt));
    if (!(await mayBeStored(sessionId, latest))) {
      // One at a time, so that nobody is refused for what came with them.
      if (signs.length > 1) return (await Promise.all(signs.map((sign) => write(sessionId, [sign])))).flat();
      return ['too-late'];
    }
    return append(sessionId, signs);
  }

  /** Stores signs of one session as one link of its chain. A check that somebody has confirmed before is confirmed. */
  async function append(sessionId: string, signs: SignOfLife[]): Promise<Signed[]> {
    return transactionByKeys(db.pool, async (client) => {
      const head = await store.lockChain(client, sessionId);
      const people = await store.attendees(client, sessionId, [...new Set(signs.map((sign) => sign.personId))]);
      const confirmed = await presence.confirmations(client, signs);
      const entries: ChainedEntry[] = [];
      for (const sign of signs) {
        const person = people.get(sign.personId);
        if (!person) throw new AppError('not-joined');
        if (sign.checkId !== null) {
          const key = `${sign.checkId}:${sign.personId}`;
          if (confirmed.has(key)) continue;
          confirmed.add(key);
          person.confirmedCheckId = sign.checkId;
        }
        entries.push(signEntry(sign));
      }
      if (entries.length > 0) {
        await store.append(client, sessionId, head, entries, clock());
        const signed = [...new Set(entries.map((entry) => entry.personId))].flatMap((id) => people.get(id) ?? []);
        await takeGaps(
          client,
          sessionId,
          signed.filter((person) => person.gaps.length > 0),
        );
        await presence.updateAttendees(client, sessionId, signed);
      }
      return signs.map(({ personId }) => signedOf(people.get(personId) as store.AttendeeRow));
    });
  }

  return {
    /**
     * Stores a sign of life; resolves after the commit. A check that was confirmed before is confirmed again without another entry.
     * @throws AppError `not-joined`, `too-late` (over ten minutes after the end), `busy` (nothing stored: send again)
     */
    async sign(sign: SignOfLife): Promise<Signed> {
      const signed = await gather.add(sign);
      if (signed === 'too-late') throw new AppError('too-late');
      return signed;
    },

    /** Notes something that a person did, if time of theirs is being taken away. Nobody waits for it. */
    noteAct(act: SignOfLife): void {
      acts.add(act).catch((error: unknown) => logger.warn({ err: error }, 'a sign of life was not noted'));
    },

    /**
     * Writes down who missed a check; who is on record for it already stays as they are.
     * @returns how many are on record now; null when the record takes no more, over ten minutes after the end
     */
    async miss(sessionId: string, checkId: string, missing: presence.Missing[]): Promise<number | null> {
      if (!(await mayBeStored(sessionId, clock()))) return null;
      for (const some of batchesOf(missing, MAX_BATCH)) {
        await transactionByKeys(db.pool, async (client) => {
          const head = await store.lockChain(client, sessionId);
          const known = await presence.onRecord(client, checkId, some);
          const added = some.filter(({ personId }) => !known.has(personId));
          if (added.length === 0) return;
          const people = await store.attendees(
            client,
            sessionId,
            added.map(({ personId }) => personId),
          );
          const receivedAt = clock();
          const entries = added.map((each) => missEntry(checkId, each, receivedAt));
          await store.append(client, sessionId, head, entries, clock());
          await takeGaps(client, sessionId, [...people.values()]);
          await presence.updateAttendees(client, sessionId, [...people.values()]);
        });
      }
      return presence.countMissed(db.pool, checkId);
    },

    /** Who was asked by a check and has given no sign of life in their time. */
    unconfirmed: (sessionId: string, check: presence.Asked) => presence.unconfirmed(db.pool, sessionId, check),

    /** Where a person stands who has confirmed this check; null when they have not. */
    async confirmedBy(sessionId: string, checkId: string, personId: string): Promise<Signed | null> {
      const known = await presence.confirmations(db.pool, [{ checkId, personId }]);
      if (known.size === 0) return null;
      const person = (await store.attendees(db.pool, sessionId, [personId])).get(personId);
      return person ? signedOf(person) : null;
    },

    /** Whether a connection that had reported before `pressedAt` was not heard of again until `until`. Epoch ms. */
    wasCut: (connId: string, pressedAt: number, until: number) => presence.wasCut(db.pool, connId, pressedAt, until),

    /** People who have confirmed a check, and, while it runs, those who watch and have not. */
    tally: (sessionId: string, checkId: string, since: number) => presence.tally(db.pool, sessionId, checkId, since),

    async close(): Promise<void> {
      await acts.close();
      await gather.close();
    },
  };
}

function signedOf(person: store.AttendeeRow): Signed {
  return {
    creditedMs: person.creditedMs,
    standing: { confirmed: person.confirmedCheckId, missedFrom: missedFrom(person.gaps) },
  };
}

function signEntry({ personId, connId, at, receivedAt, checkId, cause }: SignOfLife): ChainedEntry {
  return { ...entryAt(personId, at, at, receivedAt), kind: 'sign', connId, reason: cause, checkId };
}

function missEntry(checkId: string, { personId, since, at }: presence.Missing, receivedAt: number): ChainedEntry {
  return { ...entryAt(personId, since, at, receivedAt), kind: 'missed', checkId };
}
