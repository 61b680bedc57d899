import type { Services } from '../services.ts';

const LOOK_EVERY_MS = 10 * 60_000;
const BATCH = 1_000;
/** A room's ticket may outlive its login by so much, and whoever starts then has to know that the login was ended. */
const KEPT_MS = 24 * 3_600_000;

/**
 * Removes logins that expired over a day ago, a batch at a time. Every worker does; what one holds the others skip.
 * (Counters of guesses are removed by their library.)
 */
export function removeExpiredLogins({ db, clock, logger }: Pick<Services, 'db' | 'clock' | 'logger'>) {
  async function removeSome(): Promise<number> {
    const before = new Date(clock() - KEPT_MS);
    return db.prisma.$executeRaw`delete from login where id in (
      select id from login where expires_at < ${before} order by expires_at limit ${BATCH} for update skip locked)`;
  }

  const timer = setInterval(() => {
    removeSome().catch((error: unknown) => logger.warn({ err: error }, 'expired logins were not removed'));
  }, LOOK_EVERY_MS);
  timer.unref();
  return { removeSome, stop: () => clearInterval(timer) };
}
