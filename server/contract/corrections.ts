import { z } from 'zod';
import { Id, Instant, Page, paged } from './common.ts';
import { endpoints } from './endpoint.ts';

/** What is written on an evidence file, and a reason, is a line of plain text. */
const Line = z
  .string()
  .trim()
  .refine((text) => !/\p{Cc}/u.test(text), { message: 'control-characters' });
const AxisMs = z.int().min(0).max(9_000_000_000_000);
/** No class is longer. */
const MAX_DIFFERENCE_MS = 24 * 3_600_000;

export const EVIDENCE_LIMIT_MB = 10;

/**
 * What a correction (更正) changes of a person's credited time in a session. `difference`: so much more, or less. `present`,
 * `absent`: they were there, or not, in this stretch of the class; what is credited of it already changes nothing.
 */
export const CorrectionChange = z
  .discriminatedUnion('effect', [
    z.object({ effect: z.literal('difference'), deltaMs: z.int().min(-MAX_DIFFERENCE_MS).max(MAX_DIFFERENCE_MS) }),
    z.object({ effect: z.enum(['present', 'absent']), from: AxisMs, to: AxisMs }),
  ])
  .refine((change) => change.effect === 'difference' || change.to > change.from, { message: 'to-before-from' });
export type CorrectionChange = z.infer<typeof CorrectionChange>;

export const Reason = Line.pipe(z.string().min(4).max(200));

export const Evidence = z.object({
  id: Id,
  name: z.string(),
  /** SHA-256, hex: also in the correction's entry. */
  sha256: z.string(),
  bytes: z.int(),
});
export type Evidence = z.infer<typeof Evidence>;

/** What a correction comes to, ms credited. */
export const CorrectionOutcome = z.object({ beforeMs: z.int(), afterMs: z.int(), requiredMs: z.int() });
export type CorrectionOutcome = z.infer<typeof CorrectionOutcome>;

/** A correction as it stands in the record; nothing in it ever changes. */
export const Correction = z.object({
  id: Id,
  at: Instant,
  personId: Id,
  personName: z.string(),
  unitName: z.string(),
  effect: z.enum(['difference', 'present', 'absent', 'withdrawal']),
  /** By how much it was meant to change credit; null unless a `difference`. */
  deltaMs: z.int().nullable(),
  /** The stretch, epoch ms on the session axis; null unless `present` or `absent`. */
  from: z.int().nullable(),
  to: z.int().nullable(),
  reason: z.string(),
  /** Null for a withdrawal. */
  evidence: Evidence.nullable(),
  actorName: z.string(),
  /** A withdrawal: of which. */
  withdraws: Id.nullable(),
  /** Withdrawn by a later entry. */
  withdrawn: z.boolean(),
});
export type Correction = z.infer<typeof Correction>;

/** A correction of one's own credit. */
export const MyCorrection = Correction.pick({
  id: true,
  at: true,
  effect: true,
  deltaMs: true,
  from: true,
  to: true,
  reason: true,
  withdraws: true,
  withdrawn: true,
});
export type MyCorrection = z.infer<typeof MyCorrection>;

const About = z.object({ personId: Id, change: CorrectionChange });

export const correctionEndpoints = endpoints({
  'GET /sessions/:sessionId/corrections': {
    summary: 'Corrections of a session, the newest first',
    action: 'report:read',
    target: 'session',
    query: Page.extend({ personId: Id.optional() }),
    response: paged(Correction),
  },
  'GET /sessions/:sessionId/my-corrections': {
    summary: 'Corrections of what is credited to me',
    action: 'my:credit',
    target: 'session',
    response: z.array(MyCorrection),
  },
  'POST /sessions/:sessionId/evidence': {
    summary: 'Upload what a correction rests on: PDF, JPEG or PNG',
    action: 'attendance:correct',
    target: 'session',
    query: z.object({ name: Line.pipe(z.string().min(1).max(120)) }),
    upload: 'evidence',
    response: Evidence,
  },
  'GET /sessions/:sessionId/evidence': {
    summary: 'What a correction rests on',
    action: 'attendance:correct',
    target: 'session',
    query: z.object({ evidenceId: Id }),
    download: true,
  },
  'POST /sessions/:sessionId/corrections/preview': {
    summary: 'What a correction would come to',
    action: 'attendance:correct',
    target: 'session',
    body: About,
    response: CorrectionOutcome,
  },
  'POST /sessions/:sessionId/corrections': {
    summary: 'Correct what is credited to a person, by an entry of its own',
    action: 'attendance:correct',
    target: 'session',
    body: About.extend({ reason: Reason, evidenceId: Id }),
    response: CorrectionOutcome.extend({ id: Id }),
  },
  'POST /sessions/:sessionId/corrections/withdraw': {
    summary: 'Take a correction back, by another entry',
    action: 'attendance:correct',
    target: 'session',
    body: z.object({ correctionId: Id, reason: Reason }),
    response: CorrectionOutcome.extend({ id: Id }),
  },
});
