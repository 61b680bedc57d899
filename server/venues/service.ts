import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { maskName, normaliseCode } from '#contract/codes.ts';
import type { DoorPerson, DoorSign, Enrolled, EnrolmentCandidate, VenueClass, Visit } from '#contract/venues.ts';
import type { Visibility } from '../accounts/principal.ts';
import type { Throttle } from '../accounts/throttle.ts';
import type { AttendanceService } from '../attendance/service.ts';
import { type Actor, auditWith } from '../audit.ts';
import { isOver } from '../courses/states.ts';
import { transaction } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { createLookUps } from '../look-ups.ts';
import { newJoinCode } from '../organisations/secrets.ts';
import { createPlaceCodes, readPlaceTicket, signPlaceTicket } from '../place-codes.ts';
import type { Services } from '../services.ts';
import { seating } from './seats.ts';
import * as store from './store.ts';

/** What offline classes ask of other features. */
export interface VenueNeeds {
  attendance: Pick<AttendanceService, 'venue'>;
  throttle: Pick<Throttle, 'guesses' | 'guessed'>;
}

interface Signed {
  name: string;
  at: string;
  again: boolean;
}

const SECRET_BYTES = 32;
const SHOWN_NAMES = 8;
/** To a phone that looks for itself. */
const FOUND_LIMIT = 20;

export type Venues = ReturnType<typeof createVenues>;

