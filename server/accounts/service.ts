import { createHmac } from 'node:crypto';
import type { Me } from '#contract/accounts.ts';
import { isMobile, normalisePhone } from '#contract/codes.ts';
import type { PersonCategory } from '#contract/organisations.ts';
import { type Actor, audit } from '../audit.ts';
import { AppError } from '../errors.ts';
import type { JoinableUnit } from '../organisations/joining.ts';
import type { PeopleDirectory } from '../organisations/service.ts';
import type { Services } from '../services.ts';
import { createAdministration } from './administration.ts';
import { readCookies } from './cookies.ts';
import { DEMO_ACCOUNTS } from './demo.ts';
import { createLogins, type SignedIn } from './logins.ts';
import { createPasswords } from './passwords.ts';
import { ANONYMOUS, type Principal } from './principal.ts';
import { createRevocations } from './revocations.ts';
import { createSetUp, type FirstAccount } from './setup.ts';
import { createSignIns } from './sign-ins.ts';
import { createThrottle } from './throttle.ts';
import { createAccessTokens, parseRefreshToken } from './tokens.ts';

/** Where somebody who is not signed in yet comes from. */
export interface Device {
  address: string;
  userAgent: string;
}

export type Accounts = ReturnType<typeof createAccounts>;

/** Accounts, and everybody's ways to sign in and out. */
export function createAccounts(services: Services, people: PeopleDirectory) {
  const { db, clock, config, secrets, sealing, signals } = services;
  const { prisma } = db;
  const passwords = createPasswords();
  const throttle = createThrottle(services);
  const accessTokens = createAccessTokens(secrets.access);
  const revocations = createRevocations(services);
  const logins = createLogins(services, people, revocations);
  const signIns = createSignIns(services, people, logins);
  const setUp = createSetUp(services, passwords);
  const administration = createAdministration(services, passwords, logins, revocations, people);

  signals.on('people-excluded', (personIds) => {
    logins.end({ personId: { in: personIds } }).catch((error) => {
      services.logger.error({ err: error, personIds }, 'could not end the logins of people who were excluded');
    });
  });

  /** @throws AppError `wrong-credentials`, `account-disabled`, `too-many-attempts`, `busy` */
  async function login(given: { login: string; password: string }, device: Device): Promise<SignedIn> {
    const phone = normalisePhone(given.login);
    const name = given.login.toLowerCase();
    const where = isMobile(phone) ? { phoneHash: sealing.phoneHash(phone) } : { name };
    const key = keyOf(isMobile(phone) ? phone : name);
    return throttle.login(key, device.address, async () => {
      const account = await prisma.account.findUnique({
        where,
        select: { id: true, passwordHash: true, disabledAt: true },
      });
      const right = await passwords.verify(account?.passwordHash ?? null, given.password);
      if (!account || !right) throw new AppError('wrong-credentials');
      if (account.disabledAt) throw new AppError('account-disabled');
      return logins.open({ accountId: account.id }, device.userAgent);
    });
  }

  /** @throws AppError `already-set-up`, `wrong-setup-code`, `too-many-attempts`, `busy` */
  async function completeSetUp(first: FirstAccount, device: Device, requestId: string | null): Promise<SignedIn> {
    const accountId = await throttle.code(device.address, 'wrong-setup-code', () => setUp.complete(first, requestId));
    return logins.open({ accountId }, device.userAgent);
  }

  /** @throws AppError `unknown-join-code`, `too-many-attempts` */
  function unitOfJoinCode(code: string, address: string): Promise<JoinableUnit> {
    return throttle.code(address, 'unknown-join-code', async () => {
      const unit = await people.findUnitByJoinCode(code);
      if (!unit) throw new AppError('unknown-join-code');
      return unit;
    });
  }

  /**
   * Signs in by a unit's code, name and phone; somebody new goes on the roster as 未核实. No password, so no hashing.
   * @throws AppError `unknown-join-code`, `name-phone-mismatch`, `person-refused`, `too-many-attempts`
   */
  async function joinUnit(
    code: string,
    who: { name: string; phone: string; category?: PersonCategory | undefined },
    device: Device,
    actor: Actor,
  ): Promise<SignedIn> {
    return throttle.code(device.address, 'unknown-join-code', async () => {
      const unit = await people.findUnitByJoinCode(code);
      if (!unit) throw new AppError('unknown-join-code');
      const unitAndPhone = keyOf(`${unit.unitId} ${who.phone}`);
      return throttle.roster(unitAndPhone, () => signIns.byCode(code, who, device.userAgent, actor));
    });
  }

  /** @throws AppError `unknown-link`, `person-refused` */
  async function joinByLink(token: string, device: Device): Promise<SignedIn> {
    const person = await people.findPersonByLinkToken(token);
    if (!person) throw new AppError('unknown-link');
    if (person.verification === 'refused') throw new AppError('person-refused');
    return logins.open({ personId: person.personId }, device.userAgent);
  }

  /** Ends the login of a principal, or of the refresh token when the access token has run out. */
  async function logout(principal: Principal, refreshToken: string | undefined, everywhere: boolean): Promise<void> {
    const loginId = principal.loginId ?? parseRefreshToken(secrets.refresh, refreshToken ?? '')?.loginId;
    const login = loginId ? await prisma.login.findUnique({ where: { id: loginId } }) : null;
    if (!login) return;
    if (!everywhere) await logins.end({ id: login.id });
    else if (login.accountId !== null) await logins.end({ accountId: login.accountId });
    else if (login.personId !== null) await logins.end({ personId: login.personId });
  }

  /** @throws AppError `wrong-credentials` (also for who has no password), `too-many-attempts`, `busy` */
  async function changePassword(
    principal: Principal,
    change: { current: string; next: string },
    address: string,
    actor: Actor,
  ): Promise<void> {
    const { accountId } = principal;
    if (accountId === null) throw new AppError('wrong-credentials');
    const passwordHash = await throttle.login(accountId, address, async () => {
      const account = await prisma.account.findUnique({ where: { id: accountId }, select: { passwordHash: true } });
      const right = await passwords.verify(account?.passwordHash ?? null, change.current);
      if (!right) throw new AppError('wrong-credentials');
      return passwords.hash(change.next);
    });
    const ended = await prisma.$transaction(async (tx) => {
      await tx.account.update({ where: { id: accountId }, data: { passwordHash } });
      await audit(tx, actor, clock(), 'account:password', { kind: 'account', id: accountId });
      return logins.endWithin(tx, { accountId, except: principal.loginId });
    });
    revocations.announce(ended);
  }

  async function installation() {
    const [setUpNeeded, bureauName] = await Promise.all([setUp.isNeeded(), setUp.bureauName()]);
    return { bureauName, setUpNeeded, demoAccounts: config.demo ? DEMO_ACCOUNTS : [] };
  }

  /** Who a request or a socket's handshake is from; nobody when its access token is not (any more) good. */
  async function principalFromCookies(cookieHeader: string | undefined): Promise<Principal> {
    const { access } = readCookies(cookieHeader);
    const principal = access ? accessTokens.verify(access, clock()) : null;
    return principal?.loginId && (await revocations.isActive(principal.loginId)) ? principal : ANONYMOUS;
  }

  /** A counter's key that does not show the phone number. */
  function keyOf(text: string): string {
    return createHmac('sha256', secrets['phone-hash']).update(text).digest('base64url');
  }

  return {
    ...administration,
    login,
    renew: logins.renew,
    logout,
    me: (principal: Principal): Promise<Me | null> => logins.me(principal),
    changePassword,
    installation,
    offerSetUpCode: setUp.offerCode,
    completeSetUp,
    unitOfJoinCode,
    joinUnit,
    joinByLink,
    principalFromCookies,
    /** Whether a login still holds; cheap enough for every beat. At most 15 s behind other workers. */
    isLoginActive: revocations.isActive,
    hearOfEnded: revocations.hear,
    readEndedAgain: revocations.readAgain,
    /** Signs in who is waiting. */
    close: signIns.close,
  };
}
