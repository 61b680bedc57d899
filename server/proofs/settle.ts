import type pg from 'pg';
import { type Actor, auditWith } from '../audit.ts';
import { requiredMs } from '../courses/completion.ts';
import { newId } from '../ids.ts';
import { newNumber } from './rule.ts';
import { digestOf, type Statement } from './statement.ts';
import * as store from './store.ts';

export interface Settled {
  issued: number;
  withdrawn: number;
}

export interface Settling {
  actor: Actor;
  /** Epoch ms. */
  now: number;
  /** How long a statutory class hour is. */
  classHourMs: number;
}

/**
 * Issues and withdraws by rule (rule.ts) what a session's credit comes to now, for these people or all; the audit entries are part
 * of it. In a transaction that holds the head of the session's chain, so that no credit moves meanwhile.
 */
export async function settle(
  client: pg.PoolClient,
  sessionId: string,
  personIds: string[] | null,
  { actor, now, classHourMs }: Settling,
): Promise<Settled> {
  const session = await store.readSession(client, sessionId);
  if (!session || session.mode === 'offline') return { issued: 0, withdrawn: 0 };
  const required = requiredMs(session);
  const withdrawn = await store.withdrawByRule(client, sessionId, personIds, required, actor, now);
  const entitled = await store.readEntitled(client, sessionId, personIds, required);
  const { statutoryBasis, statutoryApprover } = session;
  const counted = session.statutory
    ? { classHourMs, statutoryBasis, statutoryApprover }
    : { classHourMs: null, statutoryBasis: null, statutoryApprover: null };
  const statements = entitled.map(({ personId, creditedMs }): Statement => {
    return { number: newNumber(now), personId, sessionId, issuedAt: now, creditedMs, ...counted };
  });
  await store.insertProofs(
    client,
    statements.map((statement) => ({ id: newId(), ...statement, digest: digestOf(statement) })),
  );
  if (statements.length > 0) {
    const one = statements.length === 1 ? { number: statements[0]?.number ?? '', personId: entitled[0]?.personId } : {};
    const detail = { issued: statements.length, ...one };
    await auditWith(client, actor, now, 'proof:issue', { kind: 'session', id: sessionId }, detail);
  }
  return { issued: statements.length, withdrawn };
}
