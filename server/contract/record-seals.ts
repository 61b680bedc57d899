import { z } from 'zod';
import { Instant } from './common.ts';
import { endpoints } from './endpoint.ts';

/** `12-0f3a…`: how many links the record had, and the first 32 hex digits of its digest. */
export const SealCode = z.string().regex(/^\d{1,9}-[0-9a-f]{32}$/);

/** What the public page says of a record's seal: nothing of any person. */
export const SealCheck = z.object({
  /** `current`: the record is as it was. `grown`: what was sealed is in it, and entries came after it. `unknown`: there is no such seal. */
  state: z.enum(['current', 'grown', 'unknown']),
  /** The rest is null when it is unknown. */
  courseTitle: z.string().nullable(),
  number: z.int().nullable(),
  startedAt: Instant.nullable(),
  /** When the last sealed entry was stored, and how many there were. */
  sealedAt: Instant.nullable(),
  entries: z.int().nullable(),
  /** Entries that came after it, of them corrections and withdrawals; and when the last one came. */
  later: z.int().nullable(),
  laterCorrections: z.int().nullable(),
  lastAt: Instant.nullable(),
});
export type SealCheck = z.infer<typeof SealCheck>;

export const recordSealEndpoints = endpoints({
  'GET /seals/:sessionId/:code': {
    summary: 'Whether a digest on an export is one of the session’s record; for anybody who has it',
    action: 'seal:check',
    target: 'none',
    response: SealCheck,
  },
});
