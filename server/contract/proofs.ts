import { z } from 'zod';
import { Id, Instant, Page, paged } from './common.ts';
import { Reason } from './corrections.ts';
import { endpoints } from './endpoint.ts';

/** `2026-7KQMX-3DR9P`: the year, and ten symbols that nobody guesses; none that looks like another. */
export const ProofNumber = z.string().regex(/^\d{4}-[2-9A-HJ-NP-Z]{5}-[2-9A-HJ-NP-Z]{5}$/);

/** Most proofs in one file. */
export const PROOF_BATCH_LIMIT = 5_000;

export const ProofWithdrawal = z.enum(['by_hand', 'below_threshold', 'less_credited', 'identity_refused']);

/** 参加线上培训证明: of a person and a session, never 考核合格证. */
const ProofFacts = z.object({
  number: ProofNumber,
  courseTitle: z.string(),
  sessionNumber: z.int(),
  topic: z.string(),
  startedAt: Instant,
  /** 参训时长, as it was credited when the proof was issued. */
  creditedSeconds: z.int(),
  /** Statutory class hours, tenths rounded down; null where the course does not count as such. */
  classHours: z.number().nullable(),
  issuedAt: Instant,
  withdrawnAt: Instant.nullable(),
  withdrawal: ProofWithdrawal.nullable(),
});

export const MyProof = ProofFacts.extend({ id: Id, unitName: z.string() });
export type MyProof = z.infer<typeof MyProof>;

export const Proof = MyProof.extend({
  personId: Id,
  personName: z.string(),
  /** Why, where somebody withdrew it by hand. */
  withdrawnReason: z.string().nullable(),
});
export type Proof = z.infer<typeof Proof>;

/** What the public page says: the name masked, and no reason, which may be about the person. */
export const ProofCheck = z.object({
  state: z.enum(['valid', 'withdrawn', 'unknown']),
  /** Null when it is unknown. */
  proof: ProofFacts.extend({
    nameMasked: z.string(),
    unitName: z.string(),
    issuer: z.string(),
    statutoryBasis: z.string().nullable(),
    statutoryApprover: z.string().nullable(),
    digest: z.string(),
  }).nullable(),
});
export type ProofCheck = z.infer<typeof ProofCheck>;

const sessionProofs = z.object({ q: z.string().max(80).optional(), unitId: Id.optional() });

export const proofEndpoints = endpoints({
  'GET /proofs/:number': {
    summary: 'Whether a proof of training is valid; for anybody who has its number',
    action: 'proof:check',
    target: 'none',
    response: ProofCheck,
  },
  'GET /my/proofs': {
    summary: 'My proofs of training, the newest first',
    action: 'my:proofs',
    target: 'none',
    response: z.array(MyProof),
  },
  'GET /my/proofs/:number': {
    summary: 'One of them as PDF',
    action: 'my:proofs',
    target: 'none',
    download: true,
  },
  'GET /sessions/:sessionId/proofs': {
    summary: 'Proofs of a session, as far as the caller may see its units',
    action: 'proof:read',
    target: 'session',
    query: Page.extend({ ...sessionProofs.shape, state: z.enum(['valid', 'withdrawn']).optional() }),
    response: paged(Proof),
  },
  'GET /sessions/:sessionId/proofs/file': {
    summary: 'One of them as PDF',
    action: 'proof:read',
    target: 'session',
    query: z.object({ number: ProofNumber }),
    download: true,
  },
  'GET /sessions/:sessionId/proofs/files': {
    summary: `Those that are valid, a PDF each (.zip), ${PROOF_BATCH_LIMIT} at most`,
    action: 'proof:read',
    target: 'session',
    query: sessionProofs,
    download: true,
  },
  'POST /sessions/:sessionId/proofs/withdraw': {
    summary: 'Withdraw a proof; no other is issued by rule',
    action: 'proof:withdraw',
    target: 'session',
    body: z.object({ number: ProofNumber, reason: Reason }),
  },
  'POST /sessions/:sessionId/proofs/reissue': {
    summary: 'Issue another one to somebody whose proof was withdrawn by hand, if the rule still holds',
    action: 'proof:withdraw',
    target: 'session',
    body: z.object({ personId: Id, reason: Reason }),
    response: z.object({ number: ProofNumber }),
  },
});
