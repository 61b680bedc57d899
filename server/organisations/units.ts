import type { z } from 'zod';
import type { Area, organisationEndpoints, Unit, UnitInput } from '#contract/organisations.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Target } from '../accounts/policy.ts';
import type { Visibility } from '../accounts/principal.ts';
import { type Actor, audit } from '../audit.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import { newJoinCode } from './secrets.ts';
import { refuseClosed, supervises, type UnitRow, unitsWithin, unitView, withCounts } from './view.ts';

type UnitQuery = z.output<(typeof organisationEndpoints)['GET /units']['query']>;
type UnitChanges = { [K in keyof UnitInput]?: UnitInput[K] | undefined };

/** What an enterprise may change of itself, and beyond that a supervisor; the rest decides who sees the unit. */
const OWN_FIELDS = ['address', 'contactName', 'contactPhone'];
const SUPERVISED_FIELDS = [...OWN_FIELDS, 'name', 'creditCode', 'highRisk'];

/** Areas (街道/功能区) and the units in them. */
export function createUnits({ db, clock, sealing, signals }: Services) {
  const { prisma } = db;

  async function listAreas(): Promise<Area[]> {
    const rows = await prisma.area.findMany({
      orderBy: [{ position: 'asc' }, { createdAt: 'asc' }, { id: 'asc' }],
      include: { _count: { select: { units: { where: { closedAt: null } } } } },
    });
    return rows.map((row) => ({ id: row.id, name: row.name, kind: row.kind, units: row._count.units }));
  }

  /** @throws AppError `duplicate-area` */
  async function createArea(input: Pick<Area, 'name' | 'kind'>, actor: Actor): Promise<Area> {
    const id = newId();
    await unique(
      'duplicate-area',
      prisma.$transaction(async (tx) => {
        await tx.area.create({ data: { ...input, id, position: await tx.area.count() } });
        await audit(tx, actor, clock(), 'area:create', { kind: 'area', id }, input);
      }),
    );
    return { id, ...input, units: 0 };
  }

  /** @throws AppError `duplicate-area` */
  async function updateArea(areaId: string, input: Pick<Area, 'name' | 'kind'>, actor: Actor): Promise<Area> {
    await unique(
      'duplicate-area',
      prisma.$transaction(async (tx) => {
        await tx.area.update({ where: { id: areaId }, data: input });
        await audit(tx, actor, clock(), 'area:update', { kind: 'area', id: areaId }, input);
      }),
    );
    return { id: areaId, ...input, units: await prisma.unit.count({ where: { areaId, closedAt: null } }) };
  }

  async function listUnits(query: UnitQuery, visibility: Visibility): Promise<{ items: Unit[]; total: number }> {
    const q = query.q?.trim();
    const where: Prisma.UnitWhereInput = {
      ...(query.ids && { id: { in: query.ids } }),
      ...((query.closed !== undefined || !query.ids) && { closedAt: query.closed ? { not: null } : null }),
      ...(query.areaId && { areaId: query.areaId }),
      ...(query.industry && { industry: query.industry }),
      ...(query.kind && { kind: query.kind }),
      ...(query.highRisk !== undefined && { highRisk: query.highRisk }),
      AND: [
        unitsWithin(visibility),
        q ? { OR: [{ name: { contains: q } }, { creditCode: { contains: q.toUpperCase() } }] } : {},
      ],
    };
    const [rows, total] = await Promise.all([
      prisma.unit.findMany({
        where,
        include: withCounts,
        orderBy: [{ name: 'asc' }, { id: 'asc' }],
        skip: (query.page - 1) * query.pageSize,
        take: query.pageSize,
      }),
      prisma.unit.count({ where }),
    ]);
    return { items: await views(rows), total };
  }

  /** @throws AppError `not-found` */
  async function readUnit(unitId: string): Promise<Unit> {
    const row = await prisma.unit.findUnique({ where: { id: unitId }, include: withCounts });
    const [view] = row ? await views([row]) : [];
    if (!view) throw notFound();
    return view;
  }

  /** @throws AppError `duplicate-unit`, `duplicate-closed-unit`, `bad-request` for an unknown area */
  async function createUnit({ contactPhone, ...input }: UnitInput, actor: Actor): Promise<Unit> {
    const id = newId();
    await withFreshCode((joinCode) =>
      write(
        { ...input, id },
        { all: true },
        prisma.$transaction(async (tx) => {
          await tx.unit.create({ data: { ...input, ...sealedContact(contactPhone), id, joinCode } });
          await audit(tx, actor, clock(), 'unit:create', { kind: 'unit', id }, { name: input.name });
        }),
      ),
    );
    return readUnit(id);
  }

  /**
   * Changes what `changes` names; values that stay the same are no change.
   * @throws AppError `forbidden` for fields beyond the caller's reach, `unit-closed`, `duplicate-unit`, `duplicate-closed-unit`
   */
  async function updateUnit(unitId: string, changes: UnitChanges, visibility: Visibility, actor: Actor): Promise<Unit> {
    await write(
      { ...changes, id: unitId },
      visibility,
      prisma.$transaction(async (tx) => {
        const row = await tx.unit.findUnique({ where: { id: unitId } });
        if (!row) throw notFound();
        if (row.closedAt) throw new AppError('unit-closed');
        const { contactPhone, ...rest } = changes;
        const before = row as Record<string, unknown>;
        const data = Object.fromEntries(
          Object.entries(rest).filter(([field, value]) => value !== undefined && value !== before[field]),
        );
        const changed = [...Object.keys(data), ...(contactPhone === undefined ? [] : ['contactPhone'])];
        const allowed = changeableBy(visibility, row);
        if (allowed && !changed.every((field) => allowed.includes(field))) throw new AppError('forbidden');
        if (changed.length === 0) return;
        await tx.unit.update({
          where: { id: unitId },
          data: { ...data, ...(contactPhone !== undefined && sealedContact(contactPhone)) },
        });
        await audit(tx, actor, clock(), 'unit:update', { kind: 'unit', id: unitId }, { changed });
      }),
    );
    signals.emit('units-changed');
    return readUnit(unitId);
  }

  /** @throws AppError `unit-closed` */
  async function replaceJoinCode(unitId: string, actor: Actor): Promise<Unit> {
    await withFreshCode((joinCode) =>
      prisma.$transaction(async (tx) => {
        await refuseClosed(tx, { id: unitId });
        await tx.unit.update({ where: { id: unitId }, data: { joinCode } });
        await audit(tx, actor, clock(), 'unit:join-code', { kind: 'unit', id: unitId });
      }),
    );
    signals.emit('units-changed');
    return readUnit(unitId);
  }

  /**
   * Closes a unit (注销): nobody of it is invited, joins or signs in any more. Its record, and 应到 that was frozen, stay,
   * and so do its name and its codes, so that nothing can be in the way of reopening it.
   * @throws AppError `unit-closed` already
   */
  async function closeUnit(unitId: string, actor: Actor): Promise<void> {
    const now = clock();
    const people = await prisma.$transaction(async (tx) => {
      const { count } = await tx.unit.updateMany({
        where: { id: unitId, closedAt: null },
        data: { closedAt: new Date(now) },
      });
      if (count === 0) throw new AppError('unit-closed');
      await audit(tx, actor, now, 'unit:close', { kind: 'unit', id: unitId });
      return tx.person.findMany({ where: { unitId, leftAt: null }, select: { id: true } });
    });
    signals.emit('units-changed');
    if (people.length > 0)
      signals.emit(
        'people-excluded',
        people.map((person) => person.id),
      );
  }

  /**
   * Takes a closing back. Its people sign in anew; sessions that began meanwhile stay without it.
   * @throws AppError `unit-open`
   */
  async function reopenUnit(unitId: string, actor: Actor): Promise<Unit> {
    await prisma.$transaction(async (tx) => {
      const closed = { id: unitId, closedAt: { not: null } };
      const { count } = await tx.unit.updateMany({ where: closed, data: { closedAt: null } });
      if (count === 0) throw new AppError('unit-open');
      await audit(tx, actor, clock(), 'unit:reopen', { kind: 'unit', id: unitId });
    });
    signals.emit('units-changed');
    return readUnit(unitId);
  }

  /**
   * The contact's full number. That it was looked at is on record before it is shown.
   * @throws AppError `unit-closed` to those who don't supervise the unit
   */
  async function contactPhone(unitId: string, visibility: Visibility, actor: Actor): Promise<string | null> {
    return prisma.$transaction(async (tx) => {
      const unit = await tx.unit.findUnique({ where: { id: unitId } });
      if (!unit) throw notFound();
      if (unit.closedAt && !supervises(visibility, unit)) throw new AppError('unit-closed');
      await audit(tx, actor, clock(), 'phone:read', { kind: 'unit', id: unitId });
      return unit.contactCipher && sealing.unseal(unit.contactCipher);
    });
  }

  async function locateArea(areaId: string): Promise<Target | null> {
    const area = await prisma.area.findUnique({ where: { id: areaId }, select: { id: true } });
    return area && { areaId: area.id };
  }

  async function locateUnit(unitId: string): Promise<Target | null> {
    const unit = await prisma.unit.findUnique({ where: { id: unitId }, select: { areaId: true, industry: true } });
    return unit && { ...unit, unitId };
  }

  /** Those of these ids that no area or unit has. A closed unit may stay in an audience: nobody of it is invited. */
  async function unknownPlaces(places: { areaIds: string[]; unitIds: string[] }): Promise<string[]> {
    const [areas, units] = await Promise.all([
      prisma.area.findMany({ where: { id: { in: places.areaIds } }, select: { id: true } }),
      prisma.unit.findMany({ where: { id: { in: places.unitIds } }, select: { id: true } }),
    ]);
    const known = new Set([...areas, ...units].map((row) => row.id));
    return [...places.areaIds, ...places.unitIds].filter((id) => !known.has(id));
  }

  async function views(rows: UnitRow[]): Promise<Unit[]> {
    const waiting = await prisma.person.groupBy({
      by: ['unitId'],
      where: { unitId: { in: rows.map((row) => row.id) }, leftAt: null, verification: 'unverified' },
      _count: true,
    });
    const unverified = new Map(waiting.map((group) => [group.unitId, group._count]));
    return rows.map((row) => unitView(row, unverified.get(row.id) ?? 0, sealing));
  }

  /** Turns what the database refuses of `unit` into its code. */
  async function write<T>(unit: UnitChanges & { id: string }, visibility: Visibility, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isUniqueViolation(error) && !isUniqueViolation(error, 'join_code')) throw await duplicateOf(unit, visibility);
      if ((error as { code?: string }).code === 'P2003') throw new AppError('bad-request', { fields: 'areaId' });
      throw error;
    }
  }

  /** A closed unit is on no list that one would look at, so it is named, to those who may see it. */
  async function duplicateOf(unit: UnitChanges & { id: string }, visibility: Visibility): Promise<AppError> {
    const before = await prisma.unit.findUnique({ where: { id: unit.id }, select: { name: true, areaId: true } });
    const { creditCode, name = before?.name, areaId = before?.areaId } = unit;
    const same: Prisma.UnitWhereInput[] = [
      ...(creditCode ? [{ creditCode }] : []),
      ...(name && areaId ? [{ name, areaId }] : []),
    ];
    const closed = await prisma.unit.findFirst({
      where: { closedAt: { not: null }, AND: [unitsWithin(visibility), { OR: same }] },
      select: { name: true },
    });
    return closed ? new AppError('duplicate-closed-unit', { name: closed.name }) : new AppError('duplicate-unit');
  }

  function sealedContact(phone: string | null) {
    return phone === null
      ? { contactCipher: null, contactLast4: null }
      : { contactCipher: sealing.seal(phone), contactLast4: phone.slice(-4) };
  }

  return {
    listAreas,
    createArea,
    updateArea,
    listUnits,
    readUnit,
    createUnit,
    updateUnit,
    replaceJoinCode,
    closeUnit,
    reopenUnit,
    contactPhone,
    locateArea,
    locateUnit,
    unknownPlaces,
  };
}

/** null: everything. */
function changeableBy(visibility: Visibility, unit: { areaId: string; industry: string | null }): string[] | null {
  if (visibility.all) return null;
  return supervises(visibility, unit) ? SUPERVISED_FIELDS : OWN_FIELDS;
}

/** Draws again in the rare case that another unit has the code. */
async function withFreshCode<T>(use: (joinCode: string) => Promise<T>): Promise<T> {
  try {
    return await use(newJoinCode());
  } catch (error) {
    if (!isUniqueViolation(error, 'join_code')) throw error;
    return use(newJoinCode());
  }
}

async function unique<T>(code: 'duplicate-area', work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (isUniqueViolation(error)) throw new AppError(code);
    throw error;
  }
}
