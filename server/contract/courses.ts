import { z } from 'zod';
import { changesOf, Flag, Id, Instant, Name } from './common.ts';
import { endpoints } from './endpoint.ts';
import { Industry, PersonCategory, UnitKind } from './organisations.ts';
import { OutsideUrl } from './outside.ts';

export const SessionState = z.enum(['draft', 'scheduled', 'live', 'ended', 'archived']);
export type SessionState = z.infer<typeof SessionState>;
export const SessionMode = z.enum(['online', 'offline', 'both']);
export type SessionMode = z.infer<typeof SessionMode>;

export const AudienceRule = z.object({
  areaIds: z.array(Id).max(500).default([]),
  industries: z.array(Industry).default([]),
  /** null: high-risk or not. */
  highRisk: z.boolean().nullable().default(null),
  unitKinds: z.array(UnitKind).default([]),
  categories: z.array(PersonCategory).default([]),
  unitIds: z.array(Id).max(5_000).default([]),
});
/** Every non-empty list must match; a course invites whoever matches one of its rules. */
export type AudienceRule = z.infer<typeof AudienceRule>;

/** How the picture reaches viewers: a second or two behind with many requests, or some eight behind with few. */
export const Delivery = z.enum(['interactive', 'crowd']);
export type Delivery = z.infer<typeof Delivery>;
/** `auto`: by how many devices are in the room. */
export const DeliveryChoice = z.enum(['auto', 'interactive', 'crowd']);
export type DeliveryChoice = z.infer<typeof DeliveryChoice>;

export const Session = z.object({
  id: Id,
  courseId: Id,
  courseTitle: z.string(),
  number: z.int(),
  topic: z.string(),
  outline: z.string(),
  instructorName: z.string(),
  instructorAccountId: Id.nullable(),
  startsAt: Instant,
  plannedMinutes: z.int(),
  mode: SessionMode,
  venue: z.string().nullable(),
  /** Where the picture comes from, when it is not published to us; for learners and enterprises always null. */
  outsideUrl: z.string().nullable(),
  state: SessionState,
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  peakDevices: z.int(),
  deliveryChoice: DeliveryChoice,
  paperPublished: z.boolean(),
  /** It is over, and its recording can be watched. */
  replay: z.boolean(),
});
export type Session = z.infer<typeof Session>;

export const SessionInput = z.object({
  topic: Name,
  outline: z.string().trim().max(4_000).default(''),
  instructorName: z.string().trim().max(80).default(''),
  instructorAccountId: Id.nullable().default(null),
  startsAt: Instant,
  plannedMinutes: z.int().min(5).max(720),
  mode: SessionMode.default('online'),
  venue: z.string().trim().max(200).nullable().default(null),
  /** May change until the class has ended. */
  outsideUrl: OutsideUrl.nullable().default(null),
});
export type SessionInput = z.infer<typeof SessionInput>;

export const Course = z.object({
  id: Id,
  title: z.string(),
  summary: z.string(),
  statutory: z.boolean(),
  statutoryBasis: z.string().nullable(),
  statutoryApprover: z.string().nullable(),
  attendanceSeconds: z.int(),
  completePercent: z.int(),
  /** Everybody is asked once in so many minutes whether they are there (在线确认); 0: only by hand. */
  presenceMinutes: z.int(),
  /** 补课: for so many days after a class its replay counts; 0: it does not. */
  replayDays: z.int(),
  archived: z.boolean(),
  audience: z.array(AudienceRule),
  sessions: z.array(Session),
});
export type Course = z.infer<typeof Course>;

export const CourseInput = z.object({
  title: Name,
  summary: z.string().trim().max(2_000).default(''),
  statutory: z.boolean().default(false),
  statutoryBasis: z.string().trim().max(200).nullable().default(null),
  statutoryApprover: z.string().trim().max(80).nullable().default(null),
  attendanceSeconds: z.int().min(1).max(3_600).default(60),
  completePercent: z.int().min(1).max(100).default(80),
  presenceMinutes: z
    .int()
    .min(0)
    .max(180)
    .refine((minutes) => minutes === 0 || minutes >= 5, { message: 'too-often' })
    .default(30),
  /** May be changed when classes have been held: their deadline moves with it. */
  replayDays: z.int().min(0).max(365).default(30),
});
export type CourseInput = z.infer<typeof CourseInput>;

