import type { Exclusion } from '#contract/errors.ts';
import type { PersonCategory, UnitKind, Verification } from '#contract/organisations.ts';
import { type Actor, audit, SYSTEM } from '../audit.ts';
import { AppError, isUniqueViolation } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { linkHash, normaliseJoinCode } from './secrets.ts';

export interface Joining {
  unitId: string;
  name: string;
  /** 11 plain digits. */
  phone: string;
  category?: PersonCategory | undefined;
}

export interface JoinableUnit {
  unitId: string;
  unitName: string;
  areaName: string;
  unitKind: UnitKind;
}

/** A person and where they belong now; kept with a session, since units and categories change. */
export interface PersonSnapshot {
  unitId: string;
  areaId: string;
  unitKind: UnitKind;
  industry: string | null;
  highRisk: boolean;
  category: PersonCategory;
}

/** What a login needs to know of a person. */
export interface PersonForLogin {
  personId: string;
  name: string;
  unitId: string;
  unitName: string;
  category: PersonCategory;
  verification: Verification;
}

/** Finds people who come without a password, and takes in new ones. */
export function createDirectory({ db, clock, sealing }: Services) {
  const { prisma } = db;

  /** The open unit with this join code, as people type it. */
  async function findUnitByJoinCode(code: string): Promise<JoinableUnit | null> {
    const unit = await prisma.unit.findFirst({
      where: { joinCode: normaliseJoinCode(code), closedAt: null },
      select: { id: true, name: true, kind: true, area: { select: { name: true } } },
    });
    return unit && { unitId: unit.id, unitName: unit.name, areaName: unit.area.name, unitKind: unit.kind };
  }

  /**
   * Who this is on the unit's roster; somebody new is put on it, 未核实 until the unit confirms them.
   * @throws AppError `name-phone-mismatch` when the phone belongs to another name, `person-refused`
   */
  async function joinPerson(joining: Joining, actor: Actor = SYSTEM): Promise<{ personId: string; created: boolean }> {
    const found = await findByPhone(joining);
    if (found) return found;
    try {
      return await takeIn(joining, actor);
    } catch (error) {
      // A second tap, or a second device, has just done the same.
      if (!isUniqueViolation(error)) throw error;
      const other = await findByPhone(joining);
      if (other) return other;
      throw error;
    }
  }

  async function findByPhone({ unitId, name, phone }: Joining): Promise<{ personId: string; created: false } | null> {
    const person = await prisma.person.findFirst({
      where: { unitId, phoneHash: sealing.phoneHash(phone), leftAt: null },
      select: { id: true, name: true, verification: true },
    });
    if (!person) return null;
    if (person.name !== name) throw new AppError('name-phone-mismatch');
    if (person.verification === 'refused') throw new AppError('person-refused');
    return { personId: person.id, created: false };
  }

  async function takeIn(joining: Joining, actor: Actor): Promise<{ personId: string; created: boolean }> {
    const { unitId, name, phone, category } = joining;
    const sealed = sealing.phone(phone);
    return prisma.$transaction(async (tx) => {
      const gone = await tx.person.findFirst({ where: { unitId, phoneHash: sealed.phoneHash, leftAt: { not: null } } });
      if (gone && gone.name === name) {
        if (gone.verification === 'refused') throw new AppError('person-refused');
        // Back again: the same person with the same record, to be confirmed anew.
        await tx.person.update({ where: { id: gone.id }, data: { leftAt: null, verification: 'unverified' } });
        await audit(tx, actor, clock(), 'person:rejoin', { kind: 'person', id: gone.id }, { unitId });
        return { personId: gone.id, created: false };
      }
      // The number has changed hands.
      if (gone) await tx.person.update({ where: { id: gone.id }, data: { phoneHash: null } });
      const personId = newId();
      await tx.person.create({
        data: {
          ...sealed,
          id: personId,
          unitId,
          name,
          category: category ?? 'worker',
          verification: 'unverified',
        },
      });
      await audit(tx, actor, clock(), 'person:join', { kind: 'person', id: personId }, { unitId });
      return { personId, created: true };
    });
  }

  /** Whose personal link this is; null for an unknown or replaced one, and for people who left. */
  async function findPersonByLinkToken(token: string): Promise<PersonForLogin | null> {
    const person = await prisma.person.findUnique({ where: { linkHash: linkHash(token) }, select: { id: true } });
    return person && personForLogin(person.id);
  }

  /** null: unknown, left the unit, or the unit was closed. Whether a refused person gets in is for the caller. */
  async function personForLogin(personId: string): Promise<PersonForLogin | null> {
    const person = await prisma.person.findFirst({
      where: { id: personId, leftAt: null, unit: { closedAt: null } },
      select: {
        id: true,
        name: true,
        unitId: true,
        category: true,
        verification: true,
        unit: { select: { name: true } },
      },
    });
    return (
      person && {
        personId: person.id,
        name: person.name,
        unitId: person.unitId,
        unitName: person.unit.name,
        category: person.category,
        verification: person.verification,
      }
    );
  }

  /** Why a person may not take part any more, and since when, epoch ms; null: they may. */
  async function exclusionOf(personId: string): Promise<{ reason: Exclusion; since: number } | null> {
    const person = await prisma.person.findUnique({
      where: { id: personId },
      select: { verification: true, verifiedAt: true, leftAt: true, unit: { select: { closedAt: true } } },
    });
    if (!person) return null;
    const { verification, verifiedAt, leftAt, unit } = person;
    if (verification === 'refused') return { reason: 'not-confirmed', since: verifiedAt?.getTime() ?? 0 };
    if (leftAt) return { reason: 'left-unit', since: leftAt.getTime() };
    return unit.closedAt && { reason: 'unit-closed', since: unit.closedAt.getTime() };
  }

  async function personSnapshot(personId: string): Promise<PersonSnapshot | null> {
    const person = await prisma.person.findUnique({
      where: { id: personId },
      select: { unitId: true, category: true, unit: true },
    });
    if (!person) return null;
    const { areaId, kind, industry, highRisk } = person.unit;
    return { unitId: person.unitId, areaId, unitKind: kind, industry, highRisk, category: person.category };
  }

  return { findUnitByJoinCode, joinPerson, findPersonByLinkToken, personForLogin, exclusionOf, personSnapshot };
}
