import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createLogger } from '#server/logger.ts';
import { createReadiness, type ReadinessNeeds } from '#server/readiness.ts';

const migrations = readdirSync(new URL('../../prisma/migrations', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

let database: (sql: string) => Promise<{ rows: unknown[] }>;
let asked: string[];
let listening: boolean;

const applied = (names: string[]) => async (sql: string) => ({
  rows: sql.includes('_prisma_migrations') ? names.map((name) => ({ name })) : [],
});

beforeEach(() => {
  vi.useFakeTimers();
  asked = [];
  listening = true;
  database = applied(migrations);
});
afterEach(() => {
  vi.useRealTimers();
});

function readiness() {
  const pool = {
    query(sql: string) {
      asked.push(sql);
      return database(sql);
    },
  };
  return createReadiness({
    db: { pool } as unknown as ReadinessNeeds['db'],
    logger: createLogger('silent', 'test'),
    mediaUrl: undefined,
    busListening: () => listening,
  });
}

const parts = { database: 'ok', migrations: 'ok', bus: 'ok', media: 'failing' };

it('is ready with database and tables, also without media and bus', async () => {
  listening = false;
  expect(await readiness().report()).toEqual({ ready: true, parts: { ...parts, bus: 'failing' } });
});

it('is not ready while the database lacks a migration', async () => {
  database = applied(migrations.slice(0, -1));
  expect(await readiness().report()).toEqual({ ready: false, parts: { ...parts, migrations: 'failing' } });
});

it('is not ready without the database', async () => {
  database = async () => {
    throw new Error('password authentication failed for user "anke"');
  };
  const report = await readiness().report();
  expect(report).toEqual({ ready: false, parts: { ...parts, database: 'failing', migrations: 'failing' } });
});

it('answers in time when the database hangs, and asks it once until it has answered', async () => {
  let answer: () => void = () => undefined;
  database = (sql) =>
    new Promise((resolve) => {
      const earlier = answer;
      answer = () => {
        earlier();
        resolve(applied(migrations)(sql));
      };
    });
  const health = readiness();
  for (let times = 0; times < 3; times += 1) {
    const report = health.report();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await report).toEqual({ ready: false, parts: { ...parts, database: 'waiting', migrations: 'waiting' } });
  }
  expect(asked).toHaveLength(2);
  answer();
  database = applied(migrations);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await health.report()).toMatchObject({ ready: true });
});

it('looks once for many who ask in the same second', async () => {
  const health = readiness();
  await Promise.all(Array.from({ length: 500 }, () => health.report()));
  expect(asked).toHaveLength(2);
});
