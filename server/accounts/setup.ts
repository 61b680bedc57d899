import { createHash, randomInt } from 'node:crypto';
import { audit } from '../audit.ts';
import { AppError } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Services } from '../services.ts';
import type { Passwords } from './passwords.ts';

/** Without letters and digits that look alike. 31^12: nobody guesses it. */
const ALPHABET = '23456789ABCDEFGHJKMNPQRSTUVWXYZ';
const LENGTH = 12;

export interface FirstAccount {
  code: string;
  bureauName: string;
  accountName: string;
  displayName: string;
  password: string;
}

/** The first start: who can read the log makes the first bureau account. */
export function createSetUp({ db, clock, logger, config }: Services, passwords: Passwords) {
  const { prisma } = db;

  /** True until an account with the role bureau exists, however it came to be. */
  async function isNeeded(): Promise<boolean> {
    return (await prisma.roleGrant.findFirst({ where: { role: 'bureau' }, select: { id: true } })) === null;
  }

  async function bureauName(): Promise<string> {
    return (await prisma.installation.findUnique({ where: { id: 1 } }))?.bureauName ?? '';
  }

  /**
   * Makes a new one-time code and logs it, when set-up is still needed. The first worker does it for all of them: a code
   * is good until the next start.
   */
  async function offerCode(): Promise<string | null> {
    if (config.workerIndex !== 0 || !(await isNeeded())) return null;
    const symbols = Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
    const code = symbols.replace(/(.{4})(?=.)/g, '$1-');
    const setupCodeHash = digest(code);
    await prisma.installation.upsert({
      where: { id: 1 },
      create: { id: 1, setupCodeHash },
      update: { setupCodeHash },
    });
    logger.info(
      `系统尚未初始化。请打开首页，用一次性代码 ${code} 建立第一个管理员。(Not set up yet: open the home page and use the one-time code ${code}.)`,
    );
    return code;
  }

  /**
   * Uses up the code. Of several who send it at once one wins: the row is changed only while it holds the code.
   * @returns the new account's id
   * @throws AppError `already-set-up`, `wrong-setup-code`, `busy`
   */
  async function complete(first: FirstAccount, requestId: string | null): Promise<string> {
    if (!(await isNeeded())) throw new AppError('already-set-up');
    const setupCodeHash = digest(first.code);
    if ((await prisma.installation.count({ where: { setupCodeHash } })) === 0) {
      // Asked again: the code also vanishes when somebody else used it a moment ago, in the transaction that made the account.
      throw new AppError((await isNeeded()) ? 'wrong-setup-code' : 'already-set-up');
    }
    // Before the transaction: hashing may wait in line.
    const passwordHash = await passwords.hash(first.password);
    return prisma.$transaction(async (tx) => {
      const now = new Date(clock());
      const { count } = await tx.installation.updateMany({
        where: { setupCodeHash },
        data: { setupCodeHash: null, setUpAt: now, bureauName: first.bureauName },
      });
      if (count === 0) throw new AppError('already-set-up');
      const accountId = newId();
      await tx.account.create({
        data: {
          id: accountId,
          name: first.accountName,
          displayName: first.displayName,
          passwordHash,
          grants: { create: { id: newId(), role: 'bureau' } },
        },
      });
      const actor = { accountId, personId: null, requestId };
      await audit(tx, actor, clock(), 'installation:setup', { kind: 'account', id: accountId });
      return accountId;
    });
  }

  return { isNeeded, bureauName, offerCode, complete };
}

/** As it is typed: in any case, with or without dashes. */
function digest(code: string): Uint8Array<ArrayBuffer> {
  const plain = code.toUpperCase().replace(/[\s-]/g, '');
  return Uint8Array.from(createHash('sha256').update(plain).digest());
}
