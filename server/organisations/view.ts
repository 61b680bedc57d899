import { Industry, type Person, type Unit } from '#contract/organisations.ts';
import type { Prisma } from '#prisma/client.ts';
import type { Visibility } from '../accounts/principal.ts';
import type { Tx } from '../db.ts';
import { AppError } from '../errors.ts';
import type { Sealing } from '../sealing.ts';

export const onRoster = { leftAt: null } as const satisfies Prisma.PersonWhereInput;

export const withCounts = {
  area: { select: { name: true } },
  _count: { select: { people: { where: onRoster } } },
} as const satisfies Prisma.UnitInclude;

export type UnitRow = Prisma.UnitGetPayload<{ include: typeof withCounts }>;
type PersonRow = Prisma.PersonGetPayload<object>;

/** Which units a caller may see. */
export function unitsWithin(visibility: Visibility): Prisma.UnitWhereInput {
  if (visibility.all) return {};
  return {
    OR: [
      { areaId: { in: visibility.areaIds } },
      { industry: { in: visibility.industries } },
      { id: { in: visibility.unitIds } },
    ],
  };
}

/** Whether the caller sees the unit as one of those in their charge, and not only as their own. */
export function supervises(visibility: Visibility, unit: { areaId: string; industry: string | null }): boolean {
  if (visibility.all) return true;
  const { areaIds, industries } = visibility;
  return areaIds.includes(unit.areaId) || (unit.industry !== null && industries.includes(unit.industry));
}

/** @throws AppError `unit-closed` */
export async function refuseClosed(tx: Tx, unit: Prisma.UnitWhereInput): Promise<void> {
  if (await tx.unit.findFirst({ where: { AND: [unit, { closedAt: { not: null } }] }, select: { id: true } }))
    throw new AppError('unit-closed');
}

export function unitView(row: UnitRow, unverified: number, sealing: Sealing): Unit {
  return {
    id: row.id,
    kind: row.kind,
    name: row.name,
    creditCode: row.creditCode,
    areaId: row.areaId,
    areaName: row.area.name,
    industry: row.industry === null ? null : Industry.parse(row.industry),
    highRisk: row.highRisk,
    address: row.address,
    contactName: row.contactName,
    contactPhoneMasked: sealing.masked(row.contactCipher, row.contactLast4),
    joinCode: row.joinCode,
    people: row._count.people,
    unverified,
    closedAt: row.closedAt?.toISOString() ?? null,
  };
}

export function personView(row: PersonRow, sealing: Sealing): Person {
  return {
    id: row.id,
    unitId: row.unitId,
    name: row.name,
    category: row.category,
    position: row.position,
    phoneMasked: sealing.masked(row.phoneCipher, row.phoneLast4),
    verification: row.verification,
    hasLink: row.linkHash !== null,
  };
}
