import { isIPv6 } from 'node:net';
import { type RateLimiterAbstract, RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible';
import type { ErrorCode } from '#contract/errors.ts';
import { AppError } from '../errors.ts';
import { createLookUps } from '../look-ups.ts';
import type { Services } from '../services.ts';

/*
 * Guessing is slowed down by what is guessed at, hardly by where it comes from: hundreds of people sit behind one
 * office's address, and each may mistype once. Only failures count; a success forgives the failures of its pair.
 *
 *   one login name from one address    5 failures in 15 minutes
 *   one login name from anywhere      50 failures in an hour
 *   one phone at one unit             10 wrong names in an hour
 *   join and set-up codes            600 failures an hour from one address (31^8 codes: a hit takes centuries)
 *   digits at a screen or a door     counted by the hour; what follows is the place's (server/place-codes.ts)
 *   one address, any login name    2,000 failures an hour
 */
const LIMITS = {
  pair: { points: 5, duration: 15 * 60 },
  login: { points: 50, duration: 3_600 },
  roster: { points: 10, duration: 3_600 },
  code: { points: 600, duration: 3_600 },
  place: { points: Number.MAX_SAFE_INTEGER, duration: 3_600 },
  address: { points: 2_000, duration: 3_600 },
};

/** As the library stores a counter; `expire` in epoch ms. */
interface Counted {
  points: number;
  expire: number | null;
}

export interface Throttle {
  /**
   * Runs a password check; a `wrong-credentials` counts against the login name and the address.
   * @throws AppError `too-many-attempts`, and what the attempt throws
   */
  login<T>(login: string, address: string, attempt: () => Promise<T>): Promise<T>;
  /**
   * Runs a look-up by something that could be guessed; a `failure` counts against the address.
   * @throws AppError `too-many-attempts`, and what the attempt throws
   */
  code<T>(address: string, failure: ErrorCode, attempt: () => Promise<T>): Promise<T>;
  /** Wrong digits at a place within the hour. */
  guesses(place: string): Promise<number>;
  guessed(place: string, wrong: number): Promise<void>;
  /** Runs a look-up of name and phone; `name-phone-mismatch` counts against the phone at this unit. */
  roster<T>(unitAndPhone: string, attempt: () => Promise<T>): Promise<T>;
}

/** Counts in PostgreSQL, so that all workers and hosts count together; by the real clock. Keys must not show phones. */
export function createThrottle({ db, logger, metrics }: Pick<Services, 'db' | 'logger' | 'metrics'>): Throttle {
  const limiter = (name: keyof typeof LIMITS): RateLimiterAbstract =>
    new RateLimiterPostgres({
      storeClient: db.pool,
      storeType: 'pool',
      tableName: 'rate_limit',
      tableCreated: true,
      keyPrefix: name,
      ...LIMITS[name],
    });
  const pair = limiter('pair');
  const login = limiter('login');
  const roster = limiter('roster');
  const code = limiter('code');
  const address = limiter('address');
  const place = limiter('place');

  /** The library looks at one counter at a time. */
  const look = createLookUps<string, Counted | null>({ logger, metrics }, 'throttle-looks', async (keys) => {
    const { rows } = await db.pool.query<Counted & { key: string }>(
      'select key, points, expire from rate_limit where key = any ($1) and (expire > $2 or expire is null)',
      [[...new Set(keys)], Date.now()],
    );
    const known = new Map(rows.map((row) => [row.key, row]));
    return keys.map((key) => known.get(key) ?? null);
  });

  /** Looks before and counts after: a crowd with the right code writes nothing here. */
  async function looked<T>(counter: RateLimiterAbstract, key: string, failure: ErrorCode, attempt: () => Promise<T>) {
    const state = await look(counter.getKey(key));
    if (state && state.points >= counter.points) throw tooMany((state.expire ?? Date.now()) - Date.now());
    try {
      return await attempt();
    } catch (error) {
      if (hasCode(error, failure)) await count(counter, key);
      throw error;
    }
  }

  return {
    /** Counts before and gives back after: a thousand guesses sent at once are still a thousand. */
    async login(name, from, attempt) {
      const block = addressBlock(from);
      const both = `${name}\n${block}`;
      // The strictest first: who is refused there does not use up what the account's owner may need elsewhere.
      await count(pair, both);
      await count(login, name);
      await count(address, block);
      const giveBack = () => Promise.all([login.reward(name), address.reward(block)]);
      try {
        const result = await attempt();
        await Promise.all([pair.delete(both), giveBack()]);
        return result;
      } catch (error) {
        if (!hasCode(error, 'wrong-credentials')) await Promise.all([pair.reward(both), giveBack()]);
        throw error;
      }
    },
    code: (from, failure, attempt) => looked(code, addressBlock(from), failure, attempt),
    guesses: async (at) => (await look(place.getKey(at)))?.points ?? 0,
    guessed: async (at, wrong) => void (await place.penalty(at, wrong)),
    roster: (unitAndPhone, attempt) => looked(roster, unitAndPhone, 'name-phone-mismatch', attempt),
  };
}

/** An IPv4 address, or the /64 in which an IPv6 subscriber picks addresses freely. */
export function addressBlock(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = (plain.split('%')[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - left.length - right.length);
  return [...left, ...Array<string>(zeros).fill('0'), ...right].slice(0, 4).join(':');
}

async function count(counter: RateLimiterAbstract, key: string): Promise<void> {
  try {
    await counter.consume(key);
  } catch (error) {
    // A counter that is spent rejects with its state: that is how full it is, not an error.
    throw error instanceof RateLimiterRes ? tooMany(error.msBeforeNext) : error;
  }
}

function tooMany(waitMs: number): AppError {
  return new AppError('too-many-attempts', { seconds: Math.max(1, Math.ceil(waitMs / 1000)) });
}

function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof AppError && error.code === code;
}
