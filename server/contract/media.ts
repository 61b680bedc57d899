import { z } from 'zod';
import { Origins, OutsideStatus, OutsideUrl } from './outside.ts';

/*
 * What the app and the media process say to each other. Both directions are HTTP POST with a JSON body signed by
 * signature.ts: hooks go to `<app>/internal/media/<name>`, controls to `<media>/control/<name>`.
 */

/** One publication under one random URL prefix: the test stream before a class (preview), or the class itself. */
export const Broadcast = z.object({
  id: z.uuid(),
  sessionId: z.uuid(),
  /** Unguessable path segment: everything of the broadcast is below `/media/<prefix>/`. */
  prefix: z.string().regex(/^[A-Za-z0-9_-]{16,64}$/),
  kind: z.enum(['preview', 'live']),
});
export type Broadcast = z.infer<typeof Broadcast>;

/** By what a publisher may come: the session's stream key, or a ticket that was given to one page. */
export const Credential = z.union([
  z.object({ streamKey: z.string().max(256) }),
  z.object({ ticket: z.string().max(2_048) }),
]);
export type Credential = z.infer<typeof Credential>;

/** Hook `authorise`: may whoever holds this publish now, and into which broadcast? */
export const AuthoriseRequest = z.object({ credential: Credential, remoteAddress: z.string().max(64) });
export type AuthoriseRequest = z.infer<typeof AuthoriseRequest>;

export const AuthoriseResponse = z.discriminatedUnion('allowed', [
  z.object({
    allowed: z.literal(true),
    broadcast: Broadcast,
    /** A page that comes back on a new connection before the old one is noticed to be dead takes its own place. */
    publisherId: z.uuid().optional(),
  }),
  z.object({
    allowed: z.literal(false),
    reason: z.enum(['unknown-key', 'bad-ticket', 'session-ended', 'session-archived', 'outside-stream']),
  }),
]);
export type AuthoriseResponse = z.infer<typeof AuthoriseResponse>;

/** By which way a publisher comes in. */
export const PublishedVia = z.enum(['rtmp', 'browser', 'file', 'srt']);
export type PublishedVia = z.infer<typeof PublishedVia>;

/** What the publisher sends, as far as it is known. */
export const SourceFormat = z.object({
  videoCodec: z.string().nullable(),
  audioCodec: z.string().nullable(),
  width: z.int().nullable(),
  height: z.int().nullable(),
  framesPerSecond: z.number().nullable(),
});
export type SourceFormat = z.infer<typeof SourceFormat>;

/** What is heard and seen of a publisher. */
export const Levels = z.object({
  /** Loudness of the last half second, dBFS; null while unknown. */
  soundDb: z.number().nullable(),
  /** For how long there has been no sound, and a black picture; 0 while there is. */
  silentMs: z.int(),
  blackMs: z.int(),
});
export type Levels = z.infer<typeof Levels>;

/** Somebody who publishes into a session, whether viewers see it or not. */
export const PublisherStatus = z.object({
  id: z.uuid(),
  via: PublishedVia,
  remoteAddress: z.string(),
  connectedAt: z.int(),
  /** `lost`: would be on air, and sends no picture. `coming`: on air with its first picture. */
  state: z.enum(['on-air', 'lost', 'coming', 'standby']),
  source: SourceFormat,
  /** Of the last 10 s, bits per second. */
  bitrate: z.number(),
  /** Distance of the last two key frames, ms. */
  keyFrameIntervalMs: z.number().nullable(),
});
export type PublisherStatus = z.infer<typeof PublisherStatus>;

const event = { id: z.uuid(), at: z.int(), broadcastId: z.uuid(), sessionId: z.uuid() };

