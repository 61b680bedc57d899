import type { z } from 'zod';
import type { Account, accountEndpoints, Grant } from '#contract/accounts.ts';
import { Industry } from '#contract/organisations.ts';
import type { Prisma } from '#prisma/client.ts';
import { type Actor, audit } from '../audit.ts';
import type { Tx } from '../db.ts';
import { AppError, isUniqueViolation, notFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { PeopleDirectory } from '../organisations/service.ts';
import type { Services } from '../services.ts';
import { checkGrants } from './grants.ts';
import type { Logins } from './logins.ts';
import type { Passwords } from './passwords.ts';
import type { Target } from './policy.ts';
import type { Revocations } from './revocations.ts';

type ListQuery = z.output<(typeof accountEndpoints)['GET /accounts']['query']>;
type NewAccount = z.output<(typeof accountEndpoints)['POST /accounts']['body']>;
type AccountChanges = z.output<(typeof accountEndpoints)['PATCH /accounts/:accountId']['body']>;

/** What the bureau does with accounts. */
export function createAdministration(
  { db, clock, sealing }: Services,
  passwords: Passwords,
  logins: Logins,
  revocations: Revocations,
  people: Pick<PeopleDirectory, 'personForLogin'>,
) {
  const { prisma } = db;

  async function listAccounts({ page, pageSize, q, role, disabled }: ListQuery) {
    const where: Prisma.AccountWhereInput = {
      ...(q && {
        OR: [
          { name: { contains: q.toLowerCase() } },
          { displayName: { contains: q, mode: 'insensitive' } },
          { phoneLast4: q },
        ],
      }),
      ...(role && { grants: { some: { role } } }),
      ...(disabled !== undefined && { disabledAt: disabled ? { not: null } : null }),
    };
    const [rows, total] = await Promise.all([
      prisma.account.findMany({
        where,
        include: SHOWN,
        orderBy: { id: 'asc' },
        skip: (page - 1) * pageSize,
        take: pageSize,
      }),
      prisma.account.count({ where }),
    ]);
    return { items: rows.map(view), total };
  }

  /** @throws AppError `bad-request`, `duplicate-account`, `busy` */
  async function createAccount(input: NewAccount, actor: Actor): Promise<Account> {
    if (input.name === null && input.phone === null) throw badField('name', 'name-or-phone');
    checkGrants(input.grants);
    const passwordHash = await passwords.hash(input.password);
    const id = newId();
    return stored(() =>
      prisma.$transaction(async (tx) => {
        const row = await tx.account.create({
          data: {
            id,
            name: input.name,
            ...(input.phone !== null && sealing.phone(input.phone)),
            displayName: input.displayName,
            passwordHash,
            createdAt: new Date(clock()),
            grants: { create: input.grants.map(withId) },
          },
          include: SHOWN,
        });
        await audit(tx, actor, clock(), 'account:create', { kind: 'account', id }, { grants: input.grants });
        return view(row);
      }),
    );
  }

  /**
   * Changes an account. A new password, new roles, another person or being disabled end its logins at once.
   * @throws AppError `bad-request`, `last-bureau-account`, `person-has-account`, `busy`
   */
  async function updateAccount(id: string, changes: AccountChanges, actor: Actor): Promise<Account> {
    const { displayName, disabled, grants, password, personId } = changes;
    if (grants) checkGrants(grants);
    if (personId && !(await people.personForLogin(personId))) throw badField('personId', 'unknown-person');
    const passwordHash = password === undefined ? undefined : await passwords.hash(password);
    const { account, ended } = await stored(() =>
      prisma.$transaction(async (tx) => {
        await lockBureauAccounts(tx);
        const before = await tx.account.findUnique({ where: { id }, select: { disabledAt: true } });
        if (!before) throw notFound();
        if (grants) {
          await tx.roleGrant.deleteMany({ where: { accountId: id } });
          await tx.roleGrant.createMany({ data: grants.map((grant) => ({ ...withId(grant), accountId: id })) });
        }
        const row = await tx.account.update({
          where: { id },
          data: {
            ...(displayName !== undefined && { displayName }),
            ...(disabled !== undefined && { disabledAt: disabled ? (before.disabledAt ?? new Date(clock())) : null }),
            ...(passwordHash !== undefined && { passwordHash }),
            ...(personId !== undefined && { personId }),
          },
          include: SHOWN,
        });
        await keepABureauAccount(tx);
        const detail = {
          ...(displayName !== undefined && { displayName }),
          ...(disabled !== undefined && { disabled }),
          ...(grants && { grants }),
          ...(password !== undefined && { password: 'replaced' }),
          ...(personId !== undefined && { personId }),
        };
        await audit(tx, actor, clock(), 'account:update', { kind: 'account', id }, detail);
        const signsOut = [grants, password, personId].some((change) => change !== undefined) || disabled === true;
        return { account: view(row), ended: signsOut ? await logins.endWithin(tx, { accountId: id }) : [] };
      }),
    );
    revocations.announce(ended);
    return account;
  }

  async function locateAccount(id: string): Promise<Target | null> {
    return (await prisma.account.findUnique({ where: { id }, select: { id: true } })) && {};
  }

  function view(row: Row): Account {
    return {
      id: row.id,
      name: row.name,
      displayName: row.displayName,
      phoneMasked: sealing.masked(row.phoneCipher, row.phoneLast4),
      person: row.person && { id: row.person.id, name: row.person.name, unitName: row.person.unit.name },
      grants: row.grants.map(({ role, areaId, industry, unitId, area, unit }) => {
        const known = Industry.safeParse(industry);
        return {
          role,
          areaId,
          industry: known.success ? known.data : null,
          unitId,
          scopeName: area?.name ?? unit?.name ?? industry,
        };
      }),
      disabled: row.disabledAt !== null,
      createdAt: row.createdAt.toISOString(),
    };
  }

  return { listAccounts, createAccount, updateAccount, locateAccount };
}

const SHOWN = {
  person: { select: { id: true, name: true, unit: { select: { name: true } } } },
  grants: {
    orderBy: { id: 'asc' },
    include: { area: { select: { name: true } }, unit: { select: { name: true } } },
  },
} as const satisfies Prisma.AccountInclude;
type Row = Prisma.AccountGetPayload<{ include: typeof SHOWN }>;

function withId(grant: Grant) {
  return { ...grant, id: newId() };
}

/** Two officers who disable each other at the same moment would otherwise both find one left. */
async function lockBureauAccounts(tx: Tx): Promise<void> {
  await tx.$executeRaw`select pg_advisory_xact_lock(hashtext('bureau-accounts'))`;
}

async function keepABureauAccount(tx: Tx): Promise<void> {
  const left = await tx.account.count({ where: { disabledAt: null, grants: { some: { role: 'bureau' } } } });
  if (left === 0) throw new AppError('last-bureau-account');
}

/** Turns what the database refuses into its code. */
async function stored<T>(write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (isUniqueViolation(error, 'person_id')) throw new AppError('person-has-account');
    if (isUniqueViolation(error)) throw new AppError('duplicate-account');
    // A grant for an area or unit that does not exist.
    if ((error as { code?: string }).code === 'P2003') throw badField('grants', 'unknown-scope');
    throw error;
  }
}

function badField(path: string, message: string): AppError {
  return new AppError('bad-request', { fields: path }, [{ path, message }]);
}
