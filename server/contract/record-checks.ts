import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';
import { Verification } from './verification.ts';

/** A check (核验) of a session's record that somebody asked for. */
export const RecordCheck = z.object({
  id: Id,
  startedAt: Instant,
  /** Who asked for it. */
  startedByName: z.string(),
  /** Null while it runs. */
  finishedAt: Instant.nullable(),
  /** `stopped`: it did not come to its end, and says nothing of the record. Null while it runs. */
  outcome: z.enum(['intact', 'altered', 'stopped']).nullable(),
  /** Entries read, of how many. */
  done: z.int(),
  expected: z.int(),
  faultCount: z.int(),
});
export type RecordCheck = z.infer<typeof RecordCheck>;

export const RecordChecks = z.object({
  /** The newest first, the last twenty; one that runs is the first of them. */
  checks: z.array(RecordCheck),
  /** What the newest one that came to its end found. */
  found: z.object({ checkId: Id, verification: Verification }).nullable(),
  /** Where the public page of the record as it is now is, below this installation's address. */
  sealPath: z.string(),
});
export type RecordChecks = z.infer<typeof RecordChecks>;

export const recordCheckEndpoints = endpoints({
  'GET /sessions/:sessionId/record-checks': {
    summary: 'Checks of the session’s record: what runs, what was found, when and for whom',
    action: 'record:check',
    target: 'session',
    response: RecordChecks,
  },
  'POST /sessions/:sessionId/record-checks': {
    summary: 'Check the chain of the session’s record and recompute every credited second, or join the check that runs',
    action: 'record:check',
    target: 'session',
    response: RecordCheck,
  },
});
