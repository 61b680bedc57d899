import type { Services } from '../services.ts';

const LOOK_EVERY_MS = 10 * 60_000;
const BATCH = 1_000;
const DAY_MS = 24 * 3_600_000;

/**
 * Removes logins so many days after they expired, a batch at a time: they say who came in when and with what, which is a network log. Every worker
 * does; what one holds the others skip.
 * (Counters of guesses are removed by their library.)
 */
export function removeExpiredLogins(
  { db, clock, logger }: Pick<Services, 'db' | 'clock' | 'logger'>,
  keptDays: number,
) {
  async function removeSome(): Promise<number> {
    const before = new Date(clock() - keptDays * DAY_MS);
    return db.prisma.$executeRaw`delete from login where id in (
      select id from login where expires_at < ${before} order by expires_at limit ${BATCH} for update skip locked)`;
  }

  const timer = setInterval(() => {
    removeSome().catch((error: unknown) => logger.warn({ err: error }, 'expired logins were not removed'));
  }, LOOK_EVERY_MS);
  timer.unref();
  return { removeSome, stop: () => clearInterval(timer) };
}
