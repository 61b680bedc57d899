import os from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { AppError } from '../errors.ts';

/** OWASP's recommendation for argon2id, the library's default algorithm: 19 MiB, two passes. About 23 ms of CPU. */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A verification waits for at most this many others before the answer is `busy`. */
const MAX_WAITING = 200;

export interface Passwords {
  hash(password: string): Promise<string>;
  /** With `stored` null (no such account) it takes as long and answers false, so that timing tells nothing. */
  verify(stored: string | null, password: string): Promise<boolean>;
}

/**
 * Hashes passwords, `concurrent` at a time: a rush of password logins may not starve the class. Joining without a
 * password never comes here.
 */
export function createPasswords(concurrent = Math.max(1, os.availableParallelism() - 1)): Passwords {
  let running = 0;
  const waiting: (() => void)[] = [];
  let decoy: Promise<string> | undefined;

  async function pooled<T>(work: () => Promise<T>): Promise<T> {
    if (running >= concurrent) {
      if (waiting.length >= MAX_WAITING) throw new AppError('busy');
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running += 1;
    }
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  }

  return {
    hash: (password) => pooled(() => hash(password, OPTIONS)),
    verify: (stored, password) =>
      pooled(async () => {
        decoy ??= hash('no account has this password', OPTIONS);
        const matches = await verify(stored ?? (await decoy), password);
        return matches && stored !== null;
      }),
  };
}
