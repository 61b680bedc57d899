import { afterAll, beforeAll, expect, it } from 'vitest';
import { createThrottle, type Throttle } from '#server/accounts/throttle.ts';
import { type Db, openDb } from '#server/db.ts';
import { AppError } from '#server/errors.ts';
import { createLogger } from '#server/logger.ts';
import { createMetrics } from '#server/metrics/metrics.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';

const OFFICE = '203.0.113.7';
let database: TestDatabase;
let db: Db;
let throttle: Throttle;

beforeAll(async () => {
  database = await createTestDatabase();
  const logger = createLogger('silent', 'test');
  db = openDb(database.url, logger);
  throttle = createThrottle({ db, logger, metrics: createMetrics(0) });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const right = async () => 'in';
const wrong = async () => {
  throw new AppError('wrong-credentials');
};
const outcome = (attempt: Promise<unknown>) =>
  attempt.then(
    () => 'in',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

it('lets an office of hundreds in, although each mistypes once', async () => {
  const people = Array.from({ length: 300 }, (_, number) => `person-${number}`);
  expect(new Set(await Promise.all(people.map((name) => outcome(throttle.login(name, OFFICE, wrong)))))).toEqual(
    new Set(['wrong-credentials']),
  );
  expect(new Set(await Promise.all(people.map((name) => outcome(throttle.login(name, OFFICE, right)))))).toEqual(
    new Set(['in']),
  );
});

it('stops guessing one account from one address, and says for how long', async () => {
  for (let turn = 0; turn < 5; turn += 1) {
    expect(await outcome(throttle.login('victim', OFFICE, wrong))).toBe('wrong-credentials');
  }
  const refused = throttle.login('victim', OFFICE, right);
  await expect(refused).rejects.toMatchObject({ code: 'too-many-attempts' });
  await expect(refused).rejects.toSatisfy((error: AppError) => {
    const seconds = Number(error.params.seconds);
    return seconds > 0 && seconds <= 900;
  });
});

it('still lets the owner in from elsewhere', async () => {
  expect(await outcome(throttle.login('victim', '198.51.100.1', right))).toBe('in');
});

it('counts guesses that are sent at once', async () => {
  let tried = 0;
  const guess = async () => {
    tried += 1;
    throw new AppError('wrong-credentials');
  };
  await Promise.all(Array.from({ length: 40 }, () => outcome(throttle.login('rushed', OFFICE, guess))));
  expect(tried).toBe(5);
});

it('stops guessing one account from many addresses', async () => {
  const outcomes: string[] = [];
  for (let host = 0; host < 60; host += 1) {
    outcomes.push(await outcome(throttle.login('hunted', `198.51.100.${host}`, wrong)));
  }
  expect(outcomes.filter((code) => code === 'wrong-credentials')).toHaveLength(50);
  expect(outcomes.at(-1)).toBe('too-many-attempts');
});

it('forgets wrong passwords once the right one came', async () => {
  for (let turn = 0; turn < 3; turn += 1) {
    for (let typo = 0; typo < 4; typo += 1) await outcome(throttle.login('clumsy', OFFICE, wrong));
    expect(await outcome(throttle.login('clumsy', OFFICE, right))).toBe('in');
  }
});

it('holds nothing against anybody when the server was busy', async () => {
  const busy = async () => {
    throw new AppError('busy');
  };
  for (let turn = 0; turn < 20; turn += 1) {
    expect(await outcome(throttle.login('patient', OFFICE, busy))).toBe('busy');
  }
  expect(await outcome(throttle.login('patient', OFFICE, right))).toBe('in');
});

it('stops guessing names for a phone of a unit', async () => {
  const mismatch = async () => {
    throw new AppError('name-phone-mismatch');
  };
  for (let turn = 0; turn < 10; turn += 1) {
    expect(await outcome(throttle.roster('unit phone', mismatch))).toBe('name-phone-mismatch');
  }
  expect(await outcome(throttle.roster('unit phone', right))).toBe('too-many-attempts');
  expect(await outcome(throttle.roster('unit other', right))).toBe('in');
});

it('writes nothing when people come with the right code', async () => {
  await throttle.code('192.0.2.50', 'unknown-join-code', right);
  expect((await db.pool.query(`select 1 from rate_limit where key like '%192.0.2.50%'`)).rowCount).toBe(0);
});
