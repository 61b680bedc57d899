import type pg from 'pg';
import type { Me } from '#contract/accounts.ts';
import type { Tx } from '../db.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { PersonForLogin } from '../organisations/joining.ts';
import type { PeopleDirectory } from '../organisations/service.ts';
import type { Services } from '../services.ts';
import type { Principal } from './principal.ts';
import type { Revocations } from './revocations.ts';
import { judgeRefresh, parseRefreshToken, REFRESH_SECONDS, refreshToken, signAccess } from './tokens.ts';

/** A device stays signed in for so long after it was last renewed. */
export const LOGIN_MS = REFRESH_SECONDS * 1000;

/** Who a login is for: an account, or a person who came without a password. */
export type Holder = { accountId: string } | { personId: string };

export interface SignedIn {
  me: Me;
  access: string;
  refresh: string;
}

export type Logins = ReturnType<typeof createLogins>;

/** Devices that are signed in: one row each, renewed by a chain of refresh tokens. */
export function createLogins(services: Services, people: PeopleDirectory, revocations: Revocations) {
  const { db, clock, logger, secrets } = services;
  const { prisma } = db;

  /** @throws AppError `not-signed-in` when the account or person may not sign in (any more) */
  async function open(holder: Holder, userAgent: string): Promise<SignedIn> {
    const who = await identify(holder);
    if (!who) throw new AppError('not-signed-in');
    const login = await prisma.login.create({
      data: {
        id: newId(),
        accountId: who.accountId,
        personId: who.personId,
        userAgent: userAgent.slice(0, 200),
        rotatedAt: new Date(clock()),
        createdAt: new Date(clock()),
        expiresAt: new Date(clock() + LOGIN_MS),
      },
    });
    return signedIn(who, login.id, login.counter);
  }

  /** As {@link open}, for people who are known to be let in, in a transaction of the caller's: give the tokens out after its commit. */
  async function openWithin(
    client: pg.PoolClient,
    who: { person: PersonForLogin; userAgent: string }[],
  ): Promise<SignedIn[]> {
    const ids = who.map(() => newId());
    const now = clock();
    await client.query(
      `insert into login (id, person_id, user_agent, rotated_at, created_at, expires_at)
       select id, person_id, user_agent, $4, $4, $5 from unnest($1::uuid[], $2::uuid[], $3::text[]) as new (id, person_id, user_agent)`,
      [
        ids,
        who.map(({ person }) => person.personId),
        who.map(({ userAgent }) => userAgent.slice(0, 200)),
        new Date(now),
        new Date(now + LOGIN_MS),
      ],
    );
    return who.map(({ person }, n) => signedIn(meOf(null, person), ids[n] as string, 0));
  }

  /**
   * Renews a login. A token that was renewed before, except within the last 30 s, was copied: nobody can tell by whom, so
   * the login ends for both.
   * @throws AppError `not-signed-in`; `login-ended` when the login was ended because its holder was excluded
   */
  async function renew(presented: string | undefined): Promise<SignedIn> {
    const claims = parseRefreshToken(secrets.refresh, presented ?? '');
    if (!claims) throw new AppError('not-signed-in');
    const login = await rotate(claims.loginId, claims.counter);
    if (!login) throw await refusalOf(claims);
    const { accountId, personId } = login;
    const who = await identify(accountId === null ? { personId: personId ?? '' } : { accountId });
    if (!who) {
      await end({ id: login.id });
      throw await refusalOf({ loginId: login.id, counter: login.counter });
    }
    return signedIn(who, login.id, login.counter);
  }

  /**
   * Why is told to the holder of a token that would have renewed the login, which an old copy is not, and only while the reason
   * holds: a login that ended before it (by signing out, say) ended for something else.
   */
  async function refusalOf({ loginId, counter }: { loginId: string; counter: number }): Promise<AppError> {
    const login = await prisma.login.findUnique({ where: { id: loginId } });
    const newest = login && judgeRefresh(counter, login.counter, login.rotatedAt.getTime(), clock()) !== 'reuse';
    if (newest && login.revokedAt) {
      const excluded = await exclusionOf(login);
      if (excluded && login.revokedAt.getTime() >= excluded.since)
        return new AppError('login-ended', { reason: excluded.reason });
    }
    return new AppError('not-signed-in');
  }

  async function exclusionOf({ accountId, personId }: { accountId: string | null; personId: string | null }) {
    const disabled =
      accountId === null
        ? null
        : await prisma.account.findFirst({
            where: { id: accountId, disabledAt: { not: null } },
            select: { disabledAt: true },
          });
    if (disabled?.disabledAt) return { reason: 'account-disabled' as const, since: disabled.disabledAt.getTime() };
    return personId === null ? null : people.exclusionOf(personId);
  }

  async function rotate(id: string, counter: number) {
    const now = clock();
    const valid = { id, revokedAt: null, expiresAt: { gt: new Date(now) } };
    const [rotated] = await prisma.login.updateManyAndReturn({
      where: { ...valid, counter },
      data: { counter: counter + 1, rotatedAt: new Date(now), expiresAt: new Date(now + LOGIN_MS) },
    });
    if (rotated) return rotated;
    const login = await prisma.login.findFirst({ where: valid });
    if (!login) return null;
    if (judgeRefresh(counter, login.counter, login.rotatedAt.getTime(), now) === 'again') return login;
    await end({ id });
    logger.warn({ loginId: id, accountId: login.accountId }, 'an old refresh token was used again, the login is ended');
    return null;
  }

  /** Ends the logins of a device, account or person. */
  async function end(which: LoginFilter): Promise<void> {
    revocations.announce(await endWithin(prisma, which));
  }

  /** As {@link end}, in the transaction of something else: announce the ids after its commit. */
  async function endWithin(tx: Tx, which: LoginFilter): Promise<string[]> {
    const { except, ...of } = which;
    const rows = await tx.login.updateManyAndReturn({
      where: { ...of, ...(except && { NOT: { id: except } }), revokedAt: null },
      data: { revokedAt: new Date(clock()) },
      select: { id: true },
    });
    return rows.map((row) => row.id);
  }

  async function identify(holder: Holder): Promise<Me | null> {
    if ('personId' in holder) {
      const person = await admitted(holder.personId);
      return person && meOf(null, person);
    }
    const account = await prisma.account.findFirst({
      where: { id: holder.accountId, disabledAt: null },
      select: {
        id: true,
        displayName: true,
        personId: true,
        grants: { select: { role: true, areaId: true, industry: true, unitId: true } },
      },
    });
    if (!account) return null;
    return meOf(account, account.personId === null ? null : await admitted(account.personId));
  }

  async function admitted(personId: string): Promise<PersonForLogin | null> {
    const person = await people.personForLogin(personId);
    return person?.verification === 'refused' ? null : person;
  }

  function signedIn(who: Me, loginId: string, counter: number): SignedIn {
    const { accountId, personId, unitId, name, grants } = who;
    return {
      me: who,
      access: signAccess(secrets.access, { loginId, accountId, personId, unitId, name, grants }, clock()),
      refresh: refreshToken(secrets.refresh, loginId, counter),
    };
  }

  /** Who the access token says it is, with what it leaves out. */
  async function me(principal: Principal): Promise<Me | null> {
    if (principal.loginId === null) return null;
    const { accountId, name, grants, personId } = principal;
    const person = personId === null ? null : await admitted(personId);
    if (accountId === null && !person) return null;
    return meOf(accountId === null ? null : { id: accountId, displayName: name, grants }, person);
  }

  return { open, openWithin, renew, end, endWithin, me };
}

type LoginFilter = ({ id: string } | { accountId: string } | { personId: string | { in: string[] } }) & {
  except?: string | null;
};

function meOf(
  account: { id: string; displayName: string; grants: Me['grants'] } | null,
  person: PersonForLogin | null,
): Me {
  return {
    accountId: account?.id ?? null,
    personId: person?.personId ?? null,
    name: account?.displayName ?? person?.name ?? '',
    unitId: person?.unitId ?? null,
    unitName: person?.unitName ?? null,
    category: person?.category ?? null,
    verification: person?.verification ?? null,
    grants: account?.grants ?? [],
  };
}
