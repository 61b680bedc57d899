import { createHmac, randomBytes } from 'node:crypto';
import { maskName } from '#contract/codes.ts';
import type { PersonCategory } from '#contract/organisations.ts';
import { CONVENOR_CATEGORIES } from '#contract/plain.ts';
import type { Screen, ScreenCandidate, ScreenPerson } from '#contract/screens.ts';
import type { Target } from '../accounts/policy.ts';
import type { Principal, Visibility } from '../accounts/principal.ts';
import type { Throttle } from '../accounts/throttle.ts';
import type { AttendanceService } from '../attendance/service.ts';
import { type Actor, audit } from '../audit.ts';
import type { Courses } from '../courses/service.ts';
import { transaction } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { LiveService } from '../live/service.ts';
import { createLookUps } from '../look-ups.ts';
import { newShortCode } from '../organisations/secrets.ts';
import type { Organisations } from '../organisations/service.ts';
import {
  createPlaceCodes,
  PLACE_TICKET_MS,
  type PlaceTicket,
  readPlaceTicket,
  signPlaceTicket,
} from '../place-codes.ts';
import type { Presence } from '../presence/service.ts';
import type { Services } from '../services.ts';
import * as store from './store.ts';

/** What shared screens ask of other features. */
export interface ScreenNeeds {
  courses: Pick<Courses, 'sessionForRoom' | 'isInvited'>;
  organisations: Pick<Organisations, 'personForLogin' | 'listPeople' | 'readUnit' | 'joinPeople'>;
  attendance: Pick<AttendanceService, 'enter' | 'screens'>;
  live: Pick<LiveService, 'enterAsScreen'>;
  presence: Pick<Presence, 'confirmScreen'>;
  throttle: Pick<Throttle, 'guesses' | 'guessed' | 'roster'>;
}

/** Somebody of the roster, or somebody who gives name and phone. */
type Who = { personId: string } | { name: string; phone: string; category?: PersonCategory | undefined };

interface Signed {
  name: string;
  at: string;
  again: boolean;
}

const SHOWN_NAMES = 12;
const ROSTER_LIMIT = 500;
/** To a phone that looks for itself. */
const FOUND_LIMIT = 20;
const SECRET_BYTES = 32;

export type Screens = ReturnType<typeof createScreens>;