/** Hook `event`. `id` makes a retry harmless; `at` is the media process's clock, epoch ms. Delivered in order, at least once. */
export const MediaEvent = z.discriminatedUnion('type', [
  z.object({ ...event, type: z.literal('publisher-connected'), source: SourceFormat }),
  /** The publisher went away; the broadcast stays open for its return. */
  z.object({ ...event, type: z.literal('publisher-lost'), reason: z.string().max(200) }),
  /** The first segment is playable. `firstPdt` is the PROGRAM-DATE-TIME of its first frame, epoch ms. */
  z.object({ ...event, type: z.literal('broadcast-started'), firstPdt: z.int() }),
  /**
   * An outside stream's clock and places. `offsetMs` is what to add to its PROGRAM-DATE-TIME for the session axis, null when it
   * has none. Said before the first segment, and again when it has changed.
   */
  z.object({ ...event, type: z.literal('outside-seen'), offsetMs: z.int().nullable(), origins: Origins }),
  /** `lastPdt` is the end of its last frame; `path` of the closed recording is relative to ANKE_DATA, null for a preview or an outside stream, which have none. */
  z.object({
    ...event,
    type: z.literal('broadcast-ended'),
    lastPdt: z.int().nullable(),
    durationMs: z.int(),
    bytes: z.int(),
    path: z.string().nullable(),
  }),
]);
export type MediaEvent = z.infer<typeof MediaEvent>;

/** Control `retarget`: the publisher of this session, if there is one, continues into another broadcast at its next key frame. */
export const RetargetRequest = z.object({ broadcast: Broadcast });
export type RetargetRequest = z.infer<typeof RetargetRequest>;

/** Control `end`: close the broadcast's recording and disconnect its publisher. Ending twice is harmless. */
export const EndRequest = z.object({ broadcastId: z.uuid() });
export type EndRequest = z.infer<typeof EndRequest>;

/**
 * Control `watch`: look after an outside stream and report on it as on a publisher, until its broadcast is ended or this is not
 * said again for a minute and a half. `started`: its first segment was reported. `origin` is that of our pages.
 */
export const WatchRequest = z.object({
  broadcast: Broadcast,
  url: OutsideUrl,
  started: z.boolean(),
  origin: z.string().max(300).nullable(),
});
export type WatchRequest = z.infer<typeof WatchRequest>;

/** Control `look`: look at an outside address once. */
export const LookRequest = z.object({ url: OutsideUrl, origin: z.string().max(300).nullable() });
export type LookRequest = z.infer<typeof LookRequest>;

/** Control `take`: this publisher goes on air with its next key frame, and who was stays on standby. */
export const TakeRequest = z.object({ sessionId: z.uuid(), publisherId: z.uuid() });
export type TakeRequest = z.infer<typeof TakeRequest>;

/**
 * Control `dismiss`: the session has had another stream key for `agoMs`, and whoever came in with the one before goes. Not a time of
 * the app's clock, which may be another host's.
 */
export const DismissRequest = z.object({ sessionId: z.uuid(), agoMs: z.int().nonnegative() });
export type DismissRequest = z.infer<typeof DismissRequest>;

/** Control `trim`: what of a closed recording is shown, on the session axis; null: from its beginning, to its end. */
export const TrimRequest = z.object({ broadcastId: z.uuid(), from: z.int().nullable(), to: z.int().nullable() });
export type TrimRequest = z.infer<typeof TrimRequest>;

/** Control `delete`: removes a closed recording from the disk. What is not there, or still open, is left as it is. */
export const DeleteRequest = z.object({ broadcastId: z.uuid() });
export type DeleteRequest = z.infer<typeof DeleteRequest>;

/** Control `film`: makes one file of a closed recording, once; asked again it says how far that is. */
export const FilmRequest = z.object({ broadcastId: z.uuid(), make: z.boolean() });
export type FilmRequest = z.infer<typeof FilmRequest>;
export const FilmStatus = z.object({
  state: z.enum(['none', 'making', 'ready', 'failed']),
  /** Percent. */
  progress: z.int(),
  bytes: z.int().nullable(),
});
export type FilmStatus = z.infer<typeof FilmStatus>;

/** People in one `deny`; media takes 16 KB. */
export const MAX_DENIED = 300;

/** Control `deny`: refuse playback tokens of these people that were issued before `issuedBefore` (epoch seconds). */
export const DenyRequest = z.object({ personIds: z.array(z.uuid()).max(MAX_DENIED), issuedBefore: z.int() });
export type DenyRequest = z.infer<typeof DenyRequest>;

/** What is sent to viewers, Mbit/s, and what the lines carry that do it; null without a cap. */
export const EgressStatus = z.object({ used: z.number(), cap: z.number().nullable() });
export type EgressStatus = z.infer<typeof EgressStatus>;

