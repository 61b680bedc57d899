import type { Exclusion } from '#contract/errors.ts';
import type { PersonCategory, UnitKind, Verification } from '#contract/organisations.ts';
import { plainArray } from '../array-literals.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';
import { linkHash, normaliseJoinCode } from './secrets.ts';

export interface JoinableUnit {
  unitId: string;
  unitName: string;
  areaName: string;
  unitKind: UnitKind;
}

/** A person on a roster, and where they belong now: a login shows it, and a session keeps it, since units and categories change. */
export interface PersonForLogin {
  personId: string;
  name: string;
  unitId: string;
  unitName: string;
  category: PersonCategory;
  verification: Verification;
}

export interface PersonNow extends PersonForLogin {
  areaId: string;
  unitKind: UnitKind;
  industry: string | null;
  highRisk: boolean;
}

/** A unit's name may be this old where its code is typed. Whether the code still opens it is asked when somebody joins. */
const UNIT_AGE_MS = 5_000;
const UNITS_KEPT = 5_000;

/** Finds units and people for those who come without a password. */
export function createDirectory(services: Pick<Services, 'db' | 'clock' | 'logger' | 'metrics' | 'signals'>) {
  const { db, clock, signals } = services;
  const { prisma } = db;
  const units = new Map<string, { at: number; unit: Promise<JoinableUnit | null> }>();
  signals.on('units-changed', () => units.clear());

  /** The open unit with this join code, as people type it. Everybody of a unit asks for the same within minutes. */
  function findUnitByJoinCode(text: string): Promise<JoinableUnit | null> {
    const joinCode = normaliseJoinCode(text);
    const known = units.get(joinCode);
    if (known && clock() - known.at <= UNIT_AGE_MS) return known.unit;
    if (units.size >= UNITS_KEPT) units.clear();
    const entry = { at: clock(), unit: readUnit(joinCode) };
    units.set(joinCode, entry);
    // Only what opens something is kept: codes that open nothing are endless.
    const forget = () => {
      if (units.get(joinCode) === entry) units.delete(joinCode);
    };
    entry.unit.then((unit) => unit ?? forget(), forget);
    return entry.unit;
  }

  async function readUnit(joinCode: string): Promise<JoinableUnit | null> {
    const unit = await prisma.unit.findFirst({
      where: { joinCode, closedAt: null },
      select: { id: true, name: true, kind: true, area: { select: { name: true } } },
    });
    return unit && { unitId: unit.id, unitName: unit.name, areaName: unit.area.name, unitKind: unit.kind };
  }

  /** Whose personal link this is; null for an unknown or replaced one, and for people who left. */
  async function findPersonByLinkToken(token: string): Promise<PersonForLogin | null> {
    const person = await prisma.person.findUnique({ where: { linkHash: linkHash(token) }, select: { id: true } });
    return person && personForLogin(person.id);
  }

  /** null: unknown, left the unit, or the unit was closed. Whether a refused person gets in is for the caller. */
  const personForLogin = createLookUps<string, PersonNow | null>(services, 'people-looks', async (personIds) => {
    const { rows } = await db.pool.query<PersonNow>(
      `select person.id as "personId", person.name, unit.id as "unitId", unit.name as "unitName", person.category,
         person.verification, unit.area_id as "areaId", unit.kind as "unitKind", unit.industry, unit.high_risk as "highRisk"
       from unnest($1::uuid[]) as who (id)
         cross join lateral (select * from person where id = who.id and left_at is null offset 0) person
         cross join lateral (select * from unit where id = person.unit_id and closed_at is null offset 0) unit`,
      [plainArray(personIds)],
    );
    const found = new Map(rows.map((row) => [row.personId, row]));
    return personIds.map((personId) => found.get(personId) ?? null);
  });

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

  return { findUnitByJoinCode, findPersonByLinkToken, personForLogin, exclusionOf };
}