/** Shared screens (集中观看点): opening them, their rotating code, and signing in to them. */
export function createScreens({ db, clock, secrets, logger, metrics }: Services, needs: ScreenNeeds) {
  const { prisma, pool } = db;
  const { courses, organisations, attendance, throttle } = needs;
  const codes = createPlaceCodes({ clock, logger, metrics }, throttle);
  // Every screen's page asks each few seconds.
  const looks = { logger, metrics };
  const shownScreen = createLookUps(looks, 'screen-looks', (ids: string[]) => store.readShown(pool, ids, SHOWN_NAMES));
  const placeOf = createLookUps(looks, 'screen-places', (ids: string[]) => store.readPlaces(pool, ids));

  /** The unit for which somebody may open a screen. @throws AppError `not-a-convenor` */
  async function unitOf(principal: Principal): Promise<string> {
    const grant = principal.grants.find(({ role }) => role === 'enterprise');
    if (grant?.unitId) return grant.unitId;
    const person = principal.personId === null ? null : await organisations.personForLogin(principal.personId);
    if (person?.verification !== 'verified' || !CONVENOR_CATEGORIES.includes(person.category)) {
      throw new AppError('not-a-convenor');
    }
    return person.unitId;
  }

  async function read(screenId: string): Promise<Screen> {
    const screen = await store.readScreen(pool, screenId);
    if (!screen) throw notFound();
    return screen;
  }

  /** @throws AppError `not-found`, `session-not-open` for a draft and once the class is over */
  async function openSession(sessionId: string) {
    const session = await courses.sessionForRoom(sessionId);
    if (!session) throw notFound();
    if (session.state !== 'scheduled' && session.state !== 'live') throw new AppError('session-not-open');
    return session;
  }

  async function rowOf(screenId: string) {
    const row = await prisma.screen.findUnique({ where: { id: screenId } });
    if (!row) throw notFound();
    return row;
  }

  /** @throws AppError `scan-ticket` */
  function scanOf(ticket: string): PlaceTicket {
    const scan = readPlaceTicket(secrets.ticket, 'screen', ticket, clock());
    if (!scan) throw new AppError('scan-ticket');
    return scan;
  }

  /**
   * Signs somebody in who was found or who is put on the roster, as not confirmed.
   * @throws AppError `not-of-this-unit`, `person-refused`, `not-invited`, `name-phone-mismatch`, `screen-closed`, `scan-used`, `session-not-open`
   */
  async function signIn(
    screenId: string,
    who: Who,
    by: { way: 'code' | 'convenor'; deviceId: string | null; ticketId: string | null },
    actor: Actor,
  ): Promise<Signed> {
    const { sessionId, unitId } = await rowOf(screenId);
    const { courseId } = await openSession(sessionId);
    const { personId, added } = 'personId' in who ? { ...who, added: false } : await takeIn(unitId, who, actor);
    const person = await organisations.personForLogin(personId);
    if (person?.unitId !== unitId) throw new AppError('not-of-this-unit');
    if (person.verification === 'refused') throw new AppError('person-refused');
    if (!(await courses.isInvited(courseId, { personId, unitId: null }))) throw new AppError('not-invited');
    await attendance.enter(sessionId, person);
    const { at, again } = await attendance.screens.signIn({
      ...{ sessionId, screenId, personId, added, ...by },
      actorId: by.way === 'convenor' ? (actor.accountId ?? actor.personId) : null,
    });
    return { name: person.name, at: new Date(at).toISOString(), again };
  }

  /** Who gives name and phone is found by them on the roster, or put there. */
  async function takeIn(unitId: string, who: Exclude<Who, { personId: string }>, actor: Actor) {
    const { joinCode } = await organisations.readUnit(unitId);
    const unitAndPhone = rosterKey(unitId, who.phone);
    const known = await throttle.roster(unitAndPhone, async () => {
      const before = clock();
      const [joined] = await transaction(pool, (client) =>
        organisations.joinPeople(client, [{ ...who, joinCode, actor }]),
      );
      if (joined === undefined || typeof joined === 'string') throw new AppError(joined ?? 'unknown-join-code');
      const row = await prisma.person.findUniqueOrThrow({
        where: { id: joined.personId },
        select: { createdAt: true },
      });
      return { personId: joined.personId, added: row.createdAt.getTime() >= before };
    });
    return known;
  }

  /** A counter's key that does not show the phone number. */
  function rosterKey(unitId: string, phone: string): string {
    return createHmac('sha256', secrets['phone-hash']).update(`${unitId} ${phone}`).digest('base64url');
  }

  async function candidates(screenId: string, unitId: string, q: string | undefined, limit: number) {
    const [{ items }, present] = await Promise.all([
      organisations.listPeople(unitId, { page: 1, pageSize: limit, q }),
      store.presentPeople(pool, screenId),
    ]);
    return items
      .filter(({ verification }) => verification !== 'refused')
      .map(({ id: personId, name, phoneMasked, category }) => ({
        ...{ personId, name, phoneMasked, category },
        present: present.has(personId),
      }));
  }

  return {
    /** @throws AppError `not-a-convenor` for who may not seat a room, `session-not-open` */
    async open(
      sessionId: string,
      given: { room: string; declaredHeads: number | null },
      principal: Principal,
      actor: Actor,
    ): Promise<Screen> {
      await openSession(sessionId);
      const unitId = await unitOf(principal);
      const id = newId();
      const now = clock();
      await withFreshCode((shortCode) =>
        prisma.$transaction(async (tx) => {
          await tx.screen.create({
            data: {
              ...given,
              ...{ id, sessionId, unitId, shortCode },
              secret: Uint8Array.from(randomBytes(SECRET_BYTES)),
              convenorId: principal.personId,
              openedBy: principal.accountId,
              openedAt: new Date(now),
            },
          });
          await audit(tx, actor, now, 'screen:open', { kind: 'screen', id }, { sessionId, unitId, ...given });
        }),
      );
      return read(id);
    },

    list: (sessionId: string, visibility: Visibility): Promise<Screen[]> =>
      store.readScreens(pool, sessionId, visibility),

    /** What the screen's page shows. */
    async show(screenId: string) {
      const shown = await shownScreen(screenId);
      if (!shown) throw notFound();
      const { screen, shortCode, secret, names, missedSince } = shown;
      const place = { place: 'screen', id: screenId, secret } as const;
      return {
        screen,
        shortCode,
        ...(await codes.shown(place, (token) => `/s/${shortCode}/${token}`)),
        names: names.map(maskName),
        missedFrom: missedSince?.toISOString() ?? null,
      };
    },

    async change(
      screenId: string,
      changes: { room?: string | undefined; declaredHeads?: number | undefined },
      actor: Actor,
    ): Promise<Screen> {
      const { room, declaredHeads } = changes;
      const data = { ...(room !== undefined && { room }), ...(declaredHeads !== undefined && { declaredHeads }) };
      await prisma.$transaction(async (tx) => {
        await tx.screen.update({ where: { id: screenId }, data });
        await audit(tx, actor, clock(), 'screen:update', { kind: 'screen', id: screenId }, data);
      });
      return read(screenId);
    },

    /** @throws AppError `screen-closed`, `session-not-open` for a draft, `not-signed-in` */
    async admit(screenId: string, deviceId: string, { loginId }: Principal) {
      if (loginId === null) throw new AppError('not-signed-in');
      const { sessionId, unitId, unitName, room, closedAt } = await read(screenId);
      if (closedAt !== null) throw new AppError('screen-closed');
      return needs.live.enterAsScreen({ screenId, unitId, unitName, room }, { loginId, deviceId }, sessionId);
    },

    /** Signs everybody out. @throws AppError `session-not-open` once the class is over, which has ended it */
    async close(screenId: string, actor: Actor): Promise<Screen> {
      const { sessionId } = await rowOf(screenId);
      const actorId = actor.accountId ?? actor.personId;
      await attendance.screens.signOut({ sessionId, screenId, personId: null, way: 'end', actorId });
      await audit(prisma, actor, clock(), 'screen:close', { kind: 'screen', id: screenId }, { sessionId });
      return read(screenId);
    },

    /**
     * Confirms presence for everybody who is signed in, by the heads that the convenor counted.
     * @throws AppError `screen-closed`, `presence-closed`, `not-found` for a check of another session, `session-not-open`
     */
    async count(
      screenId: string,
      { checkId, heads }: { checkId: string | null; heads: number },
      actor: Actor,
    ): Promise<Screen> {
      const { sessionId, closedAt } = await rowOf(screenId);
      if (closedAt) throw new AppError('screen-closed');
      await openSession(sessionId);
      const present = await store.presentPeople(pool, screenId);
      const people = [...present].map(([personId, connId]) => ({ personId, connId }));
      await needs.presence.confirmScreen(sessionId, checkId, people);
      const now = clock();
      const counted = { checkId, heads, present: people.length };
      await prisma.$transaction(async (tx) => {
        const countedBy = actor.accountId ?? actor.personId;
        await tx.screenCount.create({
          data: { ...counted, id: newId(), screenId, countedBy, countedAt: new Date(now) },
        });
        await audit(tx, actor, now, 'screen:count', { kind: 'screen', id: screenId }, counted);
      });
      return read(screenId);
    },

    people: (screenId: string): Promise<ScreenPerson[]> => store.readPeople(pool, screenId),

    async roster(screenId: string, q: string | undefined): Promise<ScreenCandidate[]> {
      const { unitId } = await rowOf(screenId);
      return candidates(screenId, unitId, q, ROSTER_LIMIT);
    },

    /** By the convenor, for somebody without a phone. @throws as {@link signIn} does */
    signInByHand: (screenId: string, who: Who, actor: Actor): Promise<Signed> =>
      signIn(screenId, who, { way: 'convenor', deviceId: null, ticketId: null }, actor),

    /** @throws AppError `not-signed-in-here`, `session-not-open` */
    async signOutByHand(screenId: string, personId: string, actor: Actor): Promise<Signed> {
      const { sessionId } = await rowOf(screenId);
      const actorId = actor.accountId ?? actor.personId;
      return signOut({ sessionId, screenId, personId, way: 'convenor', actorId });
    },

    /**
     * The address of a screen's code was opened. Nobody need be signed in.
     * @throws AppError `scan-wrong`, `scan-expired`, `screen-closed`, `session-not-open`
     */
    async scan(shortCode: string, code: string) {
      const screen = await prisma.screen.findUnique({
        where: { shortCode: shortCode.toUpperCase() },
        include: { unit: { select: { name: true } } },
      });
      if (!screen) throw new AppError('scan-wrong');
      const place = { place: 'screen', id: screen.id, secret: screen.secret } as const;
      await codes.check(place, code, { wrong: 'scan-wrong', expired: 'scan-expired' });
      if (screen.closedAt) throw new AppError('screen-closed');
      const { courseTitle, number, topic } = await openSession(screen.sessionId);
      return {
        ticket: signPlaceTicket(secrets.ticket, 'screen', screen.id, clock()),
        unitName: screen.unit.name,
        room: screen.room,
        ...{ courseTitle, number, topic },
        msLeft: PLACE_TICKET_MS,
      };
    },

    /** People of the unit, masked, by what they say of themselves. @throws AppError `scan-ticket` */
    async find(ticket: string, q: string): Promise<ScreenCandidate[]> {
      const { placeId: screenId } = scanOf(ticket);
      const { unitId } = await rowOf(screenId);
      const found = await candidates(screenId, unitId, q, FOUND_LIMIT);
      return found.map((each) => ({ ...each, name: maskName(each.name) }));
    },

    /** @throws AppError `scan-ticket`, and as {@link signIn} does */
    async signInByScan(ticket: string, who: Who, deviceId: string, actor: Actor): Promise<Signed> {
      const { placeId: screenId, ticketId } = scanOf(ticket);
      const signed = await signIn(screenId, who, { way: 'code', deviceId, ticketId }, actor);
      return { ...signed, name: maskName(signed.name) };
    },

    /** @throws AppError `scan-ticket`, `not-signed-in-here`, `session-not-open` */
    async signOutByScan(ticket: string, personId: string): Promise<Signed> {
      const { placeId: screenId } = scanOf(ticket);
      const { sessionId } = await rowOf(screenId);
      const signed = await signOut({ sessionId, screenId, personId, way: 'code', actorId: null });
      return { ...signed, name: maskName(signed.name) };
    },

    /** Whoever may convene reaches their own unit's screens as if each were theirs. */
    async locate(screenId: string, asker: Principal): Promise<Target | null> {
      const place = await placeOf(screenId);
      if (!place) return null;
      const { unitId, areaId, industry, convenorId } = place;
      const own = asker.personId === null ? null : await unitOf({ ...asker, grants: [] }).catch(() => null);
      return { unitId, areaId, industry, personId: own === unitId ? asker.personId : convenorId };
    },
  };

  async function signOut(given: Parameters<typeof attendance.screens.signOut>[0] & { personId: string }) {
    const { at, again } = await attendance.screens.signOut(given);
    const person = await organisations.personForLogin(given.personId);
    return { name: person?.name ?? '–', at: new Date(at).toISOString(), again };
  }

  async function withFreshCode(use: (shortCode: string) => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await use(newShortCode());
        return;
      } catch (error) {
        if (!isUniqueViolation(error, 'short_code')) throw error;
      }
    }
  }
}
