import { z } from 'zod';
import { Broadcast, MediaEvent } from './media.ts';

/*
 * What the app and the media process say to each other about prepared videos: files that were uploaded to media, checked
 * there, and go out as a class. Signed as everything of media.ts.
 */

/** Why a file can't be used. `failed`: nobody knows; the log of media has more. */
export const UnusableReason = z.enum([
  'not-a-video',
  'no-picture',
  'undecodable',
  'too-long',
  'truncated',
  'disk-full',
  'failed',
]);
export type UnusableReason = z.infer<typeof UnusableReason>;

/** A prepared video is no longer than the longest session. */
export const MAX_VIDEO_HOURS = 12;
/** Base64 of a JPEG; a whole event stays below 64 KB. */
export const MAX_POSTER_LENGTH = 40_000;

/** What a checked video turned out to be, after it was made ready to play. */
export const VideoFacts = z.object({
  durationMs: z.int().positive(),
  width: z.int().positive(),
  height: z.int().positive(),
  framesPerSecond: z.number().positive(),
  hasSound: z.boolean(),
  bytes: z.int().positive(),
});
export type VideoFacts = z.infer<typeof VideoFacts>;

/**
 * Claims of the upload token (JWT, HS256 with the hooks' secret), sent as `Authorization: Bearer …` with every request to
 * `/uploads/<id>`. These are HEAD and PATCH as the tus protocol 1.0 has them.
 */
export const UploadClaims = z.object({ aud: z.literal('upload'), vid: z.uuid(), exp: z.int() });
export type UploadClaims = z.infer<typeof UploadClaims>;

const event = { id: z.uuid(), at: z.int() };

/** Hook `event`, beside those of broadcasts. */
export const FileEvent = z.discriminatedUnion('type', [
  /** All bytes are there; checking has begun, or will when those before are done. */
  z.object({ ...event, type: z.literal('video-uploaded'), videoId: z.uuid() }),
  z.object({
    ...event,
    type: z.literal('video-ready'),
    videoId: z.uuid(),
    facts: VideoFacts,
    poster: z.string().max(MAX_POSTER_LENGTH).nullable(),
  }),
  z.object({ ...event, type: z.literal('video-unusable'), videoId: z.uuid(), reason: UnusableReason }),
  z.object({ ...event, type: z.literal('playout-started'), playoutId: z.uuid(), sessionId: z.uuid() }),
  /** `finished`: played to its end. `stopped`: told to stop, or the class was over. `failed`: the file could not be read. */
  z.object({
    ...event,
    type: z.literal('playout-ended'),
    playoutId: z.uuid(),
    sessionId: z.uuid(),
    outcome: z.enum(['finished', 'stopped', 'failed']),
  }),
]);
export type FileEvent = z.infer<typeof FileEvent>;

/** Everything that media reports. */
export const HookEvent = z.union([MediaEvent, FileEvent]);
export type HookEvent = z.infer<typeof HookEvent>;

/** Hook `authorise-file`: may this playout go on the air now, and into which broadcast? Asked shortly before its time. */
export const AuthoriseFileRequest = z.object({ playoutId: z.uuid(), sessionId: z.uuid() });
export type AuthoriseFileRequest = z.infer<typeof AuthoriseFileRequest>;

export const AuthoriseFileResponse = z.discriminatedUnion('allowed', [
  /** `takesOver`: it goes on air also when somebody else is. */
  z.object({ allowed: z.literal(true), broadcast: Broadcast, takesOver: z.boolean() }),
  /** `class-not-started`: ask again. */
  z.object({
    allowed: z.literal(false),
    reason: z.enum(['class-not-started', 'session-over', 'outside-stream', 'not-armed']),
  }),
]);
export type AuthoriseFileResponse = z.infer<typeof AuthoriseFileResponse>;

/** Control `videos/expect`: make room for an upload of so many bytes. Refused with `disk-full` when there is none. */
export const ExpectRequest = z.object({ videoId: z.uuid(), bytes: z.int().positive() });
export type ExpectRequest = z.infer<typeof ExpectRequest>;

/** Controls `videos/remove` and `videos/check` (again, from what was uploaded). */
export const VideoRequest = z.object({ videoId: z.uuid() });
export type VideoRequest = z.infer<typeof VideoRequest>;

/** What is to be played in a session. A later revision of the same playout replaces an earlier one. */
export const PlayoutPlan = z.object({
  /** UUIDv7: of two for one session the later one counts, in whatever order they arrive. */
  playoutId: z.uuid(),
  revision: z.int(),
  sessionId: z.uuid(),
  videoId: z.uuid(),
  /** Where in the video it begins, ms. */
  fromMs: z.int().nonnegative(),
  /** Epoch ms; null while nobody has said. */
  startsAt: z.int().nullable(),
  held: z.boolean(),
});
export type PlayoutPlan = z.infer<typeof PlayoutPlan>;

/** Control `playouts/plan`: this is to be played in the session, in place of what was. Saying it again is harmless. */
export const PlanRequest = z.object({ plan: PlayoutPlan });
export type PlanRequest = z.infer<typeof PlanRequest>;

/** Control `playouts/end`: this is not to be played, or not any more. Saying it again is harmless. */
export const EndPlayoutRequest = z.object({ playoutId: z.uuid() });
export type EndPlayoutRequest = z.infer<typeof EndPlayoutRequest>;

/**
 * `armed`: waits for its time. `waiting`: its time has come, the class has not begun. `standby`: somebody else was put on
 * air, and it stands where it was. `blocked`: somebody else was on air at its time. `missed`: its time passed while it could
 * not play. The last three go on only when somebody says so.
 */
export const PlayoutState = z.enum(['armed', 'waiting', 'playing', 'held', 'standby', 'ended', 'blocked', 'missed']);
export type PlayoutState = z.infer<typeof PlayoutState>;

/** Control `videos/status`. */
export const VideosStatus = z.object({
  videos: z.array(
    z.object({
      videoId: z.uuid(),
      /** Bytes that are stored of the upload. */
      received: z.int(),
      /** Of checking; null while it waits or its length is unknown. */
      percent: z.int().nullable(),
    }),
  ),
  playouts: z.array(
    z.object({
      playoutId: z.uuid(),
      sessionId: z.uuid(),
      revision: z.int(),
      startsAt: z.int().nullable(),
      state: PlayoutState,
      positionMs: z.int(),
    }),
  ),
});
export type VideosStatus = z.infer<typeof VideosStatus>;
