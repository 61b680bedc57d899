import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { endpoints } from './endpoint.ts';
import { PlayoutState, UnusableReason } from './media-videos.ts';

/** A file's name, for people only: nothing is ever stored or run under it. */
const FileName = z
  .string()
  .trim()
  .transform((name) => (name.split(/[/\\]/).at(-1) ?? '').replace(/\p{Cc}|\p{Cf}/gu, '').slice(0, 120))
  .pipe(z.string().min(1));

export const VideoState = z.enum(['uploading', 'checking', 'ready', 'unusable']);
export type VideoState = z.infer<typeof VideoState>;

/** A prepared video. */
export const Video = z.object({
  id: Id,
  name: z.string(),
  state: VideoState,
  /** Of the file that was chosen. */
  bytes: z.int(),
  /** When that file was changed last, epoch ms: tells it from others when an upload goes on. */
  fileModifiedAt: z.int(),
  /** Bytes that are stored of an upload. */
  received: z.int(),
  /** Of checking; null while it waits. */
  percent: z.int().nullable(),
  reason: UnusableReason.nullable(),
  durationMs: z.int().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  framesPerSecond: z.number().nullable(),
  hasSound: z.boolean().nullable(),
  hasPoster: z.boolean(),
  uploadedBy: z.string(),
  createdAt: Instant,
  /** Sessions for which it is to be played, or is playing. While there are any it can't be deleted. */
  plannedFor: z.array(z.object({ sessionId: Id, courseTitle: z.string(), number: z.int() })),
});
export type Video = z.infer<typeof Video>;

/** `plan`: when the session is planned to start. `time`: at `startsAt`. `manual`: when somebody says so. */
export const PlayoutStart = z.enum(['plan', 'time', 'manual']);
export type PlayoutStart = z.infer<typeof PlayoutStart>;

export const PlayoutInput = z
  .object({
    videoId: Id,
    start: PlayoutStart,
    /** For `time`. */
    startsAt: Instant.nullable().default(null),
    /** The class is started at that time, too: the officer's start, given beforehand. */
    startsClass: z.boolean().default(false),
    /** Where in the video it begins. */
    fromMs: z.int().min(0).max(43_200_000).default(0),
  })
  .refine(({ start, startsAt }) => (start === 'time') === (startsAt !== null), { path: ['startsAt'] })
  .refine(({ start, startsClass }) => start !== 'manual' || !startsClass, { path: ['startsClass'] });
export type PlayoutInput = z.output<typeof PlayoutInput>;

export const PlayoutOutcome = z.enum(['finished', 'stopped', 'failed', 'cancelled', 'class_ended']);
export type PlayoutOutcome = z.infer<typeof PlayoutOutcome>;

/** A video that is, was or will be played in a session. */
export const Playout = z.object({
  id: Id,
  sessionId: Id,
  videoId: Id.nullable(),
  videoName: z.string(),
  start: PlayoutStart,
  /** The planned moment; null for `manual` until it was started. */
  startsAt: Instant.nullable(),
  startsClass: z.boolean(),
  fromMs: z.int(),
  durationMs: z.int().nullable(),
  armedBy: z.string(),
  armedAt: Instant,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  outcome: PlayoutOutcome.nullable(),
  /** As media sees it; null while media does not answer. */
  state: PlayoutState.nullable(),
  /** Of the video, now. */
  positionMs: z.int(),
});
export type Playout = z.infer<typeof Playout>;

export const videoEndpoints = endpoints({
  'GET /videos': {
    summary: 'Prepared videos, newest first',
    action: 'video:list',
    target: 'none',
    response: z.object({ items: z.array(Video), limitBytes: z.int() }),
  },
  'POST /videos': {
    summary: 'Begin the upload of a video: its bytes then go to `/uploads/<id>` by the tus protocol',
    action: 'video:upload',
    target: 'none',
    body: z.object({ name: FileName, bytes: z.int().positive(), fileModifiedAt: z.int().nonnegative() }),
    response: z.object({ id: Id, uploadToken: z.string() }),
  },
  'POST /videos/:videoId/upload-token': {
    summary: 'Go on with an upload',
    action: 'video:upload',
    target: 'video',
    response: z.object({ uploadToken: z.string() }),
  },
  'POST /videos/:videoId/check': {
    summary: 'Check again what was uploaded, once there is room on the disk',
    action: 'video:upload',
    target: 'video',
  },
  'GET /videos/:videoId/poster': {
    summary: 'A picture of the video',
    action: 'video:list',
    target: 'video',
    download: true,
  },
  'DELETE /videos/:videoId': {
    summary: 'Delete a video, or give its upload up; not while it is planned or on the air',
    action: 'video:delete',
    target: 'video',
  },
  'GET /sessions/:sessionId/playout': {
    summary: 'The video of a session: what is planned or on the air, else what was played last',
    action: 'room:watch',
    target: 'session',
    response: z.object({ playout: Playout.nullable() }),
  },
  'PUT /sessions/:sessionId/playout': {
    summary: 'Plan a video for a session, in place of one that has not begun',
    action: 'playout:run',
    target: 'session',
    body: PlayoutInput,
    response: Playout,
  },
  'POST /sessions/:sessionId/playout/act': {
    summary:
      'Start the planned video now, hold it, go on (also when a live instructor took its place), stop it or give it up',
    action: 'playout:run',
    target: 'session',
    body: z.object({ playoutId: Id, act: z.enum(['start', 'hold', 'continue', 'stop']) }),
    response: Playout,
  },
});
