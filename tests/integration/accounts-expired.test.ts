import { afterAll, beforeAll, expect, it } from 'vitest';
import { removeExpiredLogins } from '#server/accounts/expired-logins.ts';
import { openDb } from '#server/db.ts';
import { newId } from '#server/ids.ts';
import { createLogger } from '#server/logger.ts';
import { createTestDatabase, type TestDatabase } from '#tests/support/database.ts';
import { stoppedClock } from '#tests/support/stopped-clock.ts';

const DAY_MS = 86_400_000;

let database: TestDatabase;
let db: ReturnType<typeof openDb>;
const logger = createLogger('silent', 'test');
const clock = stoppedClock(Date.parse('2027-02-01T01:00:00Z'));

beforeAll(async () => {
  database = await createTestDatabase();
  db = openDb(database.url, logger);
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

it('removes logins so many days after they expired, a batch at a time, also by two workers at once', async () => {
  const expiring = (days: number) => ({ id: newId(), expiresAt: new Date(clock() + days * DAY_MS) });
  const kept = [expiring(30), expiring(0), expiring(-183.9)];
  await db.prisma.login.createMany({ data: [...Array.from({ length: 1_500 }, () => expiring(-184.1)), ...kept] });
  const workers = [removeExpiredLogins({ db, clock, logger }, 184), removeExpiredLogins({ db, clock, logger }, 184)];
  const removed = await Promise.all(workers.map((worker) => worker.removeSome()));
  for (const count of removed) expect(count).toBeLessThanOrEqual(1_000);
  expect(await workers[0]?.removeSome()).toBe(1_500 - removed.reduce((sum, count) => sum + count, 0));
  for (const worker of workers) worker.stop();
  const left = await db.prisma.login.findMany({ select: { id: true } });
  expect(left.map((row) => row.id).sort()).toEqual(kept.map((login) => login.id).sort());
});
