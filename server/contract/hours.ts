import { z } from 'zod';
import { Flag, Id, Instant, Page, paged } from './common.ts';
import { SessionMode, SessionState } from './courses.ts';
import { endpoints } from './endpoint.ts';
import { Industry, PersonCategory } from './organisations.ts';

/** Of the ledger (台账); without one, the year that it is in Beijing. */
const Year = z.coerce.number().int().min(2_000).max(2_100);

const HoursByGroup = z.object({
  managers: z.number(),
  managersInSectors: z.number(),
  workers: z.number(),
  workersInSectors: z.number(),
});

/** The figures by which hours are counted here (contract/class-hours.ts). */
const HoursRule = z.object({ minutes: z.int(), initial: HoursByGroup, yearly: HoursByGroup });
export type HoursRule = z.infer<typeof HoursRule>;

/** The year that is shown, the years that can be, and the rule. */
const LedgerHead = z.object({ year: z.int(), years: z.array(z.int()), rule: HoursRule });

/** `behind`: hours are missing; `fulfilled`: all that is due is done; `none`: nothing is due. */
export const LedgerStanding = z.enum(['behind', 'fulfilled', 'none']);
export type LedgerStanding = z.infer<typeof LedgerStanding>;

/** A person in a year. */
export const LedgerPerson = z.object({
  personId: Id,
  personName: z.string(),
  unitId: Id,
  unitName: z.string(),
  areaName: z.string(),
  industry: Industry.nullable(),
  category: PersonCategory,
  /** Of the unit in that year; who is not is here for what they attended, and owes nothing. */
  onRoster: z.boolean(),
  /** It is the year of their initial training. */
  initial: z.boolean(),
  /** Class hours. */
  dueHours: z.number(),
  standing: LedgerStanding,
  /** 法定学时 as time. */
  statutoryMs: z.int(),
  /** 参训时长 over all sessions. */
  attendedMs: z.int(),
  /** Sessions that count as an attendance. */
  sessions: z.int(),
});
export type LedgerPerson = z.infer<typeof LedgerPerson>;

/** A session in somebody's ledger. */
export const LedgerSession = z.object({
  sessionId: Id,
  courseTitle: z.string(),
  number: z.int(),
  topic: z.string(),
  mode: SessionMode,
  startedAt: Instant,
  creditedMs: z.int(),
  /** Long enough (达标). */
  complete: z.boolean(),
  statutory: z.boolean(),
  statutoryBasis: z.string().nullable(),
  statutoryApprover: z.string().nullable(),
});
export type LedgerSession = z.infer<typeof LedgerSession>;

/** A session that would count as 法定学时 and to which somebody is invited. */
export const SessionAhead = z.object({
  sessionId: Id,
  courseTitle: z.string(),
  number: z.int(),
  topic: z.string(),
  mode: SessionMode,
  venue: z.string().nullable(),
  state: SessionState,
  startsAt: Instant,
  plannedMinutes: z.int(),
  /** Of a session at a venue, for one person: their seat, the waiting list, or neither. */
  enrolled: z.enum(['seat', 'waiting']).nullable(),
});
export type SessionAhead = z.infer<typeof SessionAhead>;

export const PersonLedger = LedgerHead.extend({
  person: LedgerPerson,
  sessions: z.array(LedgerSession),
  ahead: z.array(SessionAhead),
});
export type PersonLedger = z.infer<typeof PersonLedger>;

/** A group of people in a year. */
const LedgerGroup = z.object({
  /** On the roster. */
  people: z.int(),
  /** Of whom hours are due. */
  due: z.int(),
  fulfilled: z.int(),
  behind: z.int(),
  /** Class hours, of all that are due. */
  dueHours: z.number(),
  /** Of those who owe hours: 法定学时 as time, of each no more than is due. */
  countedMs: z.int(),
  statutoryMs: z.int(),
  attendedMs: z.int(),
});
export type LedgerGroup = z.infer<typeof LedgerGroup>;

export const LedgerOverview = LedgerHead.extend({
  totals: LedgerGroup,
  byArea: z.array(LedgerGroup.extend({ areaId: Id, areaName: z.string() })),
  byIndustry: z.array(LedgerGroup.extend({ industry: Industry.nullable() })),
  byCategory: z.array(LedgerGroup.extend({ category: PersonCategory })),
  /** What those can be enrolled in who fall behind. */
  ahead: z.array(SessionAhead),
});
export type LedgerOverview = z.infer<typeof LedgerOverview>;

const LedgerFilter = z.object({
  year: Year.optional(),
  areaId: Id.optional(),
  industry: Industry.optional(),
  category: PersonCategory.optional(),
});

const PeopleFilter = LedgerFilter.extend({
  unitId: Id.optional(),
  /** Part of the person's or the unit's name. */
  q: z.string().max(80).optional(),
  standing: LedgerStanding.optional(),
  /** Those alone whose initial training is in that year. */
  initial: Flag,
});
export type LedgerPeopleFilter = z.infer<typeof PeopleFilter>;

export const hoursEndpoints = endpoints({
  'GET /my/hours': {
    summary: 'My class hours in a year',
    action: 'my:hours',
    target: 'none',
    query: z.object({ year: Year.optional() }),
    response: PersonLedger,
  },
  'GET /people/:personId/hours': {
    summary: 'A person’s class hours in a year',
    action: 'hours:read',
    target: 'person',
    query: z.object({ year: Year.optional() }),
    response: PersonLedger,
  },
  'PUT /people/:personId/initial-training': {
    summary: 'Say whether a year is that of a person’s initial training (初次培训), which has other hours',
    action: 'hours:mark',
    target: 'person',
    body: z.object({ year: z.int().min(2_000).max(2_100), initial: z.boolean() }),
  },
  'GET /hours': {
    summary: 'Class hours of a year by area, industry and category, of the units that the caller may see',
    action: 'hours:read',
    target: 'none',
    query: LedgerFilter,
    response: LedgerOverview,
  },
  'GET /hours/people': {
    summary: 'Class hours of a year by person',
    action: 'hours:read',
    target: 'none',
    query: PeopleFilter.extend(Page.shape),
    response: paged(LedgerPerson),
  },
  'GET /hours/export': {
    summary: 'Class hours of a year by group and person (.xlsx), or by person (.csv)',
    action: 'hours:read',
    target: 'none',
    query: PeopleFilter.extend({ format: z.enum(['xlsx', 'csv']).default('xlsx') }),
    download: true,
  },
});
