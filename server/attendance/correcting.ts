import { createHash } from 'node:crypto';
import type pg from 'pg';
import {
  type Correction,
  type CorrectionChange,
  type CorrectionOutcome,
  EVIDENCE_LIMIT_MB,
  type Evidence,
  type MyCorrection,
} from '#contract/corrections.ts';
import type { Visibility } from '../accounts/principal.ts';
import { type Actor, auditWith } from '../audit.ts';
import { requiredMs } from '../courses/completion.ts';
import { transaction, undone } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { evidenceType } from '../file-types.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { creditLimitMs, LATE_BEATS_MS } from './admit.ts';
import type { ChainedEntry } from './chain.ts';
import * as corrections from './correction-store.ts';
import { type CorrectionFact, corrected, unlimited } from './corrections.ts';
import { entryAt } from './entry.ts';
import { holdSession } from './held-session.ts';
import { attendedIn } from './presence.ts';
import * as store from './store.ts';

const MINUTE_MS = 60_000;
/** What was uploaded and not used for so long is removed by the next upload. */
const UNUSED_MS = 24 * 3_600_000;

/** What corrections bring about elsewhere. */
export interface CorrectionNeeds {
  /** Part of the transaction: a person's credit is another one now. */
  credited?: (client: pg.PoolClient, sessionId: string, personId: string, actor: Actor) => Promise<unknown>;
}

export type Corrections = ReturnType<typeof createCorrections>;

/**
 * Corrections (更正) of credited time. Nothing is edited: each is an entry of the session's chain, and so is its withdrawal. Entry, link,
 * credit and audit entry are one transaction.
 */
