import { z } from 'zod';
import { Id } from './common.ts';

/** Where somebody stands in a replay that counts (补课). Points of the session axis, unless it says otherwise. */
export const ReplayStatus = z.object({
  /** By the server's clock, epoch ms: up to here what is watched counts. */
  until: z.int(),
  /** Where what counts begins. */
  first: z.int(),
  /** How far they may go: to where they were, live or in the replay, on any device. */
  furthest: z.int(),
  /** A picture that goes on so much further than that has skipped nothing, ms. */
  skipMs: z.int(),
  /** The first place that is missing and may be watched; null when nothing is. */
  resumeAt: z.int().nullable(),
  /** A presence check that asks, and for how long. */
  check: z.object({ id: Id, leftMs: z.int() }).nullable(),
  /** One was missed: nothing counts until they say that they are there. */
  missed: z.boolean(),
});
export type ReplayStatus = z.infer<typeof ReplayStatus>;
