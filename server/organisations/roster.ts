import type { z } from 'zod';
import type { organisationEndpoints, Person, PersonInput } from '#contract/organisations.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Target } from '../accounts/policy.ts';
import type { Visibility } from '../accounts/principal.ts';
import { type Actor, audit } from '../audit.ts';
import type { Tx } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { linkHash, newLinkToken } from './secrets.ts';
import { personView, refuseClosed, supervises } from './view.ts';

type PeopleQuery = z.output<(typeof organisationEndpoints)['GET /units/:unitId/people']['query']>;
type PersonChanges = { [K in keyof PersonInput]?: PersonInput[K] | undefined };

/** The roster (花名册) of a unit. People who left stay stored, since attendance refers to them, but are on no roster. */
export function createRoster({ db, clock, sealing, signals }: Services) {
  const { prisma } = db;

  async function listPeople(unitId: string, query: PeopleQuery): Promise<{ items: Person[]; total: number }> {
    const q = query.q?.trim();
    const where: Prisma.PersonWhereInput = {
      unitId,
      leftAt: null,
      ...(query.category && { category: query.category }),
      ...(query.verification && { verification: query.verification }),
      ...(q && { OR: [{ name: { contains: q } }, { position: { contains: q } }, { phoneLast4: q }] }),
    };
    const [rows, total] = await Promise.all([
      prisma.person.findMany({
        where,
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
        skip: (query.page - 1) * query.pageSize,
        take: query.pageSize,
      }),
      prisma.person.count({ where }),
    ]);
    return { items: rows.map((row) => personView(row, sealing)), total };
  }

  /** @throws AppError `duplicate-person` when the phone number is on the roster already, `unit-closed` */
  async function createPerson(unitId: string, { phone, ...input }: PersonInput, actor: Actor): Promise<Person> {
    const now = clock();
    const confirmed = { verification: 'verified', verifiedAt: new Date(now) } as const;
    const row = await write(
      prisma.$transaction(async (tx) => {
        await refuseClosed(tx, { id: unitId });
        const gone =
          phone &&
          (await tx.person.findFirst({
            where: { unitId, phoneHash: sealing.phoneHash(phone), leftAt: { not: null } },
          }));
        if (gone && gone.name === input.name) {
          // Back again: the same person, with the record of before.
          await audit(tx, actor, now, 'person:rejoin', { kind: 'person', id: gone.id }, { unitId });
          return tx.person.update({ where: { id: gone.id }, data: { ...input, ...confirmed, leftAt: null } });
        }
        if (gone && phone) await releasePhone(tx, unitId, phone);
        const id = newId();
        await audit(tx, actor, now, 'person:create', { kind: 'person', id }, { unitId });
        return tx.person.create({ data: { ...input, ...(phone && sealing.phone(phone)), ...confirmed, id, unitId } });
      }),
    );
    return personView(row, sealing);
  }

  /** @throws AppError `duplicate-person`, `unit-closed` */
  async function updatePerson(personId: string, { phone, ...changes }: PersonChanges, actor: Actor): Promise<Person> {
    const row = await write(
      prisma.$transaction(async (tx) => {
        await refuseGone(tx, personId);
        const changed = [
          ...Object.entries(changes).flatMap(([field, value]) => (value === undefined ? [] : [field])),
          ...(phone === undefined ? [] : ['phone']),
        ];
        await audit(tx, actor, clock(), 'person:update', { kind: 'person', id: personId }, { changed });
        if (phone) {
          const { unitId } = await tx.person.findUniqueOrThrow({ where: { id: personId }, select: { unitId: true } });
          await releasePhone(tx, unitId, phone);
        }
        return tx.person.update({
          where: { id: personId },
          data: { ...changes, ...(phone !== undefined && sealedPhone(phone)) },
        });
      }),
    );
    return personView(row, sealing);
  }

  /** Takes a person off the roster: no link, no login, no invitation any more. Their attendance stays. @throws AppError `unit-closed` */
  async function leave(personId: string, actor: Actor): Promise<void> {
    const now = clock();
    await prisma.$transaction(async (tx) => {
      await refuseGone(tx, personId);
      await tx.person.update({ where: { id: personId }, data: { leftAt: new Date(now), linkHash: null } });
      await audit(tx, actor, now, 'person:leave', { kind: 'person', id: personId });
    });
    signals.emit('people-excluded', [personId]);
  }

  /** Confirms or refuses somebody who joined by the unit's code. Either can be taken back by the other. @throws AppError `unit-closed` */
  async function verify(personId: string, verification: 'verified' | 'refused', actor: Actor): Promise<Person> {
    const now = clock();
    const row = await prisma.$transaction(async (tx) => {
      await refuseGone(tx, personId);
      await audit(tx, actor, now, 'person:verify', { kind: 'person', id: personId }, { verification });
      return tx.person.update({ where: { id: personId }, data: { verification, verifiedAt: new Date(now) } });
    });
    if (verification === 'refused') signals.emit('people-excluded', [personId]);
    return personView(row, sealing);
  }

  /**
   * Makes a personal link and ends the one before. The path is shown this once; only the token's digest is kept.
   * @throws AppError `unit-closed`
   */
  async function makeLink(personId: string, actor: Actor): Promise<{ path: string }> {
    const token = newLinkToken();
    await prisma.$transaction(async (tx) => {
      await refuseGone(tx, personId);
      await tx.person.update({ where: { id: personId }, data: { linkHash: linkHash(token) } });
      await audit(tx, actor, clock(), 'person:link', { kind: 'person', id: personId });
    });
    return { path: `/j/${token}` };
  }

  /**
   * A person's full number. That it was looked at is on record before it is shown.
   * @throws AppError `unit-closed` to those who don't supervise the unit
   */
  async function personPhone(personId: string, visibility: Visibility, actor: Actor): Promise<string | null> {
    return prisma.$transaction(async (tx) => {
      const person = await tx.person.findFirst({
        where: { id: personId, leftAt: null },
        select: { phoneCipher: true, unit: { select: { areaId: true, industry: true, closedAt: true } } },
      });
      if (!person) throw notFound();
      if (person.unit.closedAt && !supervises(visibility, person.unit)) throw new AppError('unit-closed');
      await audit(tx, actor, clock(), 'phone:read', { kind: 'person', id: personId });
      return person.phoneCipher && sealing.unseal(person.phoneCipher);
    });
  }

  /** Also somebody who left: their record is still theirs, and their unit's. */
  async function locatePerson(personId: string): Promise<Target | null> {
    const person = await prisma.person.findUnique({
      where: { id: personId },
      select: { unitId: true, unit: { select: { areaId: true, industry: true } } },
    });
    return person && { ...person.unit, unitId: person.unitId, personId };
  }

  /** A number has changed hands: whoever left the unit with it is not found by it any more. */
  async function releasePhone(tx: Tx, unitId: string, phone: string): Promise<void> {
    await tx.person.updateMany({
      where: { unitId, phoneHash: sealing.phoneHash(phone), leftAt: { not: null } },
      data: { phoneHash: null },
    });
  }

  function sealedPhone(phone: string | null) {
    return phone === null ? { phoneHash: null, phoneCipher: null, phoneLast4: null } : sealing.phone(phone);
  }

  return {
    listPeople,
    createPerson,
    updatePerson,
    leave,
    verify,
    makeLink,
    personPhone,
    locatePerson,
  };
}

/** @throws AppError `not-found` for somebody who left, `unit-closed` */
async function refuseGone(tx: Tx, personId: string): Promise<void> {
  if (!(await tx.person.findFirst({ where: { id: personId, leftAt: null }, select: { id: true } }))) throw notFound();
  await refuseClosed(tx, { people: { some: { id: personId } } });
}

async function write<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError('duplicate-person');
    throw error;
  }
}