/** A session as it stands on a learner's list. */
export const MySession = z.object({
  session: Session,
  creditedMs: z.int(),
  /** Credited length that makes the session complete (达标). */
  requiredMs: z.int(),
  complete: z.boolean(),
  /** It is over, and up to then its replay counts (补课); null: it does not. */
  replayUntil: Instant.nullable(),
  paper: z
    .object({ published: z.boolean(), passed: z.boolean().nullable(), bestPercent: z.number().nullable() })
    .nullable(),
});
export type MySession = z.infer<typeof MySession>;

/**
 * Where an encoder publishes; `secureServer` by RTMPS and `srtAddress` by SRT, where the operator has set them up. That address has
 * the key in it.
 */
export const StreamKey = z.object({
  server: z.string(),
  secureServer: z.string().nullable(),
  srtAddress: z.string().nullable(),
  key: z.string(),
});

export const courseEndpoints = endpoints({
  'GET /courses': {
    summary: 'Courses that the caller may see',
    action: 'course:list',
    target: 'none',
    query: z.object({ archived: Flag }),
    response: z.array(Course),
  },
  'POST /courses': {
    summary: 'Make a course; `cloud-classroom` adds six weekly draft sessions from `firstStartsAt` on',
    action: 'course:create',
    target: 'none',
    body: CourseInput.extend({
      template: z.enum(['blank', 'cloud-classroom']).default('blank'),
      firstStartsAt: Instant.optional(),
    }),
    response: Course,
  },
  'GET /courses/:courseId': { summary: 'One course', action: 'course:read', target: 'course', response: Course },
  'PATCH /courses/:courseId': {
    summary: 'Change a course',
    action: 'course:update',
    target: 'course',
    body: changesOf(CourseInput),
    response: Course,
  },
  'POST /courses/:courseId/archive': {
    summary: 'Archive a course whose sessions are all ended',
    action: 'course:update',
    target: 'course',
    response: Course,
  },
  'PUT /courses/:courseId/audience': {
    summary: 'Replace who is invited',
    action: 'course:update',
    target: 'course',
    body: z.object({ rules: z.array(AudienceRule).max(50) }),
    response: Course,
  },
  'POST /courses/:courseId/audience/count': {
    summary: 'How many units and people these rules would invite',
    action: 'course:update',
    target: 'course',
    body: z.object({ rules: z.array(AudienceRule).max(50) }),
    response: z.object({ units: z.int(), people: z.int() }),
  },
  'POST /courses/:courseId/sessions': {
    summary: 'Add a draft session',
    action: 'session:update',
    target: 'course',
    body: SessionInput,
    response: Session,
  },
  'GET /sessions/:sessionId': { summary: 'One session', action: 'session:read', target: 'session', response: Session },
  'PATCH /sessions/:sessionId': {
    summary:
      'Change a session; once it has started only its texts, and until it has ended where its picture comes from',
    action: 'session:update',
    target: 'session',
    body: changesOf(SessionInput),
    response: Session,
  },
  'DELETE /sessions/:sessionId': { summary: 'Delete a draft session', action: 'session:update', target: 'session' },
  'POST /sessions/:sessionId/state': {
    summary: 'Schedule, take back to draft, start, end or archive',
    action: 'session:run',
    target: 'session',
    body: z.object({ to: SessionState }),
    response: Session,
  },
  'POST /sessions/:sessionId/delivery': {
    summary: 'Choose how the picture is delivered',
    action: 'session:run',
    target: 'session',
    body: z.object({ choice: DeliveryChoice }),
    response: Session,
  },
  'GET /sessions/:sessionId/stream-key': {
    summary: 'Where and with which key to publish',
    action: 'session:stream',
    target: 'session',
    response: StreamKey,
  },
  'POST /sessions/:sessionId/stream-key': {
    summary: 'Replace the stream key; the old one stops working',
    action: 'session:stream',
    target: 'session',
    response: StreamKey,
  },
  'GET /my/sessions': {
    summary: 'Sessions that I am invited to, with what is credited to me',
    action: 'my:sessions',
    target: 'none',
    response: z.array(MySession),
  },
});
