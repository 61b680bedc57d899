import { z } from 'zod';
import { Id, Instant, Page, paged } from './common.ts';
import { endpoints } from './endpoint.ts';
import { Industry, PersonCategory, UnitKind, Verification } from './organisations.ts';

/** Counts of one group. Every figure carries its name wherever it is shown; see DOMAIN "Counts, never mixed". */
export const Counts = z.object({
  /** 单位 invited / attending, of them enterprises. */
  unitsDue: z.int(),
  unitsPresent: z.int(),
  /** 应到, frozen when the session started. */
  due: z.int(),
  /** 实到: of those due, with at least the course's attendance seconds credited. */
  present: z.int(),
  /** 计划外参训: attending without having been due. */
  presentNotDue: z.int(),
  /** 参训率 = present / due, 0–1; null when nobody was due. */
  rate: z.number().nullable(),
  /** 设备: distinct devices that played. */
  devices: z.int(),
  /** 人次: person × session. */
  attendances: z.int(),
  /** Of them, by the way that gave the most time: 补课 and 线下; the rest is 直播. */
  attendancesReplay: z.int(),
  attendancesVenue: z.int(),
  /** 人数: distinct people. */
  people: z.int(),
  /** 有效时长. */
  creditedSeconds: z.int(),
  /** Attending long enough (达标). */
  complete: z.int(),
  /** People who handed in a paper, and who passed it. */
  paperSubmitted: z.int(),
  paperPassed: z.int(),
});
export type Counts = z.infer<typeof Counts>;

export const UnitCounts = Counts.extend({
  unitId: Id,
  unitName: z.string(),
  unitKind: UnitKind,
  creditCode: z.string().nullable(),
  areaId: Id,
  areaName: z.string(),
  industry: Industry.nullable(),
  highRisk: z.boolean(),
});
export type UnitCounts = z.infer<typeof UnitCounts>;

export const Report = z.object({
  scope: z.enum(['session', 'course']),
  courseId: Id,
  courseTitle: z.string(),
  sessionId: Id.nullable(),
  number: z.int().nullable(),
  topic: z.string().nullable(),
  startedAt: Instant.nullable(),
  endedAt: Instant.nullable(),
  /** When the figures were read. */
  at: Instant,
  dueFrozenAt: Instant.nullable(),
  attendanceSeconds: z.int(),
  completePercent: z.int(),
  /** 峰值同时在线, devices; of a course: the highest of its sessions. Null for callers who see only a part of the units. */
  peakDevices: z.int().nullable(),
  totals: Counts,
  byArea: z.array(Counts.extend({ areaId: Id, areaName: z.string() })),
  byUnitKind: z.array(Counts.extend({ unitKind: UnitKind })),
  byIndustry: z.array(Counts.extend({ industry: Industry.nullable() })),
  byCategory: z.array(Counts.extend({ category: PersonCategory })),
  units: z.array(UnitCounts),
  /** Changes of 应到 after the freeze, shown apart. */
  addedAfterFreeze: z.int(),
});
export type Report = z.infer<typeof Report>;

/** 未参训名单: a unit of which nobody is here (live) or was here (afterwards). High-risk first. */
export const MissingUnit = z.object({
  unitId: Id,
  unitName: z.string(),
  unitKind: UnitKind,
  areaId: Id,
  areaName: z.string(),
  industry: Industry.nullable(),
  highRisk: z.boolean(),
  due: z.int(),
  present: z.int(),
  contactName: z.string().nullable(),
  /** Masked on pages; in full in the file that is exported. */
  contactPhone: z.string().nullable(),
});
export type MissingUnit = z.infer<typeof MissingUnit>;

export const PersonAttendance = z.object({
  personId: Id,
  personName: z.string(),
  phoneMasked: z.string().nullable(),
  unitId: Id,
  unitName: z.string(),
  areaName: z.string(),
  category: PersonCategory,
  verification: Verification,
  due: z.boolean(),
  firstJoinedAt: Instant.nullable(),
  /** 排队: how long they stood in line because the installation was at its limit. */
  waitedSeconds: z.int(),
  creditedSeconds: z.int(),
  present: z.boolean(),
  complete: z.boolean(),
  /** 在线确认: confirmed, and missed without a confirmation that came late. */
  checksConfirmed: z.int(),
  checksMissed: z.int(),
  devices: z.int(),
  liveAnswered: z.int(),
  liveCorrect: z.int(),
  paperPercent: z.number().nullable(),
  paperPassed: z.boolean().nullable(),
});
export type PersonAttendance = z.infer<typeof PersonAttendance>;

/** How a class filled: people who had come by the end of that minute. Only minutes in which somebody came. */
export const Arrival = z.object({ at: Instant, people: z.int() });
export type Arrival = z.infer<typeof Arrival>;

const format = z.object({ format: z.enum(['xlsx', 'csv']).default('xlsx') });

export const reportEndpoints = endpoints({
  'GET /sessions/:sessionId/report': {
    summary: 'Counts of a session, as far as the caller may see its units',
    action: 'report:read',
    target: 'session',
    response: Report,
  },
  'GET /courses/:courseId/report': {
    summary: 'Counts of a course',
    action: 'report:read',
    target: 'course',
    response: Report,
  },
  'GET /sessions/:sessionId/missing': {
    summary: 'Units that are missing, high-risk first',
    action: 'report:missing',
    target: 'session',
    response: z.array(MissingUnit),
  },
  'GET /sessions/:sessionId/arrivals': {
    summary: 'How the class filled, minute by minute',
    action: 'report:read',
    target: 'session',
    response: z.array(Arrival),
  },
  'GET /sessions/:sessionId/people': {
    summary: 'Attendance by person',
    action: 'report:read',
    target: 'session',
    query: Page.extend({
      q: z.string().max(80).optional(),
      unitId: Id.optional(),
      present: z.enum(['yes', 'no']).optional(),
    }),
    response: paged(PersonAttendance),
  },
  'GET /sessions/:sessionId/export/attendance': {
    summary: 'Attendance by unit, by person and by group (.xlsx), or by person (.csv)',
    action: 'report:export',
    target: 'session',
    query: format,
    download: true,
  },
  'GET /sessions/:sessionId/export/counts': {
    summary: 'Counts of a session by area, kind of unit, industry, category and unit in one table (.csv)',
    action: 'report:export',
    target: 'session',
    download: true,
  },
  'GET /sessions/:sessionId/export/missing': {
    summary: '未参训名单 by area',
    action: 'report:missing',
    target: 'session',
    query: format,
    download: true,
  },
  'GET /courses/:courseId/export/attendance': {
    summary: 'Attendance of a course',
    action: 'report:export',
    target: 'course',
    query: format,
    download: true,
  },
  'GET /courses/:courseId/export/counts': {
    summary: 'Counts of a course by area, kind of unit, industry, category and unit in one table (.csv)',
    action: 'report:export',
    target: 'course',
    download: true,
  },
});
