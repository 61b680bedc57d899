import { z } from 'zod';
import { Instant } from './common.ts';

/** A file of captions (字幕), bytes. A class of three hours has some 300 KB. */
export const MAX_CAPTIONS_BYTES = 1_048_576;
export const MAX_CUES = 10_000;

export const CaptionLanguage = z.enum(['zh', 'en']);
export type CaptionLanguage = z.infer<typeof CaptionLanguage>;

/** A line of captions: plain text, shown from `from` to `to`, ms since the file's zero. */
export const Cue = z.object({ from: z.int().min(0), to: z.int().min(1), text: z.string().min(1) });
export type Cue = z.infer<typeof Cue>;

/** Captions that a recording has, as the bureau sees them. */
export const Captions = z.object({
  language: CaptionLanguage,
  cues: z.int(),
  /** When the last cue ends, ms since the file's zero. */
  lengthMs: z.int(),
  changedAt: Instant,
});
export type Captions = z.infer<typeof Captions>;

/**
 * Control `captions`: the captions of a closed recording in one language; null: none any more. `zero` is where on the session axis
 * the file begins. Of two that were said the one that was changed later (epoch ms) holds, in whichever order they come.
 */
export const CaptionsRequest = z.object({
  broadcastId: z.uuid(),
  language: CaptionLanguage,
  changedAt: z.int(),
  track: z.object({ zero: z.int(), cues: z.array(Cue).max(MAX_CUES) }).nullable(),
});
export type CaptionsRequest = z.infer<typeof CaptionsRequest>;
