import { z } from 'zod';
import { CaptionLanguage, Captions } from './captions.ts';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';
import { FilmStatus } from './media.ts';

/** A chapter (章节) of a class. `at` on the session axis, epoch ms. */
export const Mark = z.object({ id: Id, at: z.int(), label: z.string() });
export type Mark = z.infer<typeof Mark>;

export const MarkInput = z.object({
  label: z.string().trim().min(1).max(40),
  /** On the session axis, epoch ms; without it, now. */
  at: z.int().min(0).max(9_000_000_000_000).optional(),
});

/** A recording (录像) as the bureau keeps it. */
export const Recording = z.object({
  /** `none`: never recorded. `deleted`: by hand or by rule; attendance stays. */
  state: z.enum(['none', 'open', 'kept', 'deleted']),
  bytes: z.int().nullable(),
  durationMs: z.int().nullable(),
  /** The whole of it on the session axis, epoch ms. */
  firstPdt: z.int().nullable(),
  lastPdt: z.int().nullable(),
  trimFrom: z.int().nullable(),
  trimTo: z.int().nullable(),
  marks: z.array(Mark),
  deletedAt: Instant.nullable(),
  /** When the rule of the installation deletes it; null: never. */
  keptUntil: Instant.nullable(),
  film: FilmStatus,
  captions: z.array(Captions),
});
export type Recording = z.infer<typeof Recording>;

export const recordingEndpoints = endpoints({
  'GET /sessions/:sessionId/recording': {
    summary: 'The recording of a session, and its chapters',
    action: 'room:watch',
    target: 'session',
    response: Recording,
  },
  'POST /sessions/:sessionId/marks': {
    summary: 'Mark a chapter',
    action: 'recording:mark',
    target: 'session',
    body: MarkInput,
    response: Mark,
  },
  'PATCH /marks/:markId': {
    summary: 'Name a chapter otherwise, or move it',
    action: 'recording:mark',
    target: 'mark',
    body: MarkInput.partial(),
    response: Mark,
  },
  'DELETE /marks/:markId': { summary: 'Remove a chapter', action: 'recording:mark', target: 'mark' },
  'PUT /sessions/:sessionId/recording/trim': {
    summary: 'What of the recording is shown; null for its own beginning and end',
    action: 'recording:manage',
    target: 'session',
    body: z
      .object({ from: z.int().min(0).nullable(), to: z.int().min(0).nullable() })
      .refine(({ from, to }) => from === null || to === null || from < to, { message: 'to-before-from' }),
    response: Recording,
  },
  'POST /sessions/:sessionId/recording/film': {
    summary: 'Make one file of the recording, to be kept elsewhere',
    action: 'recording:manage',
    target: 'session',
    response: FilmStatus,
  },
  'POST /sessions/:sessionId/recording/film/link': {
    summary: 'Where that file is, for ten minutes',
    action: 'recording:manage',
    target: 'session',
    response: z.object({ address: z.string() }),
  },
  'PUT /sessions/:sessionId/recording/captions': {
    summary: 'Give the recording captions (WebVTT or SRT), instead of those it has in that language',
    action: 'recording:manage',
    target: 'session',
    query: z.object({ language: CaptionLanguage }),
    upload: 'captions',
    response: Recording,
  },
  'DELETE /sessions/:sessionId/recording/captions': {
    summary: 'Remove the captions in that language',
    action: 'recording:manage',
    target: 'session',
    query: z.object({ language: CaptionLanguage }),
    response: Recording,
  },
  'DELETE /sessions/:sessionId/recording': {
    summary: 'Delete the recording for good; attendance stays',
    action: 'recording:manage',
    target: 'session',
    response: Recording,
  },
});
