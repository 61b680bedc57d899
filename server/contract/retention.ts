import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';

/** How long what is kept. */
export const RetentionPeriods = z.object({
  networkLogsDays: z.int(),
  recordsYears: z.int(),
  /** Of special operators (特种作业人员). */
  specialRecordsYears: z.int(),
});
export type RetentionPeriods = z.infer<typeof RetentionPeriods>;

/** `special`: of special operators; `general`: of everybody else. */
export const RecordClass = z.enum(['general', 'special']);
export type RecordClass = z.infer<typeof RecordClass>;

/** Evidence of a correction; signed sheet and photographs of a shared screen. */
export const RemovedFileKind = z.enum(['evidence', 'sheet', 'photo_start', 'photo_end']);
export type RemovedFileKind = z.infer<typeof RemovedFileKind>;

const OfSession = z.object({
  sessionId: Id,
  courseTitle: z.string(),
  number: z.int(),
  topic: z.string(),
  endedAt: Instant,
  recordClass: RecordClass,
  dueAt: Instant,
  people: z.int(),
});

export const Retention = z.object({
  periods: RetentionPeriods,
  /** What will be removed, the soonest first, at most a hundred. */
  upcoming: z.array(
    OfSession.extend({
      /** `held`: its time is over, but the record is not as it was made, so nothing is removed. */
      state: z.enum(['kept', 'due', 'removing', 'held']),
    }),
  ),
  /** What was removed, the newest first, at most a hundred. */
  removals: z.array(
    OfSession.extend({
      finishedAt: Instant,
      due: z.int(),
      present: z.int(),
      creditedSeconds: z.int(),
      entries: z.int(),
      /** SHA-256 over the removed entries in their order, hex. */
      digest: z.string(),
      /** Other rows. */
      rows: z.int(),
      /** What corrections and shared screens rested on: the content is gone, a copy of it is known again by its SHA-256, hex. */
      files: z.array(z.object({ id: Id, kind: RemovedFileKind, bytes: z.int(), sha256: z.string() })),
    }),
  ),
  network: z.object({
    /** Sessions whose connections still say which device was which. */
    sessions: z.int(),
    /** When the next of them no longer does. */
    nextAt: Instant.nullable(),
  }),
});
export type Retention = z.infer<typeof Retention>;

export const retentionEndpoints = endpoints({
  'GET /retention': {
    summary: 'What is removed when, and what was',
    action: 'retention:read',
    target: 'none',
    response: Retention,
  },
});
