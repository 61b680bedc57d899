import type { AudienceRule, Course, CourseInput, MySession } from '#contract/courses.ts';
import type { Target } from '../accounts/policy.ts';
import type { Principal } from '../accounts/principal.ts';
import { type Actor, audit } from '../audit.ts';
import { AppError, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { createSessions, differing, refuseImpossibleStart } from './sessions.ts';
import { createShownSessions } from './shown.ts';
import { hasStarted } from './states.ts';
import { createInvitationStore, type Invitee, lockCourse } from './store.ts';
import { newStreamKey } from './stream-key.ts';
import { CLOUD_CLASSROOM, SESSION_MINUTES, WEEK_MS } from './template.ts';
import { createTransitions } from './transitions.ts';
import { courseView, type SessionMarks, withSessions } from './view.ts';

/** What courses show of other features. */
export interface CourseNeeds {
  /** Credited milliseconds of a person, by session. */
  creditsOf(personId: string): Promise<ReadonlyMap<string, number>>;
  /** A person's results in published papers, by session. */
  paperResultsOf(
    personId: string,
  ): Promise<ReadonlyMap<string, { passed: boolean | null; bestPercent: number | null }>>;
  /** Those of these sessions whose paper can be sat. */
  publishedPapers(sessionIds: string[]): Promise<ReadonlySet<string>>;
  /** Those of these sessions that can be replayed. */
  replayable(sessionIds: string[]): Promise<ReadonlySet<string>>;
  /** Ids that no area or unit has. */
  unknownPlaces(places: { areaIds: string[]; unitIds: string[] }): Promise<string[]>;
}

/** Who looks at courses. `all`: bureau and supervisors. */
export interface Viewer {
  all: boolean;
  accountId: string | null;
  personId: string | null;
  unitIds: string[];
}

type CourseChanges = { [K in keyof CourseInput]?: CourseInput[K] | undefined };

/** What is measured by these is on record once a class has begun. */
const MEASURES = ['attendanceSeconds', 'completePercent'] as const;

/** Whether the course counts as statutory class hours, on what basis and by whose approval. */
const STATUTORY = ['statutory', 'statutoryBasis', 'statutoryApprover'] as const;

export type Courses = ReturnType<typeof createCourses>;

export function createCourses(services: Services, needs: CourseNeeds) {
  const { db, clock, signals } = services;
  const { prisma } = db;
  const invitations = createInvitationStore(services);
  const marksOf = async (sessionIds: string[]): Promise<SessionMarks> => {
    const [papers, replays] = await Promise.all([needs.publishedPapers(sessionIds), needs.replayable(sessionIds)]);
    return { papers, replays };
  };
  const sessions = createSessions(services, marksOf);
  const shown = createShownSessions(services, marksOf);
  const transitions = createTransitions(services);

  async function listCourses(viewer: Viewer, archived: boolean): Promise<Course[]> {
    const invited = viewer.all ? [] : await invitations.coursesFor(viewer);
    const rows = await prisma.course.findMany({
      where: {
        archivedAt: archived ? { not: null } : null,
        ...(!viewer.all && {
          OR: [
            { id: { in: invited } },
            ...(viewer.accountId ? [{ sessions: { some: { instructorAccountId: viewer.accountId } } }] : []),
          ],
        }),
      },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
      include: withSessions,
    });
    const marks = await marksOf(rows.flatMap((row) => row.sessions.map((session) => session.id)));
    return rows.map((row) => courseView(row, marks, seesAllOf(viewer, row.sessions)));
  }

  /** @throws AppError `not-found` */
  async function readCourse(courseId: string, viewer: Viewer): Promise<Course> {
    const row = await prisma.course.findUnique({ where: { id: courseId }, include: withSessions });
    if (!row) throw notFound();
    const marks = await marksOf(row.sessions.map((session) => session.id));
    return courseView(row, marks, seesAllOf(viewer, row.sessions));
  }

  /**
   * Makes a course that invites everybody until its audience is narrowed. With `firstStartsAt` (RFC 3339) it gets the
   * six weekly drafts of the cloud classroom.
   * @throws AppError `impossible-time`, `statutory-unfounded`
   */
  async function createCourse(input: CourseInput, firstStartsAt: string | null, actor: Actor): Promise<Course> {
    refuseUnfounded(input);
    const now = clock();
    const id = newId();
    const planned = firstStartsAt === null ? [] : cloudClassroom(Date.parse(firstStartsAt));
    for (const session of planned) refuseImpossibleStart(session.startsAt.getTime(), now);
    await prisma.$transaction(async (tx) => {
      await tx.course.create({ data: { ...input, id, audience: { create: { id: newId() } } } });
      await tx.session.createMany({
        data: planned.map((session) => ({ ...session, id: newId(), courseId: id, ...newStreamKey(services) })),
      });
      await audit(
        tx,
        actor,
        now,
        'course:create',
        { kind: 'course', id },
        {
          sessions: planned.length,
          ...(input.statutory && { statutory: statutoryOf(input) }),
        },
      );
    });
    return readCourse(id, OFFICER);
  }

  /** @throws AppError `course-archived`; `session-locked` for its measures once a session has begun; `statutory-unfounded` */
  async function updateCourse(courseId: string, changes: CourseChanges, actor: Actor): Promise<Course> {
    const shown = await prisma.$transaction(async (tx) => {
      await lockCourse(tx, courseId);
      const row = await tx.course.findUnique({ where: { id: courseId }, include: withSessions });
      if (!row) throw notFound();
      if (row.archivedAt) throw new AppError('course-archived');
      const data = differing(row, changes);
      const changed = Object.keys(data);
      if (changed.length === 0) return [];
      refuseUnfounded({ ...row, ...data });
      if (row.sessions.some((session) => hasStarted(session.state)) && MEASURES.some((field) => field in data)) {
        throw new AppError('session-locked');
      }
      await tx.course.update({ where: { id: courseId }, data });
      // Rooms show the course's title and what completes a session.
      await tx.session.updateMany({ where: { courseId }, data: { revision: { increment: 1 } } });
      await audit(
        tx,
        actor,
        clock(),
        'course:update',
        { kind: 'course', id: courseId },
        {
          changed,
          ...(STATUTORY.some((field) => field in data) && { statutory: statutoryOf({ ...row, ...data }) }),
        },
      );
      return row.sessions.map((session) => session.id);
    });
    for (const sessionId of shown) signals.emit('room-changed', sessionId);
    return readCourse(courseId, OFFICER);
  }

  async function archiveCourse(courseId: string, actor: Actor): Promise<Course> {
    await transitions.archiveCourse(courseId, actor);
    return readCourse(courseId, OFFICER);
  }

  /**
   * Replaces who is invited. 应到 of sessions that have begun stays as it was frozen.
   * @throws AppError `course-archived`; `bad-request` for areas or units that don't exist
   */
  async function setAudience(courseId: string, rules: AudienceRule[], actor: Actor): Promise<Course> {
    const unknown = await needs.unknownPlaces({
      areaIds: rules.flatMap((rule) => rule.areaIds),
      unitIds: rules.flatMap((rule) => rule.unitIds),
    });
    if (unknown.length > 0) throw new AppError('bad-request', { fields: unknown.slice(0, 5).join(', ') });
    await prisma.$transaction(async (tx) => {
      await lockCourse(tx, courseId);
      const course = await tx.course.findUnique({ where: { id: courseId } });
      if (!course) throw notFound();
      if (course.archivedAt) throw new AppError('course-archived');
      await tx.audienceRule.deleteMany({ where: { courseId } });
      await tx.audienceRule.createMany({ data: rules.map((rule) => ({ ...rule, id: newId(), courseId })) });
      await audit(tx, actor, clock(), 'course:audience', { kind: 'course', id: courseId }, { rules: rules.length });
    });
    return readCourse(courseId, OFFICER);
  }

  /** The sessions that a person is invited to, earliest first, with what is credited to them. */
  async function mySessions(personId: string): Promise<MySession[]> {
    const [{ rows, marks }, invitedTo, credit, papers] = await Promise.all([
      shown.list(),
      invitations.coursesOf(personId),
      needs.creditsOf(personId),
      needs.paperResultsOf(personId),
    ]);
    const mine = rows.filter(({ session }) => invitedTo.has(session.courseId));
    return mine.map(({ session, requiredMs, replayUntil }) => {
      const creditedMs = credit.get(session.id) ?? 0;
      const paper = papers.get(session.id);
      return {
        session,
        creditedMs,
        requiredMs,
        complete: creditedMs >= requiredMs,
        replayUntil: replayUntil !== null && replayUntil >= clock() ? new Date(replayUntil).toISOString() : null,
        paper: marks.papers.has(session.id)
          ? { published: true, passed: paper?.passed ?? null, bestPercent: paper?.bestPercent ?? null }
          : null,
      };
    });
  }

  async function locateCourse(courseId: string): Promise<Target | null> {
    const row = await prisma.course.findUnique({
      where: { id: courseId },
      select: { sessions: { select: { instructorAccountId: true } } },
    });
    if (!row) return null;
    return {
      instructorAccountIds: row.sessions.flatMap((session) => session.instructorAccountId ?? []),
      isInvited: (who) => invitations.isInvited(courseId, who),
    };
  }

  /** Nobody is invited to a draft. For who is nothing but a learner it may be a second old. */
  async function locateSession(sessionId: string, asker?: Principal): Promise<Target | null> {
    const row = await (asker?.grants.length === 0 ? shown.place(sessionId) : shown.readPlace(sessionId));
    if (!row) return null;
    return {
      instructorAccountIds: row.instructorAccountId === null ? [] : [row.instructorAccountId],
      isInvited: async (who: Invitee) => row.state !== 'draft' && (await invitations.isInvited(row.courseId, who)),
    };
  }

  return {
    ...sessions,
    listCourses,
    readCourse,
    createCourse,
    updateCourse,
    archiveCourse,
    setAudience,
    countAudience: invitations.count,
    isInvited: invitations.isInvited,
    mySessions,
    changeState: transitions.changeState,
    onTransition: transitions.onTransition,
    locateCourse,
    locateSession,
  };
}

function statutoryOf({ statutory, statutoryBasis, statutoryApprover }: Pick<CourseInput, (typeof STATUTORY)[number]>) {
  return { statutory, statutoryBasis, statutoryApprover };
}

function refuseUnfounded(course: Pick<CourseInput, (typeof STATUTORY)[number]>): void {
  if (course.statutory && !(course.statutoryBasis && course.statutoryApprover))
    throw new AppError('statutory-unfounded');
}

const OFFICER: Viewer = { all: true, accountId: null, personId: null, unitIds: [] };

function seesAllOf(viewer: Viewer, sessions: { instructorAccountId: string | null }[]): boolean {
  if (viewer.all) return true;
  const { accountId } = viewer;
  return accountId !== null && sessions.some((session) => session.instructorAccountId === accountId);
}

function cloudClassroom(firstStartsAt: number) {
  return CLOUD_CLASSROOM.map((session, index) => ({
    ...session,
    number: index + 1,
    startsAt: new Date(firstStartsAt + index * WEEK_MS),
    plannedMinutes: SESSION_MINUTES,
  }));
}