export function createCorrections({ db, clock }: Pick<Services, 'db' | 'clock'>, needs: CorrectionNeeds = {}) {
  const { pool } = db;

  /** @throws AppError as {@link standing} does, `correction-without-effect`, `correction-out-of-range` */
  async function outcome(
    client: pg.PoolClient,
    sessionId: string,
    personId: string,
    added: CorrectionFact,
  ): Promise<CorrectionOutcome> {
    const { session, limitMs, startedAt } = await standing(client, sessionId);
    const outOfRange = new AppError('correction-out-of-range', { minutes: Math.floor(limitMs / MINUTE_MS) });
    const stretch = added.effect === 'present' || added.effect === 'absent';
    if (stretch && (added.from < startedAt || added.to > startedAt + limitMs)) throw outOfRange;
    const kept = await corrections.holdAttendee(client, sessionId, personId);
    if (!kept) throw notFound();
    const known = (await corrections.readFacts(client, sessionId, [personId])).get(personId) ?? [];
    const facts = [...known, added];
    const attended = attendedIn(kept);
    const afterMs = corrected(attended, facts, limitMs);
    if (unlimited(attended, facts) !== afterMs) throw outOfRange;
    const beforeMs = corrected(attended, known, limitMs);
    if (afterMs === beforeMs && added.effect !== 'withdrawal') throw new AppError('correction-without-effect');
    return { beforeMs, afterMs, requiredMs: requiredMs(session) };
  }

  /**
   * @throws AppError `not-found`, `record-closed`, `session-not-open` before the class, `correction-too-early` while beats may
   * still come
   */
  async function standing(client: pg.PoolClient, sessionId: string) {
    const session = await holdSession(client, sessionId);
    if (!session) throw notFound();
    if (session.state === 'archived' || session.courseArchived) throw new AppError('record-closed');
    if (!session.startedAt) throw new AppError('session-not-open');
    const minutes = LATE_BEATS_MS / MINUTE_MS;
    if (!session.endedAt || clock() <= session.endedAt.getTime() + LATE_BEATS_MS) {
      throw new AppError('correction-too-early', { minutes });
    }
    const limitMs = creditLimitMs(session.startedAt, session.endedAt);
    return { session, startedAt: session.startedAt.getTime(), limitMs };
  }

  async function write(
    client: pg.PoolClient,
    sessionId: string,
    personId: string,
    fact: CorrectionFact,
    { reason, evidence, actor }: { reason: string; evidence: string | null; actor: Actor },
  ): Promise<CorrectionOutcome & { id: string }> {
    // First of all: whoever adds to the chain holds its head.
    const head = await store.lockChain(client, sessionId);
    await store.addAttendees(client, sessionId, new Map([[personId, null]]));
    const result = await outcome(client, sessionId, personId, fact);
    const now = clock();
    const { id, effect, deltaMs, from, to, withdraws } = fact;
    const entry: ChainedEntry = {
      ...{ ...entryAt(personId, from, to, now), kind: 'correction', deltaMs, actorId: actor.accountId, reason },
      correction: { id, effect, evidence, withdraws },
    };
    await store.append(client, sessionId, head, [entry], now);
    await corrections.setCredit(client, sessionId, personId, result.afterMs);
    const { beforeMs, afterMs } = result;
    await auditWith(
      client,
      actor,
      now,
      effect === 'withdrawal' ? 'attendance:withdraw-correction' : 'attendance:correct',
      { kind: 'session', id: sessionId },
      { personId, correctionId: id, effect, beforeMs, afterMs, ...(withdraws !== null && { withdraws }) },
    );
    await needs.credited?.(client, sessionId, personId, actor);
    return { ...result, id };
  }

  return {
    /** What a correction would come to. @throws as `correct` does */
    preview: (sessionId: string, personId: string, change: CorrectionChange): Promise<CorrectionOutcome> =>
      undone(pool, async (client) => {
        await store.addAttendees(client, sessionId, new Map([[personId, null]]));
        return outcome(client, sessionId, personId, factOf(newId(), change));
      }),

    /**
     * @throws AppError `not-found` (session, person or evidence), `record-closed`, `session-not-open`, `correction-too-early`,
     * `correction-without-effect`, `correction-out-of-range`
     */
    async correct(
      sessionId: string,
      given: { personId: string; change: CorrectionChange; reason: string; evidenceId: string },
      actor: Actor,
    ): Promise<CorrectionOutcome & { id: string }> {
      return transaction(pool, async (client) => {
        const evidence = await corrections.evidenceDigest(client, sessionId, given.evidenceId);
        if (evidence === null) throw notFound();
        const fact = factOf(newId(), given.change);
        return write(client, sessionId, given.personId, fact, { reason: given.reason, evidence, actor });
      });
    },

    /** Takes a correction back, by another entry. @throws as `correct` does, and `correction-withdrawn` */
    async withdraw(
      sessionId: string,
      correctionId: string,
      reason: string,
      actor: Actor,
    ): Promise<CorrectionOutcome & { id: string }> {
      try {
        return await transaction(pool, async (client) => {
          const personId = await corrections.personOf(client, sessionId, correctionId);
          if (personId === null) throw notFound();
          const fact: CorrectionFact = {
            ...{ id: newId(), effect: 'withdrawal', deltaMs: null, from: 0, to: 0 },
            withdraws: correctionId,
          };
          return write(client, sessionId, personId, fact, { reason, evidence: null, actor });
        });
      } catch (error) {
        if (isUniqueViolation(error, 'withdraws')) throw new AppError('correction-withdrawn');
        throw error;
      }
    },

    /** @throws AppError `not-found`, `record-closed`, `evidence-type`, `evidence-too-large` */
    async addEvidence(sessionId: string, name: string, content: Buffer, actor: Actor): Promise<Evidence> {
      if (content.length > EVIDENCE_LIMIT_MB * 1024 * 1024) {
        throw new AppError('evidence-too-large', { limit: `${EVIDENCE_LIMIT_MB} MB` });
      }
      const type = evidenceType(content);
      if (type === null) throw new AppError('evidence-type');
      const id = newId();
      const sha256 = createHash('sha256').update(content).digest();
      const now = clock();
      await transaction(pool, async (client) => {
        await standing(client, sessionId);
        await corrections.removeUnused(client, sessionId, now - UNUSED_MS);
        await corrections.insertEvidence(client, { id, sessionId, name, type, sha256, content }, actor.accountId, now);
        const detail = { evidenceId: id, sha256: sha256.toString('hex'), bytes: content.length };
        await auditWith(client, actor, now, 'attendance:evidence', { kind: 'session', id: sessionId }, detail);
      });
      return { id, name, sha256: sha256.toString('hex'), bytes: content.length };
    },

    /** @throws AppError `not-found` */
    async evidence(sessionId: string, evidenceId: string, actor: Actor) {
      const file = await corrections.readEvidence(pool, sessionId, evidenceId);
      if (!file) throw notFound();
      const subject = { kind: 'session', id: sessionId };
      await transaction(pool, (client) =>
        auditWith(client, actor, clock(), 'attendance:evidence-read', subject, { evidenceId }),
      );
      return file;
    },

    /** The newest first, of the units that the caller may see. */
    async list(
      sessionId: string,
      { page, pageSize, personId }: { page: number; pageSize: number; personId?: string | undefined },
      visibility: Visibility,
    ): Promise<{ items: Correction[]; total: number }> {
      const asked = { personId: personId ?? null, limit: pageSize, offset: (page - 1) * pageSize };
      const rows = await corrections.list(pool, sessionId, visibility, asked);
      return { items: rows.map(correctionOf), total: rows[0]?.total ?? 0 };
    },

    /** All of them, the oldest first, for a file. */
    async all(sessionId: string, visibility: Visibility): Promise<Correction[]> {
      const rows = await corrections.list(pool, sessionId, visibility, { personId: null, limit: null, offset: 0 });
      return rows.map(correctionOf).reverse();
    },

    /** A person's own, the oldest first. */
    async mine(sessionId: string, personId: string): Promise<MyCorrection[]> {
      const rows = await corrections.list(pool, sessionId, { all: true }, { personId, limit: null, offset: 0 });
      return rows.map(correctionOf).reverse();
    },
  };
}

function factOf(id: string, change: CorrectionChange): CorrectionFact {
  if (change.effect === 'difference') {
    return { id, effect: 'difference', deltaMs: change.deltaMs, from: 0, to: 0, withdraws: null };
  }
  return { id, effect: change.effect, deltaMs: null, from: change.from, to: change.to, withdraws: null };
}

function correctionOf({ at, total: _, ...row }: Awaited<ReturnType<typeof corrections.list>>[number]): Correction {
  return { ...row, at: at.toISOString(), actorName: row.actorName ?? '–' };
}
