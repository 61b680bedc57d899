import { z } from 'zod';
import { Id, Instant } from './common.ts';

/**
 * What is wrong with a record. Of a link that does not fit its digest the entries are named: `changed`, `missing`, `inserted`,
 * `moved`. `link-changed`: nothing in it is, or it was written before entries could be told apart. `link-missing`: a whole
 * link. `head-changed`: the end of the chain is not the last link. `credit-changed`: what is credited to a person is not what
 * their entries come to. `removal-unrecorded`: more or less was taken out of links than removals by rule say.
 */
export const FaultKind = z.enum([
  'changed',
  'missing',
  'inserted',
  'moved',
  'link-changed',
  'link-missing',
  'head-changed',
  'credit-changed',
  'removal-unrecorded',
]);
export type FaultKind = z.infer<typeof FaultKind>;

export const Fault = z.object({
  kind: FaultKind,
  /** Which link of the session's chain, from 1. */
  link: z.int().nullable(),
  /** Which entry of the link, from 1: where it was when the link was made; of an inserted one where it stands. */
  position: z.int().nullable(),
  /** The row's id; null when it is not there. */
  entryId: z.int().nullable(),
  /** Whose entry or credit. */
  personId: Id.nullable(),
  personName: z.string().nullable(),
  unitName: z.string().nullable(),
  /** `credit-changed`: as it is kept, shown and exported, and as the entries come to. */
  keptMs: z.int().nullable(),
  recomputedMs: z.int().nullable(),
});
export type Fault = z.infer<typeof Fault>;

/** What a check of a session's chain found. */
export const Verification = z.object({
  sessionId: Id,
  /** Chain and credit are as they were made. */
  intact: z.boolean(),
  /** SHA-256 of the last link, hex: what a digest that was kept elsewhere is compared with. */
  digest: z.string(),
  /** When the record was read; it is judged as it was at that moment. */
  at: Instant,
  links: z.int(),
  entries: z.int(),
  /** Entries that are gone by rule (retention): of these only digests are left. */
  removed: z.int(),
  /** People whose credit was recomputed, and what it comes to together. */
  people: z.int(),
  creditedSeconds: z.int(),
  tookMs: z.int(),
  /** In the order of the chain, the first hundred. */
  faults: z.array(Fault),
  faultCount: z.int(),
});
export type Verification = z.infer<typeof Verification>;
