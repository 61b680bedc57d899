import { z } from 'zod';
import { Id, Instant, Name, Phone } from './common.ts';
import { endpoints } from './endpoint.ts';
import { Admission } from './live.ts';
import { PersonCategory } from './organisations.ts';

/** 申报人数: as counted in the room, whoever they are. */
const Heads = z.int().min(0).max(5_000);

/** A shared screen (集中观看点). 申报人数 and 实名签到人数 are two numbers: neither is made from the other. */
export const Screen = z.object({
  id: Id,
  sessionId: Id,
  unitId: Id,
  unitName: z.string(),
  areaName: z.string(),
  room: z.string(),
  /** 申报人数; null while nobody has said. */
  declaredHeads: z.int().nullable(),
  /** 实名签到人数: people who have signed in, each once. */
  signedIn: z.int(),
  /** Of them, those who have not signed out. */
  present: z.int(),
  /** Of them, those who were not on the roster. */
  added: z.int(),
  /** Phones that signed in more than one person, and how many people they did. */
  sharedPhones: z.int(),
  bySharedPhones: z.int(),
  openedAt: Instant,
  closedAt: Instant.nullable(),
  /** Heads counted when presence was last confirmed, and how many were signed in by name then. */
  counted: z.object({ heads: z.int(), present: z.int(), at: Instant, checkId: Id.nullable() }).nullable(),
  /** When it last reported what it plays; null: never. */
  heardAt: Instant.nullable(),
});
export type Screen = z.infer<typeof Screen>;

/** As the screen shows it: `path` is for the QR code, `digits` are typed at `/s/<shortCode>`. */
const ShownCode = z.object({ path: z.string(), digits: z.string() });

const Way = z.enum(['code', 'convenor', 'end']);

/** Somebody at a screen. */
export const ScreenPerson = z.object({
  personId: Id,
  name: z.string(),
  signedInAt: Instant,
  signedOutAt: Instant.nullable(),
  way: Way,
  added: z.boolean(),
  /** How many people the phone that signed them in has signed in here; 0: no phone. */
  phoneSigned: z.int(),
});
export type ScreenPerson = z.infer<typeof ScreenPerson>;

/** Somebody of the unit, and how they stand at this screen. */
export const ScreenCandidate = z.object({
  personId: Id,
  name: z.string(),
  phoneMasked: z.string().nullable(),
  category: PersonCategory,
  /** Signed in and not out. */
  present: z.boolean(),
});
export type ScreenCandidate = z.infer<typeof ScreenCandidate>;

/** Of one screen. */
export const SCREEN_FILES_LIMIT = 30;

const FileKind = z.enum(['sheet', 'photo_start', 'photo_end']);
const FileName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .refine((text) => !/\p{Cc}/u.test(text), { message: 'control-characters' });

/** The signed sheet (签到表) or a photograph of the room (现场照片). */
export const ScreenFile = z.object({
  id: Id,
  kind: FileKind,
  name: z.string(),
  type: z.string(),
  bytes: z.int(),
  /** Hex. */
  sha256: z.string(),
  uploadedAt: Instant,
});
export type ScreenFile = z.infer<typeof ScreenFile>;

/** Somebody who is not on the roster. */
const Newcomer = z.object({ name: Name, phone: Phone, category: PersonCategory.optional() });
const Ticket = z.string().max(2_000);
/** Who signs in with a scan: somebody of the roster, or somebody new. */
const Who = z.union([z.object({ personId: Id }), Newcomer]);

const Signed = z.object({ name: z.string(), at: Instant, again: z.boolean() });

