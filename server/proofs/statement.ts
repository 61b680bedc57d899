import { createHash } from 'node:crypto';

/** What a proof states that may not change under it. */
export interface Statement {
  number: string;
  personId: string;
  sessionId: string;
  /** Epoch ms. */
  issuedAt: number;
  creditedMs: number;
  classHourMs: number | null;
  statutoryBasis: string | null;
  statutoryApprover: string | null;
}

/** SHA-256 over the statement, on the paper: a row that was altered afterwards no longer comes to it. */
export function digestOf(statement: Statement): Buffer {
  const { number, personId, sessionId, issuedAt, creditedMs, classHourMs, statutoryBasis, statutoryApprover } =
    statement;
  const text = JSON.stringify([
    ...[number, personId, sessionId, issuedAt, creditedMs],
    ...[classHourMs, statutoryBasis, statutoryApprover],
  ]);
  return createHash('sha256').update(text).digest();
}
