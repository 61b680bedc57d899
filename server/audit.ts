import type pg from 'pg';
import type { Prisma } from '#prisma/client.ts';
import type { Tx } from './db.ts';

/** Who did it, and in which request. */
export interface Actor {
  accountId: string | null;
  personId: string | null;
  requestId: string | null;
}

/** The system itself: the end of a wait, a retention rule. */
export const SYSTEM: Actor = { accountId: null, personId: null, requestId: null };

/** Writes an audit entry. Pass the transaction of the change, so that neither exists without the other. */
export async function audit(
  tx: Tx,
  actor: Actor,
  at: number,
  action: string,
  subject: { kind: string; id: string | null },
  detail: Prisma.InputJsonObject = {},
): Promise<void> {
  await tx.auditEntry.create({
    data: { ...actor, at: new Date(at), action, subject: subject.kind, subjectId: subject.id, detail },
  });
}

/** The same in a transaction of the pool's. */
export async function auditWith(
  client: pg.PoolClient,
  actor: Actor,
  at: number,
  action: string,
  subject: { kind: string; id: string | null },
  detail: Prisma.InputJsonObject = {},
): Promise<void> {
  await client.query(
    `insert into audit_entry (account_id, person_id, request_id, at, action, subject, subject_id, detail)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [actor.accountId, actor.personId, actor.requestId, new Date(at), action, subject.kind, subject.id, detail],
  );
}