export const screenEndpoints = endpoints({
  'POST /sessions/:sessionId/screens': {
    summary: 'Open the class on a shared screen of one’s unit',
    action: 'screen:open',
    target: 'session',
    body: z.object({ room: z.string().trim().max(40).default(''), declaredHeads: Heads.nullable().default(null) }),
    response: Screen,
  },
  'GET /sessions/:sessionId/screens': {
    summary: 'Shared screens of a session in the units that the caller may see, those that are open first',
    action: 'screen:list',
    target: 'session',
    response: z.array(Screen),
  },
  'GET /screens/:screenId': {
    summary:
      'What the screen’s page shows beside the picture: its code, and the masked names of those who signed in last',
    action: 'screen:run',
    target: 'screen',
    response: z.object({
      screen: Screen,
      shortCode: z.string(),
      code: ShownCode,
      /** The code after it, `msLeft` from now. */
      next: ShownCode,
      msLeft: z.int(),
      stepMs: z.int(),
      /** Newest first. */
      names: z.array(z.string()),
      /** A presence check was missed: nothing is credited to somebody here since then, until heads are counted. */
      missedFrom: Instant.nullable(),
    }),
  },
  'PATCH /screens/:screenId': {
    summary: 'Say how many heads there are, or which room it is',
    action: 'screen:run',
    target: 'screen',
    body: z.object({ room: z.string().trim().max(40).optional(), declaredHeads: Heads.optional() }),
    response: Screen,
  },
  'POST /screens/:screenId/admission': {
    summary: 'Enter the room as this screen',
    action: 'screen:run',
    target: 'screen',
    body: z.object({ deviceId: Id }),
    response: Admission,
  },
  'POST /screens/:screenId/close': {
    summary: 'Close the screen: whoever is signed in is signed out',
    action: 'screen:run',
    target: 'screen',
    response: Screen,
  },
  'POST /screens/:screenId/counts': {
    summary: 'Confirm presence for the room: the heads that were counted in it. Without a check after one was missed',
    action: 'screen:run',
    target: 'screen',
    body: z.object({ checkId: Id.nullable(), heads: Heads }),
    response: Screen,
  },
  'GET /screens/:screenId/people': {
    summary: 'Everybody who signed in at the screen, newest first',
    action: 'screen:people',
    target: 'screen',
    response: z.array(ScreenPerson),
  },
  'GET /screens/:screenId/files': {
    summary: 'The signed sheet and photographs of the room, the oldest first',
    action: 'screen:people',
    target: 'screen',
    response: z.array(ScreenFile),
  },
  'POST /screens/:screenId/files': {
    summary: 'Add a scan of the signed sheet, or a photograph: PDF, JPEG or PNG. Possible until the class is archived',
    action: 'screen:run',
    target: 'screen',
    query: z.object({ kind: FileKind, name: FileName }),
    upload: 'evidence',
    response: z.array(ScreenFile),
  },
  'GET /screens/:screenId/file': {
    summary: 'One of these files',
    action: 'screen:people',
    target: 'screen',
    query: z.object({ fileId: Id }),
    download: true,
  },
  'GET /screens/:screenId/roster': {
    summary: 'The unit’s roster for the convenor’s list',
    action: 'screen:run',
    target: 'screen',
    query: z.object({ q: z.string().max(80).optional() }),
    response: z.array(ScreenCandidate),
  },
  'POST /screens/:screenId/sign-ins': {
    summary: 'Sign in somebody without a phone, by the convenor',
    action: 'screen:run',
    target: 'screen',
    body: Who,
    response: Signed,
  },
  'POST /screens/:screenId/sign-outs': {
    summary: 'Sign somebody out, by the convenor',
    action: 'screen:run',
    target: 'screen',
    body: z.object({ personId: Id }),
    response: Signed,
  },
  'POST /scans': {
    summary: 'Open the address of a screen’s code: a good one gives this phone a ticket for one person',
    action: 'screen:scan',
    target: 'none',
    body: z.object({ screen: z.string().max(20), code: z.string().max(60) }),
    response: z.object({
      ticket: z.string(),
      unitName: z.string(),
      room: z.string(),
      courseTitle: z.string(),
      number: z.int(),
      topic: z.string(),
      msLeft: z.int(),
    }),
  },
  'POST /scans/people': {
    summary: 'People of the screen’s unit by name or by the last four digits of their phone, masked',
    action: 'screen:scan',
    target: 'none',
    body: z.object({ ticket: Ticket, q: z.string().trim().min(1).max(80) }),
    response: z.array(ScreenCandidate),
  },
  'POST /scans/sign-in': {
    summary: 'Sign in at the screen',
    action: 'screen:scan',
    target: 'none',
    body: z.object({ ticket: Ticket, deviceId: Id, who: Who }),
    response: Signed,
  },
  'POST /scans/sign-out': {
    summary: 'Sign out at the screen',
    action: 'screen:scan',
    target: 'none',
    body: z.object({ ticket: Ticket, personId: Id }),
    response: Signed,
  },
});
