import type { PresenceCheck, PresenceConfirmation, PresenceStored, RoomPresenceCheck } from '#contract/presence.ts';
import {
  askedAt,
  PRESENCE_GRACE_MS,
  PRESENCE_LATE_MS,
  PRESENCE_WINDOW_MS,
  type PresenceTimes,
} from '#contract/presence-moment.ts';
import type { AttendanceService } from '../attendance/service.ts';
import { type Actor, audit, SYSTEM } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import type { TransitionParticipant } from '../courses/transitions.ts';
import type { RoomSession } from '../courses/view.ts';
import type { Tx } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { momentOf, spreadFor } from './moments.ts';
import { planMoments } from './plan.ts';
import { createSettling, type SettlingNeeds } from './settling.ts';
import { type CheckRow, lastDeadline } from './store.ts';

/** What presence checks ask of other features. */
export interface PresenceNeeds extends SettlingNeeds {
  courses: Pick<Courses, 'holdSession' | 'bumpRevision'>;
  attendance: Pick<AttendanceService, 'sign' | 'noteAct' | 'miss' | 'unconfirmed' | 'confirmedBy' | 'wasCut' | 'tally'>;
}

/** Who confirms, as their ticket says. */
export interface Confirming {
  sessionId: string;
  personId: string;
  connId: string;
}

/** Of a planned check from the one before. */
const APART_MS = 5 * 60_000;
/** Who watches reports every 15 s; whoever did so lately is there to be asked. */
const REPORTED_LATELY_MS = 30_000;
/** Whether a session has had a check is asked with each answer and question; it may be known this late. */
const KNOWN_MS = 5_000;
/** Checks whose times are remembered; one runs in a session at a time. */
const REMEMBERED = 200;
/** One person's signs without a check are taken this often. */
const HAND_EVERY_MS = 5_000;

export type Presence = ReturnType<typeof createPresence>;

