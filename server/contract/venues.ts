import { z } from 'zod';
import { Id, Instant, Page, paged } from './common.ts';
import { SessionMode, SessionState } from './courses.ts';
import { endpoints } from './endpoint.ts';
import { PersonCategory } from './organisations.ts';

/** At the door: coming, still there (after a break), leaving. */
export const DoorSign = z.enum(['in', 'here', 'out']);
export type DoorSign = z.infer<typeof DoorSign>;

/** A session that is held at a venue (线下专题班), alone or beside its stream. */
export const VenueClass = z.object({
  sessionId: Id,
  courseId: Id,
  courseTitle: z.string(),
  number: z.int(),
  topic: z.string(),
  mode: SessionMode,
  state: SessionState,
  venue: z.string().nullable(),
  startsAt: Instant,
  plannedMinutes: z.int(),
  /** People; null: the bureau has not said, and nobody can be enrolled. */
  capacity: z.int().nullable(),
  /** Until when units enrol; null: until the class begins. */
  enrolUntil: Instant.nullable(),
  /** Units can enrol now. */
  open: z.boolean(),
  /** Of all units. */
  enrolled: z.int(),
  waiting: z.int(),
  /** Of the units that the caller sees. */
  ownEnrolled: z.int(),
  ownWaiting: z.int(),
  /** At the venue now, and people who were signed in there. */
  present: z.int(),
  signedIn: z.int(),
});
export type VenueClass = z.infer<typeof VenueClass>;

/** Somebody who is enrolled. */
export const Enrolled = z.object({
  personId: Id,
  personName: z.string(),
  unitId: Id,
  unitName: z.string(),
  category: PersonCategory,
  /** Null: on the waiting list. */
  seat: z.int().nullable(),
  /** Place on the waiting list, from 1. */
  waitingAt: z.int().nullable(),
  enrolledAt: Instant,
});
export type Enrolled = z.infer<typeof Enrolled>;

/** Somebody who is invited and not enrolled. */
export const EnrolmentCandidate = z.object({
  personId: Id,
  personName: z.string(),
  unitName: z.string(),
  category: PersonCategory,
});
export type EnrolmentCandidate = z.infer<typeof EnrolmentCandidate>;

/** Somebody's time at the venue. */
export const Visit = z.object({
  visitId: Id,
  personId: Id,
  personName: z.string(),
  unitName: z.string(),
  signedInAt: Instant,
  /** Surely there for the last time. */
  sureAt: Instant,
  signedOutAt: Instant.nullable(),
  inWay: z.enum(['code', 'hand']),
  outWay: z.enum(['code', 'hand']).nullable(),
  enrolled: z.boolean(),
  /** How many people the phone that signed them in has signed in here; 0: no phone. */
  phoneSigned: z.int(),
});
export type Visit = z.infer<typeof Visit>;

const ShownCode = z.object({ path: z.string(), digits: z.string() });
const Ticket = z.string().max(2_000);

const DoorSigned = z.object({ name: z.string(), at: Instant, again: z.boolean() });

/** Somebody as a phone at the door may see them: the name is masked. */
const DoorPerson = z.object({
  personId: Id,
  name: z.string(),
  unitName: z.string(),
  category: PersonCategory,
  /** Signed in and not out. */
  present: z.boolean(),
});
export type DoorPerson = z.infer<typeof DoorPerson>;

export const venueEndpoints = endpoints({
  'GET /sessions/:sessionId/venue': {
    summary: 'The venue of a session: places, enrolment, who is there',
    action: 'venue:read',
    target: 'session',
    response: VenueClass,
  },
  'PUT /sessions/:sessionId/venue': {
    summary: 'Say how many people the venue takes, and until when units enrol',
    action: 'venue:plan',
    target: 'session',
    body: z.object({ capacity: z.int().min(1).max(5_000), enrolUntil: Instant.nullable().default(null) }),
    response: VenueClass,
  },
  'GET /sessions/:sessionId/enrolments': {
    summary: 'Who is enrolled of the units that the caller sees: seats, then the waiting list',
    action: 'venue:read',
    target: 'session',
    query: Page,
    response: paged(Enrolled),
  },
  'GET /sessions/:sessionId/enrolment-candidates': {
    summary: 'People who are invited and not enrolled',
    action: 'venue:enrol',
    target: 'session',
    query: z.object({ q: z.string().max(80).optional() }),
    response: z.array(EnrolmentCandidate),
  },
  'POST /sessions/:sessionId/enrolments': {
    summary: 'Enrol people; who comes beyond the capacity is put on the waiting list',
    action: 'venue:enrol',
    target: 'session',
    body: z.object({ personIds: z.array(Id).min(1).max(500) }),
    response: z.object({ seated: z.int(), waiting: z.int(), known: z.int() }),
  },
  'POST /sessions/:sessionId/enrolments/withdraw': {
    summary: 'Withdraw somebody; the first who waits moves up',
    action: 'venue:enrol',
    target: 'session',
    body: z.object({ personId: Id }),
  },
  'GET /sessions/:sessionId/door': {
    summary: 'What the page at the door shows: the code of this moment and the next',
    action: 'venue:door',
    target: 'session',
    response: z.object({
      doorCode: z.string(),
      code: ShownCode,
      /** The code after it, `msLeft` from now. */
      next: ShownCode,
      msLeft: z.int(),
      stepMs: z.int(),
      enrolled: z.int(),
      signedIn: z.int(),
      present: z.int(),
      /** Masked, the newest first. */
      names: z.array(z.string()),
    }),
  },
  'GET /sessions/:sessionId/visits': {
    summary: 'Who was at the venue, of the units that the caller sees, newest first',
    action: 'venue:read',
    target: 'session',
    response: z.array(Visit),
  },
  'POST /sessions/:sessionId/visits': {
    summary: 'Sign somebody in or out by hand, with a reason',
    action: 'venue:hand',
    target: 'session',
    body: z.object({
      personId: Id,
      sign: DoorSign,
      /** Not later than now; null: now. */
      at: Instant.nullable().default(null),
      reason: z.string().trim().min(2).max(200),
    }),
    response: DoorSigned,
  },
  'POST /door/scans': {
    summary: 'Open the address of a door’s code: a good one gives this phone a ticket for one person',
    action: 'door:scan',
    target: 'none',
    body: z.object({ door: z.string().max(20), code: z.string().max(60) }),
    response: z.object({
      ticket: z.string(),
      courseTitle: z.string(),
      number: z.int(),
      topic: z.string(),
      venue: z.string().nullable(),
      startsAt: Instant,
      /** Whoever is signed in on this phone, when they have a seat. */
      me: DoorPerson.nullable(),
    }),
  },
  'POST /door/people': {
    summary: 'People with a seat by their whole name or the last four digits of their phone, masked',
    action: 'door:scan',
    target: 'none',
    body: z.object({ ticket: Ticket, q: z.string().trim().min(1).max(80) }),
    response: z.array(DoorPerson),
  },
  'POST /door/signs': {
    summary: 'Sign in, be there, sign out',
    action: 'door:scan',
    target: 'none',
    body: z.object({ ticket: Ticket, personId: Id, deviceId: Id, sign: DoorSign }),
    response: DoorSigned,
  },
});