/** Offline classes (线下专题班): places, enrolment with a waiting list, and signing in at the door. */
export function createVenues({ db, clock, secrets, logger, metrics }: Services, { attendance, throttle }: VenueNeeds) {
  const { pool } = db;
  const codes = createPlaceCodes({ clock, logger, metrics }, throttle);

  /** Who stands at a door at the same time is looked up together: nobody has an index of names among those with a seat. */
  const findSeated = createLookUps<{ sessionId: string; q: string }, DoorPerson[]>(
    { logger, metrics },
    'door-looks',
    async (asked) => {
      const found = new Map<string, Map<string, DoorPerson[]>>();
      for (const sessionId of new Set(asked.map((each) => each.sessionId))) {
        const words = [...new Set(asked.filter((each) => each.sessionId === sessionId).map(({ q }) => q))];
        const people = await store.findSeated(pool, sessionId, words, FOUND_LIMIT);
        found.set(sessionId, new Map(words.map((q, n) => [q, people[n] ?? []])));
      }
      return asked.map(({ sessionId, q }) => found.get(sessionId)?.get(q) ?? []);
    },
  );

  /** @throws AppError `not-found` */
  async function venueOf(sessionId: string): Promise<store.VenueRow> {
    const row = await store.readVenue(pool, sessionId);
    if (!row) throw notFound();
    return row;
  }

  /** Units enrol until then, epoch ms; the bureau until the class is over. */
  function closesAt({ enrolUntil, startsAt }: store.VenueRow): number {
    return (enrolUntil ?? startsAt).getTime();
  }

  function isOpen(row: store.VenueRow): boolean {
    return row.capacity !== null && row.state === 'scheduled' && !row.courseArchived && clock() < closesAt(row);
  }

  async function read(sessionId: string, visibility: Visibility): Promise<VenueClass> {
    const [row, counts] = await Promise.all([venueOf(sessionId), store.readCounts(pool, sessionId, visibility)]);
    const { startsAt, enrolUntil, doorCode: _, secret: __, courseArchived: ___, ...shown } = row;
    return {
      ...shown,
      ...counts,
      startsAt: startsAt.toISOString(),
      enrolUntil: enrolUntil?.toISOString() ?? null,
      open: isOpen(row),
    };
  }

  /**
   * Changes who has places, with the class's places held: of two who want the last one, the second waits.
   * @throws AppError `not-found`, `no-venue`, `enrolment-closed`
   */
  async function changePlaces<T>(
    sessionId: string,
    visibility: Visibility,
    change: (client: pg.PoolClient, row: store.VenueRow) => Promise<T>,
  ): Promise<T> {
    return transaction(pool, async (client) => {
      const isPlanned = await store.holdPlaces(client, sessionId);
      const row = await store.readVenue(client, sessionId);
      if (!row) throw notFound();
      if (!isPlanned || row.capacity === null || row.mode === 'online') throw new AppError('no-venue');
      const isLate = visibility.all ? isOver(row.state) || row.state === 'draft' || row.courseArchived : !isOpen(row);
      if (isLate) throw new AppError('enrolment-closed');
      return change(client, row);
    });
  }

  /** Gives free seats to those who wait. Returns who got one. */
  async function moveUp(client: pg.PoolClient, sessionId: string, capacity: number): Promise<string[]> {
    const given = seating(await store.readPlaces(client, sessionId), capacity);
    for (const each of given) await store.giveSeat(client, sessionId, each);
    return given.map(({ personId }) => personId);
  }

  function ticketOf(ticket: string) {
    const read = readPlaceTicket(secrets.ticket, 'door', ticket, clock());
    if (!read) throw new AppError('door-ticket');
    return read;
  }

  const masked = (person: DoorPerson): DoorPerson => ({ ...person, name: maskName(person.name) });

  return {
    read,

    /** @throws AppError `not-found`, `no-venue` for an online session, `session-locked` once it is over, `capacity-below-enrolled` */
    async plan(
      sessionId: string,
      { capacity, enrolUntil }: { capacity: number; enrolUntil: string | null },
      actor: Actor,
    ): Promise<VenueClass> {
      const now = clock();
      await withFreshCode((doorCode) =>
        transaction(pool, async (client) => {
          const row = await store.readVenue(client, sessionId);
          if (!row) throw notFound();
          if (row.mode === 'online') throw new AppError('no-venue');
          if (isOver(row.state) || row.courseArchived) throw new AppError('session-locked');
          await client.query(
            `insert into venue_class (session_id, capacity, enrol_until, door_code, secret) values ($1, $2, $3, $4, $5)
             on conflict (session_id) do update set capacity = excluded.capacity, enrol_until = excluded.enrol_until`,
            [
              sessionId,
              capacity,
              enrolUntil === null ? null : new Date(enrolUntil),
              doorCode,
              randomBytes(SECRET_BYTES),
            ],
          );
          const seated = (await store.readPlaces(client, sessionId)).filter(({ seat }) => seat !== null).length;
          if (seated > capacity) throw new AppError('capacity-below-enrolled', { enrolled: seated });
          const movedUp = await moveUp(client, sessionId, capacity);
          const detail = { capacity, enrolUntil, movedUp };
          await auditWith(client, actor, now, 'venue:plan', { kind: 'session', id: sessionId }, detail);
        }),
      );
      return read(sessionId, { all: true });
    },

    async enrolled(
      sessionId: string,
      { page, pageSize }: { page: number; pageSize: number },
      visibility: Visibility,
    ): Promise<{ items: Enrolled[]; total: number }> {
      const slice = { limit: pageSize, offset: (page - 1) * pageSize };
      return store.readEnrolled(pool, sessionId, visibility, slice);
    },

    async candidates(sessionId: string, q: string | undefined, visibility: Visibility): Promise<EnrolmentCandidate[]> {
      return store.readCandidates(pool, await venueOf(sessionId), q, visibility);
    },

    /** @throws AppError `not-found`, `no-venue`, `enrolment-closed`, `not-invited` when one of them is not, or not of the caller's units */
    async enrol(sessionId: string, personIds: string[], visibility: Visibility, actor: Actor) {
      const wanted = [...new Set(personIds)];
      return changePlaces(sessionId, visibility, async (client, { courseId, capacity }) => {
        const people = await store.invitedOf(client, courseId, wanted, visibility);
        if (people.length < wanted.length) throw new AppError('not-invited');
        const now = clock();
        const added = await store.addEnrolments(client, sessionId, people, now);
        const seated = new Set(await moveUp(client, sessionId, capacity as number));
        const gotSeat = added.filter((id) => seated.has(id)).length;
        const subject = { kind: 'session', id: sessionId };
        if (added.length > 0) await auditWith(client, actor, now, 'venue:enrol', subject, { added, seated: gotSeat });
        return { seated: gotSeat, waiting: added.length - gotSeat, known: wanted.length - added.length };
      });
    },

    /** @throws AppError `not-found` for who is not enrolled or not seen, `no-venue`, `enrolment-closed` */
    async withdraw(sessionId: string, personId: string, visibility: Visibility, actor: Actor): Promise<void> {
      await changePlaces(sessionId, visibility, async (client, { capacity }) => {
        if (!(await store.removeEnrolment(client, sessionId, personId, visibility))) throw notFound();
        const movedUp = await moveUp(client, sessionId, capacity as number);
        const subject = { kind: 'session', id: sessionId };
        await auditWith(client, actor, clock(), 'venue:withdraw', subject, { personId, movedUp });
      });
    },

    /** What the page at the door shows. @throws AppError `not-found`, `no-venue` */
    async door(sessionId: string) {
      const [{ secret, doorCode }, counts, names] = await Promise.all([
        venueOf(sessionId),
        store.readCounts(pool, sessionId, { all: true }),
        store.lastNames(pool, sessionId, SHOWN_NAMES),
      ]);
      if (secret === null || doorCode === null) throw new AppError('no-venue');
      const place = { place: 'door', id: sessionId, secret } as const;
      const { enrolled, signedIn, present } = counts;
      return {
        doorCode,
        ...(await codes.shown(place, (token) => `/d/${doorCode}/${token}`)),
        ...{ enrolled, signedIn, present },
        names: names.map(maskName),
      };
    },

    visits: (sessionId: string, visibility: Visibility): Promise<Visit[]> =>
      store.readVisits(pool, sessionId, visibility),

    /**
     * By the bureau, of whoever was there, enrolled or not.
     * @throws AppError `not-found`, `venue-time`, `not-at-venue`, `record-closed`
     */
    async signByHand(
      sessionId: string,
      { personId, sign, at, reason }: { personId: string; sign: DoorSign; at: string | null; reason: string },
      actor: Actor,
    ): Promise<Signed> {
      const person = await db.prisma.person.findUnique({ where: { id: personId }, select: { name: true } });
      if (!person) throw notFound();
      const now = clock();
      const signed = await attendance.venue.sign({
        ...{ sessionId, personId, sign, at: at === null ? now : Date.parse(at) },
        by: { way: 'hand', reason, actor },
      });
      return { name: person.name, at: new Date(signed.at).toISOString(), again: signed.again };
    },

    /**
     * The address of a door's code was opened. Nobody need be signed in; `personId`: of whoever is.
     * @throws AppError `door-code-wrong`, `door-code-expired`
     */
    async scan(doorCode: string, code: string, personId: string | null) {
      const row = await store.findByDoor(pool, normaliseCode(doorCode));
      if (!row?.secret) throw new AppError('door-code-wrong');
      const place = { place: 'door', id: row.sessionId, secret: row.secret } as const;
      await codes.check(place, code, { wrong: 'door-code-wrong', expired: 'door-code-expired' });
      const me = personId === null ? null : await store.readSeated(pool, row.sessionId, personId);
      const { courseTitle, number, topic, venue, startsAt } = row;
      return {
        ticket: signPlaceTicket(secrets.ticket, 'door', row.sessionId, clock()),
        ...{ courseTitle, number, topic, venue },
        startsAt: startsAt.toISOString(),
        me: me ? masked(me) : null,
      };
    },

    /** @throws AppError `door-ticket` */
    async find(ticket: string, q: string): Promise<DoorPerson[]> {
      const { placeId: sessionId } = ticketOf(ticket);
      return (await findSeated({ sessionId, q })).map(masked);
    },

    /** @throws AppError `door-ticket`, `door-ticket-used`, `not-enrolled`, `door-closed`, `not-at-venue`, `record-closed` */
    async sign(
      ticket: string,
      { personId, deviceId, sign }: { personId: string; deviceId: string; sign: DoorSign },
    ): Promise<Signed> {
      const { placeId: sessionId, ticketId: scanId } = ticketOf(ticket);
      const person = await store.readSeated(pool, sessionId, personId);
      if (!person) throw new AppError('not-enrolled');
      const by = { way: 'code', deviceId, scanId } as const;
      const signed = await attendance.venue.sign({ sessionId, personId, sign, at: clock(), by });
      return { name: maskName(person.name), at: new Date(signed.at).toISOString(), again: signed.again };
    },
  };

  async function withFreshCode(use: (doorCode: string) => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await use(newJoinCode());
        return;
      } catch (error) {
        if (!isUniqueViolation(error, 'door_code')) throw error;
      }
    }
  }
}
