import { z } from 'zod';
import { Id, Instant } from './common.ts';
import { Delivery, SessionState } from './courses.ts';
import { endpoints } from './endpoint.ts';
import { EgressStatus, Levels, PublisherStatus, RecordingState, RungStatus, SourceFormat } from './media.ts';
import { OutsideLook, OutsideStatus, OutsideUrl } from './outside.ts';
import { PresenceStanding, RoomPresenceCheck } from './presence.ts';
import { QuestionKind } from './quiz.ts';
import { Mark } from './recordings.ts';
import { ReplayStatus } from './replay.ts';

/** A question as the room sees it: without its answer until it is closed. */
export const RoomLiveQuestion = z.object({
  id: Id,
  kind: QuestionKind,
  stem: z.string(),
  options: z.array(z.string()),
  /** Shown when the picture reaches this point of the session axis, epoch ms. */
  openedPdt: z.int(),
  durationMs: z.int(),
  closed: z.boolean(),
  /** After closing: the right answer and how many chose each option. */
  result: z
    .object({ answer: z.array(z.int()), counts: z.array(z.int()), answered: z.int(), correct: z.int() })
    .nullable(),
});
export type RoomLiveQuestion = z.infer<typeof RoomLiveQuestion>;

/** All that everybody in a room shares; small enough to broadcast whole. */
export const RoomSnapshot = z.object({
  sessionId: Id,
  revision: z.int(),
  state: SessionState,
  courseTitle: z.string(),
  number: z.int(),
  topic: z.string(),
  outline: z.string(),
  instructorName: z.string(),
  startsAt: Instant,
  plannedMinutes: z.int(),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** Credited length that makes the session complete (达标). */
  requiredMs: z.int(),
  /**
   * null before the class, until the first picture, where it comes from outside, and once nothing of it is kept. The playlist is `/media/<prefix>/index.m3u8`, and
   * from the first segment on, also after the class, `/media/<prefix>/dvr.m3u8`.
   */
  prefix: z.string().nullable(),
  /** Where on the session axis the picture begins, and, after the class, ends; epoch ms. */
  firstPdt: z.int().nullable(),
  lastPdt: z.int().nullable(),
  /** Of a class that is over: up to here, by the server's clock (epoch ms), its replay counts (补课); null: it does not. */
  replayUntil: z.int().nullable(),
  /** Chapters, in order. */
  marks: z.array(Mark),
  /**
   * A stream of somebody else's to play instead; null before its first picture. `offsetMs` is what to add to its dates for the
   * session axis, null where it has none.
   */
  outside: z.object({ url: z.string(), offsetMs: z.int().nullable() }).nullable(),
  /** false while the publisher is away. */
  publishing: z.boolean(),
  /** Nobody publishes since a prepared video has ended, by itself or by the officer's word: nothing is broken. */
  videoOver: z.boolean(),
  /** Interactive: `index.m3u8`, a second or two behind. Crowd: `crowd.m3u8`, eight, for a twentieth of the requests. */
  delivery: Delivery,
  question: RoomLiveQuestion.nullable(),
  /** The presence check that is under way. */
  presence: RoomPresenceCheck.nullable(),
  paperPublished: z.boolean(),
});
export type RoomSnapshot = z.infer<typeof RoomSnapshot>;

/** What a page needs to enter a room. */
export const Admission = z.object({
  /** Opens the socket's room and proves beats. Names the person, the session and this page load (connId). */
  ticket: z.string(),
  connId: Id,
  /** For the cookie of `/media/<prefix>/`; null while there is nothing to play. */
  playbackToken: z.string().nullable(),
  creditedMs: z.int(),
  standing: PresenceStanding,
  /** Of who comes when the class is over; null when its replay does not count. */
  replay: ReplayStatus.nullable(),
  personId: Id,
  /** Who am I here, for the page's corner. */
  personName: z.string(),
  room: RoomSnapshot,
  /** Live questions of this session that I have answered. */
  answered: z.array(Id),
});
export type Admission = z.infer<typeof Admission>;