const EdgeReaders = z.object({
  prefix: z.string().max(64),
  all: z.int().min(0),
  by: z.record(z.string().max(16), z.int().min(0)),
});
/** Broadcasts that a report takes. */
export const EDGE_BROADCASTS = 50;

/**
 * Control `edge`: an edge says every few seconds what it serves, and is told whom to refuse. One that is not heard of counts no more.
 */
export const EdgeReport = z.object({
  /** Made anew at each start of the edge's process. */
  edge: z.uuid(),
  egress: EgressStatus,
  /** Readers of late. A count that makes no sense is left out: an edge must hear whom to refuse whatever it has counted. */
  broadcasts: z.array(z.unknown()).transform((counts) =>
    counts.slice(0, EDGE_BROADCASTS).flatMap((each) => {
      const { data } = EdgeReaders.safeParse(each);
      return data ? [data] : [];
    }),
  ),
});
export type EdgeReport = z.infer<typeof EdgeReport>;
export const EdgeOrders = z.object({
  denied: z.array(z.object({ personId: z.uuid(), issuedBefore: z.int() })),
});
export type EdgeOrders = z.infer<typeof EdgeOrders>;

export const RungStatus = z.object({
  name: z.string(),
  made: z.boolean(),
  /** It is the publisher's own picture, not encoded again. */
  copied: z.boolean(),
  readers: z.int(),
});
export type RungStatus = z.infer<typeof RungStatus>;

/** `failing`: what is published cannot be written, the class goes on without. `none`: a preview, which is not recorded. */
export const RecordingState = z.enum(['ok', 'failing', 'none']);
export type RecordingState = z.infer<typeof RecordingState>;

/** Control `status`: one entry for each open broadcast. */
export const BroadcastStatus = z.object({
  broadcastId: z.uuid(),
  sessionId: z.uuid(),
  kind: z.enum(['preview', 'live']),
  publishing: z.boolean(),
  source: SourceFormat.nullable(),
  /** Of the last 10 s, bits per second. */
  bitrate: z.number(),
  /** Distance of the last two key frames, ms. */
  keyFrameIntervalMs: z.number().nullable(),
  /** How far the newest packaged frame is behind the wall clock, ms. */
  lagMs: z.number().nullable(),
  lastPdt: z.int().nullable(),
  /** Of whoever is on air; null where ffmpeg cannot tell. */
  levels: Levels.nullable(),
  /** Playlist and part readers of the last 10 s. */
  readers: z.int(),
  /** The machine fell behind and makes fewer rungs than it should. */
  reduced: z.boolean(),
  /** In the order in which they came. */
  publishers: z.array(PublisherStatus),
  /** From the top down, with the readers of each. One that is not made shows what stands in for it. */
  rungs: z.array(RungStatus),
  recording: RecordingState,
  /** Null where the picture is published to us. */
  outside: OutsideStatus.nullable(),
});
export type BroadcastStatus = z.infer<typeof BroadcastStatus>;
export const StatusResponse = z.object({ broadcasts: z.array(BroadcastStatus), egress: EgressStatus });
export type StatusResponse = z.infer<typeof StatusResponse>;

/**
 * Payload of the playback token (JWT, HS256 with the playback secret). It rides in the cookie PLAYBACK_COOKIE
 * of path `/media/<prefix>/`, or, for players without cookies, as `/media/t/<token>/<prefix>/…`.
 */
export const PlaybackClaims = z.object({
  sub: z.uuid(),
  /** Session id. */
  ses: z.uuid(),
  /** URL prefix of the broadcast. */
  pfx: z.string(),
  /** Opens the file of the whole class to be kept, under this name, and nothing else. */
  film: z.string().max(200).optional(),
  jti: z.string(),
  iat: z.int(),
  exp: z.int(),
  /** An edge that reads for all of its viewers: it signs these itself. */
  edge: z.literal(true).optional(),
  /** A screen that a room shares: it keeps the whole ladder when others are offered less. */
  scr: z.literal(true).optional(),
});
export type PlaybackClaims = z.infer<typeof PlaybackClaims>;
