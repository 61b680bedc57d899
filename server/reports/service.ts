import { Industry } from '#contract/organisations.ts';
import type { Arrival, MissingUnit, PersonAttendance, Report } from '#contract/reports.ts';
import type { Visibility } from '../accounts/principal.ts';
import { type Actor, audit } from '../audit.ts';
import { requiredMs } from '../courses/completion.ts';
import { hasStarted } from '../courses/states.ts';
import { streamOnSnapshot } from '../db.ts';
import { notFound } from '../errors.ts';
import type { Services } from '../services.ts';
import { assemble } from './counts.ts';
import { type DetailRow, readDetail } from './detail.ts';
import { allPeople, countPeople, type PeopleFilter, type PersonRow, readPeople } from './people.ts';
import type { Scope } from './record.ts';
import * as store from './store.ts';

/** A page that plays reports every 15 s; who has not been heard of for this long is not here. */
const HERE_MS = 60_000;

export type Reports = ReturnType<typeof createReports>;

/** A course's sessions, and the report of each that has begun. */
export interface CourseReports {
  report: Report;
  sessions: Report[];
}

/** Counts of attendance. What each figure means is in counts.ts. */
export function createReports({ db, clock, sealing }: Pick<Services, 'db' | 'clock' | 'sealing'>) {
  const { pool, prisma } = db;

  /** @throws AppError `not-found` */
  async function sessionReport(sessionId: string, visibility: Visibility): Promise<Report> {
    const { course, session } = await readSession(sessionId);
    return reportOf(course, [session], session, visibility);
  }

  /** Over the sessions that have begun; while none has, those invited now are due. @throws AppError `not-found` */
  async function courseReport(courseId: string, visibility: Visibility): Promise<Report> {
    const course = await store.readCourse(pool, courseId);
    if (!course) throw notFound();
    return reportOf(course, await store.readSessions(pool, course.id), null, visibility);
  }

  async function courseReports(courseId: string, visibility: Visibility): Promise<CourseReports> {
    const ofSessions = async (): Promise<Report[]> => {
      const sessions: Report[] = [];
      for (const session of await store.readSessions(pool, courseId)) {
        if (hasStarted(session.state)) sessions.push(await sessionReport(session.id, visibility));
      }
      return sessions;
    };
    // That of the course takes about as long as all of theirs.
    const [report, sessions] = await Promise.all([courseReport(courseId, visibility), ofSessions()]);
    return { report, sessions };
  }

  /** What a list of everybody is of, without counting anybody. @throws AppError `not-found` */
  async function outline(courseId: string): Promise<Pick<Report, 'courseTitle' | 'number'> & { sessionIds: string[] }> {
    const course = await store.readCourse(pool, courseId);
    if (!course) throw notFound();
    const sessions = await store.readSessions(pool, courseId);
    const sessionIds = sessions.filter(({ state }) => hasStarted(state)).map(({ id }) => id);
    return { courseTitle: course.title, number: null, sessionIds };
  }

  async function reportOf(
    course: store.CourseRow,
    sessions: store.SessionRow[],
    session: store.SessionRow | null,
    visibility: Visibility,
  ): Promise<Report> {
    const at = new Date(clock()).toISOString();
    const scope = scopeOf(course, sessions, visibility);
    const begun = sessions.filter(({ state }) => hasStarted(state));
    const [{ cells, devices }, added] = await Promise.all([
      store.readCounts(pool, scope),
      // Who is invited to a venue is not due before they are enrolled.
      scope.planned || begun.every(({ mode }) => mode === 'offline') ? 0 : store.countAdded(pool, course.id, scope),
    ]);
    return {
      scope: session ? 'session' : 'course',
      courseId: course.id,
      courseTitle: course.title,
      sessionId: session?.id ?? null,
      number: session?.number ?? null,
      topic: session?.topic ?? null,
      startedAt: begun[0]?.startedAt?.toISOString() ?? null,
      endedAt: begun.at(-1)?.endedAt?.toISOString() ?? null,
      at,
      dueFrozenAt: session?.dueFrozenAt?.toISOString() ?? null,
      attendanceSeconds: course.attendanceSeconds,
      completePercent: course.completePercent,
      // Who was online together is not known by unit.
      peakDevices: visibility.all ? Math.max(0, ...begun.map(({ peakDevices }) => peakDevices)) : null,
      ...assemble(cells, devices),
      addedAfterFreeze: added,
    };
  }

  /**
   * Units of whom nobody is here now (live), or attended (afterwards); before the class all that are invited. `reader`: who is given
   * their numbers in full, which goes on record; without one they are masked.
   */
  async function missing(sessionId: string, visibility: Visibility, reader?: Actor): Promise<MissingUnit[]> {
    const { course, session } = await readSession(sessionId);
    const now = clock();
    const scope = scopeOf(course, [session], visibility);
    const rows = await store.readMissing(pool, scope, session.state === 'live' ? now - HERE_MS : null);
    if (reader) {
      const subject = { kind: 'session', id: sessionId };
      await audit(prisma, reader, now, 'phone:read', subject, { missingUnits: rows.length });
    }
    return rows.map(({ contactCipher, contactLast4, industry, ...row }) => ({
      ...row,
      industry: industry === null ? null : Industry.parse(industry),
      contactPhone: (reader && opened(contactCipher)) ?? sealing.masked(contactCipher, contactLast4),
    }));
  }

  /** How a session filled, by when each person first came. */
  async function arrivals(sessionId: string, visibility: Visibility): Promise<Arrival[]> {
    const { course, session } = await readSession(sessionId);
    const rows = await store.readArrivals(pool, scopeOf(course, [session], visibility));
    return rows.map(({ at, people }) => ({ at: at.toISOString(), people }));
  }

  /** A page of a session's people. */
  async function people(
    sessionId: string,
    { page, pageSize, ...query }: { page: number; pageSize: number } & PersonQuery,
    visibility: Visibility,
  ): Promise<{ items: PersonAttendance[]; total: number }> {
    const { course, session } = await readSession(sessionId);
    const seen = scopeOf(course, [session], visibility);
    const scope = query.unitId === undefined ? seen : { ...seen, unitIds: [query.unitId] };
    const filter: PeopleFilter = { q: query.q, present: query.present };
    const [rows, total] = await Promise.all([
      readPeople(pool, scope, { ...filter, limit: pageSize, offset: (page - 1) * pageSize }),
      countPeople(pool, scope, filter),
    ]);
    return { items: rows.map(({ creditCode: _, ...person }) => personView(person)), total };
  }

  /** Everybody of a session, some thousand at a time, by area, unit and name. */
  async function* everybody(sessionId: string, visibility: Visibility): AsyncGenerator<ExportedPerson[]> {
    const { course, session } = await readSession(sessionId);
    for await (const rows of allPeople(pool, scopeOf(course, [session], visibility))) {
      yield rows.map(({ creditCode, ...person }) => ({ ...personView(person), creditCode }));
    }
  }

  /**
   * Everybody of a course's sessions, or of one session: a row for each person and session, on one snapshot. `unitIds`: of these units alone;
   * `full`: phone numbers as they are.
   */
  async function* detail(
    id: string,
    visibility: Visibility,
    { unitIds, full = false, total }: { unitIds?: string[]; full?: boolean; total?: (rows: number) => void },
  ): AsyncGenerator<DetailedPerson[]> {
    const scope = { ...(await scopeOfAny(id, visibility)), ...(unitIds && { unitIds }) };
    let last = '';
    let phone: string | null = null;
    const phoneOf = (personId: string, cipher: Buffer | null, last4: string | null): string | null => {
      if (last !== personId) phone = (full && opened(cipher)) || sealing.masked(cipher, last4);
      last = personId;
      return phone;
    };
    // Before anything has begun there is nothing to list.
    if (scope.planned) total?.(0);
    yield* streamOnSnapshot(pool, (client) =>
      readDetail(client, scope, { phoneOf, total: scope.planned ? undefined : total }),
    );
  }

  /** Of a course, or of a session by its own id. @throws AppError `not-found` */
  async function scopeOfAny(id: string, visibility: Visibility): Promise<Scope> {
    const course = await store.readCourse(pool, id);
    if (!course) throw notFound();
    const sessions = await store.readSessions(pool, course.id);
    const one = sessions.find((session) => session.id === id);
    return scopeOf(course, one ? [one] : sessions, visibility);
  }

  /** Notes who took which file. Before it is sent. */
  async function recordExport(subject: { kind: 'session' | 'course'; id: string }, what: string, actor: Actor) {
    await audit(prisma, actor, clock(), 'report:export', subject, { what });
  }

  async function readSession(sessionId: string) {
    const course = await store.readCourse(pool, sessionId);
    if (!course) throw notFound();
    const session = (await store.readSessions(pool, course.id)).find(({ id }) => id === sessionId);
    if (!session) throw notFound();
    return { course, session };
  }

  function personView({ phoneCipher, phoneLast4, firstJoinedAt, ...row }: Omit<PersonRow, 'creditCode'>) {
    return {
      ...row,
      firstJoinedAt: firstJoinedAt?.toISOString() ?? null,
      phoneMasked: sealing.masked(phoneCipher, phoneLast4),
    };
  }

  function opened(cipher: Buffer | null): string | null {
    try {
      return cipher && sealing.unseal(cipher);
    } catch {
      return null;
    }
  }

  return {
    sessionReport,
    courseReport,
    courseReports,
    outline,
    missing,
    arrivals,
    people,
    everybody,
    detail,
    recordExport,
  };
}

export type DetailedPerson = DetailRow;
export type ExportedPerson = PersonAttendance & { creditCode: string | null };

interface PersonQuery {
  q?: string | undefined;
  unitId?: string | undefined;
  present?: 'yes' | 'no' | undefined;
}

function scopeOf(course: store.CourseRow, sessions: store.SessionRow[], visibility: Visibility): Scope {
  const begun = sessions.filter(({ state }) => hasStarted(state));
  const { completePercent, attendanceSeconds } = course;
  return {
    planned: begun.length === 0,
    measures:
      begun.length === 0
        ? [{ id: course.id, requiredMs: 0 }]
        : begun.map((session) => ({ id: session.id, requiredMs: requiredMs({ ...session, completePercent }) })),
    attendanceMs: attendanceSeconds * 1_000,
    visibility,
  };
}