export const RoomQuestion = z.object({
  id: Id,
  sessionId: Id,
  unitName: z.string(),
  personName: z.string(),
  text: z.string(),
  askedAt: Instant,
  answeredAt: Instant.nullable(),
});
export type RoomQuestion = z.infer<typeof RoomQuestion>;

/** The console's view of what is being published. */
export const StreamHealth = z.object({
  kind: z.enum(['preview', 'live']).nullable(),
  publishing: z.boolean(),
  source: SourceFormat.nullable(),
  bitrate: z.number(),
  keyFrameIntervalMs: z.number().nullable(),
  lagMs: z.number().nullable(),
  levels: Levels.nullable(),
  /** The machine fell behind and makes fewer rungs than it should. */
  reduced: z.boolean(),
  /** From the top down. One that is not made shows what stands in for it. */
  rungs: z.array(RungStatus),
  /** Everybody who publishes into the session, in the order in which they came. */
  publishers: z.array(PublisherStatus),
  recording: RecordingState,
  /** Of the whole installation; null while media is away. */
  egress: EgressStatus.nullable(),
  /** Null where the picture is published to us. */
  outside: OutsideStatus.nullable(),
  publisherLostAt: Instant.nullable(),
});
export type StreamHealth = z.infer<typeof StreamHealth>;

export const liveEndpoints = endpoints({
  'POST /sessions/:sessionId/ticket': {
    summary: 'Enter a session’s room',
    action: 'room:enter',
    target: 'session',
    body: z.object({ deviceId: Id }),
    response: Admission,
  },
  'POST /sessions/:sessionId/playback': {
    summary: 'A fresh playback token for a page that is in the room already; null while there is nothing to play',
    action: 'room:enter',
    target: 'session',
    response: z.object({ prefix: z.string().nullable(), playbackToken: z.string().nullable() }),
  },
  'GET /sessions/:sessionId/room': {
    summary: 'The room as it stands, for a page that missed a change',
    action: 'room:read',
    target: 'session',
    response: RoomSnapshot,
  },
  'POST /sessions/:sessionId/watch': {
    summary: 'Playback for the console: the test stream before the class, the class itself after',
    action: 'room:watch',
    target: 'session',
    response: z.object({
      prefix: z.string().nullable(),
      playbackToken: z.string().nullable(),
      /** Of somebody else's stream, which needs no token. */
      outsideUrl: z.string().nullable(),
      kind: z.enum(['preview', 'live']).nullable(),
    }),
  },
  'GET /sessions/:sessionId/stream': {
    summary: 'Health of the published stream',
    action: 'room:watch',
    target: 'session',
    response: StreamHealth,
  },
  'POST /sessions/:sessionId/on-air': {
    summary: 'Put another of the session’s publishers on air; who was stays on standby',
    action: 'session:stream',
    target: 'session',
    body: z.object({ publisherId: Id }),
  },
  'POST /sessions/:sessionId/publish-ticket': {
    summary: 'Leave to publish from a page, for one connection that is made within a minute',
    action: 'session:publish',
    target: 'session',
    /** Made anew by each page, and the same for all of its connections. */
    body: z.object({ publisherId: Id }),
    response: z.object({ ticket: z.string() }),
  },
  'POST /outside/look': {
    summary: 'Look whether an outside address can be a class’s picture',
    action: 'session:update',
    target: 'none',
    body: z.object({ url: OutsideUrl }),
    response: OutsideLook,
  },
  'GET /sessions/:sessionId/questions': {
    summary: 'Questions that learners asked, newest first',
    action: 'room-question:list',
    target: 'session',
    response: z.array(RoomQuestion),
  },
  'POST /room-questions/:roomQuestionId/answered': {
    summary: 'Tick a learner’s question off',
    action: 'room-question:answer',
    target: 'room-question',
    response: RoomQuestion,
  },
});