/** Presence checks (在线确认): asking a class, taking confirmations, and finding out who missed them. */
export function createPresence(services: Services, needs: PresenceNeeds) {
  const { db, clock, logger, signals } = services;
  const { prisma } = db;
  const { attendance, courses } = needs;
  const settling = createSettling(services, needs);
  const remembered = new Map<string, Promise<CheckRow>>();
  const settledSessions = new Map<string, { at: number; any: Promise<boolean> }>();
  const lastByHand = new Map<string, number>();

  /**
   * Asks everybody in a live class.
   * @throws AppError `session-not-open` unless it is live, `presence-check-open` while the last one runs, `not-found`
   */
  async function open(sessionId: string, actor: Actor): Promise<PresenceCheck> {
    await settling.settleOverdue(sessionId);
    const row = await prisma
      .$transaction(async (tx) => {
        // Its state can't change before this commits.
        const session = await courses.holdSession(tx, sessionId);
        if (!session) throw notFound();
        if (session.state !== 'live') throw new AppError('session-not-open');
        return openWithin(tx, session, actor);
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error) ? new AppError('presence-check-open') : error;
      });
    signals.emit('room-changed', sessionId);
    return view(row);
  }

  async function openWithin(tx: Tx, session: RoomSession, actor: Actor): Promise<CheckRow> {
    const now = clock();
    const sessionId = session.id;
    await courses.bumpRevision(tx, sessionId);
    const opened = await tx.presenceCheck.create({
      data: {
        id: newId(),
        sessionId,
        openedAt: new Date(now),
        // The session axis is wall-clock time.
        openedPdt: BigInt(now),
        windowMs: PRESENCE_WINDOW_MS,
        spreadMs: spreadFor(session.peakDevices),
        openedBy: actor.accountId,
      },
    });
    await audit(tx, actor, now, 'presence:open', { kind: 'presence-check', id: opened.id }, { sessionId });
    return opened;
  }

  /** Opens the checks whose planned moment has come. Every worker looks; the plan's row lets one of them do it. */
  async function openPlanned(): Promise<void> {
    const due = await prisma.presencePlan.findMany({
      where: { at: { lte: new Date(clock()) } },
      distinct: ['sessionId'],
      select: { sessionId: true },
    });
    for (const { sessionId } of due) await openDue(sessionId);
  }

  async function openDue(sessionId: string): Promise<void> {
    await settling.settleOverdue(sessionId);
    const opened = await prisma.$transaction(async (tx) => {
      const session = await courses.holdSession(tx, sessionId);
      const now = clock();
      const { count } = await tx.presencePlan.deleteMany({ where: { sessionId, at: { lte: new Date(now) } } });
      if (count === 0 || session?.state !== 'live') return false;
      const since = new Date(now - APART_MS);
      const lately = await tx.presenceCheck.findFirst({
        where: { sessionId, OR: [{ settledAt: null }, { openedAt: { gt: since } }] },
        select: { id: true },
      });
      // Somebody has just asked by hand.
      if (lately) return false;
      await openWithin(tx, session, SYSTEM);
      return true;
    });
    if (opened) signals.emit('room-changed', sessionId);
  }

  /** The check that the room is asked at present. */
  async function current(sessionId: string): Promise<RoomPresenceCheck | null> {
    const row = await prisma.presenceCheck.findFirst({
      where: { sessionId, cancelled: false },
      orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    });
    if (!row || clock() > lastDeadline(row)) return null;
    // Whoever is shown it will be heard about it: by then a busy database need not be asked.
    remember(row.id, Promise.resolve(row));
    return { ...timesOf(row), windowMs: row.windowMs };
  }

  /**
   * Stores that somebody is there; resolves after the commit. Sent again it is stored already.
   * @throws AppError `presence-closed` (their time is over, and they were not cut off), `not-found` for a check of another session,
   * `not-joined`, `rate-limited`, `too-late` (over ten minutes after the class), `busy` (nothing stored: send again)
   */
  async function confirm(who: Confirming, given: PresenceConfirmation): Promise<PresenceStored> {
    const receivedAt = clock();
    const { checkId } = given;
    if (checkId === null) return confirmByHand(who, given, receivedAt);
    const check = await recall(checkId);
    if (check.sessionId !== who.sessionId) throw notFound();
    const asked = askedAt(timesOf(check), who.personId);
    const deadline = asked + check.windowMs + PRESENCE_GRACE_MS;
    const pressedAt = receivedAt - given.pressedAgoMs;
    if (receivedAt > deadline && !(await wasHeldUp(who.connId, { asked, deadline, pressedAt, receivedAt }))) {
      const before = await attendance.confirmedBy(who.sessionId, checkId, who.personId);
      if (!before) throw new AppError('presence-closed');
      return { stored: true, ...before };
    }
    const at = momentOf(given.pdt, receivedAt > deadline ? pressedAt : receivedAt);
    const signed = await attendance.sign({ ...who, at, receivedAt, checkId, cause: 'confirm' });
    return { stored: true, ...signed };
  }

  /**
   * A shared screen's convenor has counted heads: everybody who is signed in there is there. With spread moments the screen is asked first of all,
   * so that nobody before it can be late. Without a check: a sign of life after one that was missed.
   * @throws AppError `presence-closed`, `not-found` for a check of another session, `too-late`, `busy`
   */
  async function confirmScreen(
    sessionId: string,
    checkId: string | null,
    people: Pick<Confirming, 'personId' | 'connId'>[],
  ): Promise<void> {
    const receivedAt = clock();
    if (checkId !== null) {
      const check = await recall(checkId);
      if (check.sessionId !== sessionId) throw notFound();
      if (receivedAt > Number(check.openedPdt) + check.windowMs + PRESENCE_GRACE_MS) {
        throw new AppError('presence-closed');
      }
    }
    const sign = {
      sessionId,
      at: receivedAt,
      receivedAt,
      checkId,
      cause: checkId ? ('confirm' as const) : ('hand' as const),
    };
    await Promise.all(people.map((who) => attendance.sign({ ...sign, ...who })));
  }

  /** Somebody who missed a check says that they are back. */
  async function confirmByHand(
    who: Confirming,
    { pdt }: PresenceConfirmation,
    receivedAt: number,
  ): Promise<PresenceStored> {
    const key = `${who.sessionId} ${who.personId}`;
    if (receivedAt - (lastByHand.get(key) ?? 0) < HAND_EVERY_MS) throw new AppError('rate-limited');
    for (const [each, at] of lastByHand) if (receivedAt - at >= HAND_EVERY_MS) lastByHand.delete(each);
    lastByHand.set(key, receivedAt);
    const signed = await attendance.sign({
      ...who,
      at: momentOf(pdt, receivedAt),
      receivedAt,
      checkId: null,
      cause: 'hand',
    });
    return { stored: true, ...signed };
  }

  /**
   * Pressed in time as the device measured it, and that is believed where the server itself missed the connection from then until the
   * deadline: a page that reports beats could have sent the confirmation with them.
   */
  async function wasHeldUp(
    connId: string,
    {
      asked,
      deadline,
      pressedAt,
      receivedAt,
    }: { asked: number; deadline: number; pressedAt: number; receivedAt: number },
  ): Promise<boolean> {
    if (pressedAt < asked || pressedAt > deadline || receivedAt > deadline + PRESENCE_LATE_MS) return false;
    return attendance.wasCut(connId, pressedAt, deadline);
  }

  /** Something else that only a person does. It says that somebody who missed a check is back. */
  function noteAct({ sessionId, personId, connId }: Confirming, cause: 'answer' | 'question'): void {
    const receivedAt = clock();
    anySettled(sessionId).then(
      (any) => {
        const at = momentOf(null, receivedAt);
        if (any) attendance.noteAct({ sessionId, personId, connId, at, receivedAt, checkId: null, cause });
      },
      (error: unknown) => logger.warn({ err: error }, 'a sign of life was not noted'),
    );
  }

  function anySettled(sessionId: string): Promise<boolean> {
    const now = clock();
    const known = settledSessions.get(sessionId);
    if (known && now - known.at <= KNOWN_MS) return known.any;
    const any = prisma.presenceCheck
      .findFirst({ where: { sessionId, settledAt: { not: null }, cancelled: false }, select: { id: true } })
      .then((row) => row !== null);
    any.catch(() => settledSessions.delete(sessionId));
    settledSessions.set(sessionId, { at: now, any });
    return any;
  }

  /** A whole class confirms the same check: it is read once. Its times never change. */
  function recall(checkId: string): Promise<CheckRow> {
    const known = remembered.get(checkId);
    if (known) return known;
    const reading = prisma.presenceCheck.findUnique({ where: { id: checkId } }).then((row) => {
      if (!row) throw notFound();
      return row;
    });
    remember(checkId, reading);
    reading.catch(() => remembered.delete(checkId));
    return reading;
  }

  function remember(checkId: string, check: Promise<CheckRow>): void {
    remembered.set(checkId, check);
    for (const oldest of remembered.keys()) {
      if (remembered.size <= REMEMBERED) break;
      remembered.delete(oldest);
    }
  }

  /** Newest first, with their results. */
  async function list(sessionId: string): Promise<PresenceCheck[]> {
    await settling.settleOverdue(sessionId);
    const rows = await prisma.presenceCheck.findMany({
      where: { sessionId },
      orderBy: [{ openedAt: 'desc' }, { id: 'desc' }],
    });
    return Promise.all(rows.map(view));
  }

  async function view(row: CheckRow): Promise<PresenceCheck> {
    const openedAt = row.openedAt.getTime();
    const counts = await attendance.tally(row.sessionId, row.id, openedAt - REPORTED_LATELY_MS);
    const over = clock() > lastDeadline(row);
    return {
      ...timesOf(row),
      sessionId: row.sessionId,
      openedAt: row.openedAt.toISOString(),
      windowMs: row.windowMs,
      closesAt: new Date(lastDeadline(row)).toISOString(),
      byHand: row.openedBy !== null,
      state: row.cancelled ? 'cancelled' : row.settledAt ? 'settled' : over ? 'settling' : 'asking',
      confirmed: counts.confirmed,
      unconfirmed: row.settledAt ? (row.missed ?? 0) : counts.unconfirmed,
    };
  }

  /** A class is planned as it begins. Whose time was not over when it ended has missed nothing. */
  const transition: TransitionParticipant = {
    async within(tx, session, to) {
      if (to === 'live') await plan(tx, session);
      if (to !== 'ended') return;
      await tx.presencePlan.deleteMany({ where: { sessionId: session.id } });
      await tx.$executeRaw`update presence_check set cancelled = true, missed = 0, settled_at = ${new Date(clock())}
        where session_id = ${session.id}::uuid and settled_at is null
          and opened_pdt + spread_ms + window_ms > ${session.endedAt ?? clock()}::bigint`;
    },
  };

  async function plan(tx: Tx, session: RoomSession): Promise<void> {
    const { id: sessionId, plannedMinutes, presenceMinutes: everyMinutes } = session;
    const moments = planMoments({ startedAt: session.startedAt ?? clock(), plannedMinutes, everyMinutes });
    await tx.presencePlan.createMany({ data: moments.map((at) => ({ sessionId, at: new Date(at) })) });
  }

  return {
    open,
    openPlanned,
    current,
    confirm,
    confirmScreen,
    noteAct,
    list,
    transition,
    settleDue: settling.settleDue,
  };
}

function timesOf(row: CheckRow): PresenceTimes {
  return { id: row.id, openedPdt: Number(row.openedPdt), spreadMs: row.spreadMs };
}
