import type { AudienceRule, Course, Delivery, Session } from '#contract/courses.ts';
import { Industry } from '#contract/organisations.ts';
import type { Prisma } from '#prisma/client.ts';
import { requiredMs } from './completion.ts';

export const withCourse = { course: true } as const satisfies Prisma.SessionInclude;
export const withSessions = {
  sessions: { orderBy: { number: 'asc' } },
  audience: { orderBy: { id: 'asc' } },
} as const satisfies Prisma.CourseInclude;

export type SessionRow = Prisma.SessionGetPayload<{ include: typeof withCourse }>;
export type CourseRow = Prisma.CourseGetPayload<{ include: typeof withSessions }>;

/** A session as the other features work with it. Times are epoch milliseconds. */
export interface RoomSession {
  id: string;
  courseId: string;
  courseTitle: string;
  courseArchived: boolean;
  number: number;
  topic: string;
  outline: string;
  instructorName: string;
  instructorAccountId: string | null;
  startsAt: number;
  plannedMinutes: number;
  mode: Session['mode'];
  /** Of somebody else's stream; null: the picture is published to us. */
  outsideUrl: string | null;
  state: Session['state'];
  revision: number;
  startedAt: number | null;
  endedAt: number | null;
  endReason: 'officer' | 'publisher_lost' | null;
  publisherLostAt: number | null;
  delivery: Delivery;
  peakDevices: number;
  /** Credited length that makes the session complete (达标). */
  requiredMs: number;
  /** Credited length below which a person × session is no attendance (人次). */
  attendanceMs: number;
  /** Once in so many minutes everybody is asked whether they are there; 0: only by hand. */
  presenceMinutes: number;
  /** 补课: for so many days after the class its replay counts; 0: it does not. */
  replayDays: number;
}

export function roomSession(row: SessionRow): RoomSession {
  return {
    id: row.id,
    courseId: row.courseId,
    courseTitle: row.course.title,
    courseArchived: row.course.archivedAt !== null,
    number: row.number,
    topic: row.topic,
    outline: row.outline,
    instructorName: row.instructorName,
    instructorAccountId: row.instructorAccountId,
    startsAt: row.startsAt.getTime(),
    plannedMinutes: row.plannedMinutes,
    mode: row.mode,
    outsideUrl: row.outsideUrl,
    state: row.state,
    revision: row.revision,
    startedAt: row.startedAt?.getTime() ?? null,
    endedAt: row.endedAt?.getTime() ?? null,
    endReason: row.endReason,
    publisherLostAt: row.publisherLostAt?.getTime() ?? null,
    delivery: row.delivery,
    peakDevices: row.peakDevices,
    requiredMs: requiredMs({ ...row, completePercent: row.course.completePercent }),
    attendanceMs: row.course.attendanceSeconds * 1_000,
    presenceMinutes: row.course.presenceMinutes,
    replayDays: row.course.replayDays,
  };
}

/** What other features have of sessions: those whose paper can be sat, and those that can be replayed. */
export interface SessionMarks {
  papers: ReadonlySet<string>;
  replays: ReadonlySet<string>;
}

/** `full`: with what is for those who run courses. */
export function sessionView(
  row: Omit<SessionRow, 'course'>,
  courseTitle: string,
  marks: SessionMarks,
  full: boolean,
): Session {
  return {
    id: row.id,
    courseId: row.courseId,
    courseTitle,
    number: row.number,
    topic: row.topic,
    outline: row.outline,
    instructorName: row.instructorName,
    instructorAccountId: row.instructorAccountId,
    startsAt: row.startsAt.toISOString(),
    plannedMinutes: row.plannedMinutes,
    mode: row.mode,
    venue: row.venue,
    outsideUrl: full ? row.outsideUrl : null,
    state: row.state,
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
    peakDevices: row.peakDevices,
    deliveryChoice: row.deliveryChoice,
    paperPublished: marks.papers.has(row.id),
    replay: marks.replays.has(row.id),
  };
}

/** `full`: with drafts and the rules of invitation, which are for those who run courses. */
export function courseView(row: CourseRow, marks: SessionMarks, full: boolean): Course {
  return {
    id: row.id,
    title: row.title,
    summary: row.summary,
    statutory: row.statutory,
    statutoryBasis: row.statutoryBasis,
    statutoryApprover: row.statutoryApprover,
    attendanceSeconds: row.attendanceSeconds,
    completePercent: row.completePercent,
    presenceMinutes: row.presenceMinutes,
    replayDays: row.replayDays,
    archived: row.archivedAt !== null,
    audience: full ? row.audience.map(ruleView) : [],
    sessions: row.sessions
      .filter((session) => full || session.state !== 'draft')
      .map((session) => sessionView(session, row.title, marks, full)),
  };
}

function ruleView(row: CourseRow['audience'][number]): AudienceRule {
  return {
    areaIds: row.areaIds,
    industries: row.industries.map((industry) => Industry.parse(industry)),
    highRisk: row.highRisk,
    unitKinds: row.unitKinds,
    categories: row.categories,
    unitIds: row.unitIds,
  };
}
