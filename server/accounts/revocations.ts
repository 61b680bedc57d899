import type { Services } from '../services.ts';

/** The list of ended logins is at most this old, so a login that another worker ended lives on here for as long. */
const MAX_AGE_MS = 15_000;
const RETRY_MS = 5_000;
/** Read again each time: what was committed a little late, or by a host whose clock is a little off. */
const OVERLAP_MS = 60_000;
/** A room's ticket lives for so long. */
const KEEP_MS = 24 * 60 * 60_000;

export type Revocations = ReturnType<typeof createRevocations>;

/**
 * Which logins were ended before what was given to them runs out. Few ever are, so a worker keeps them all, by one query
 * in fifteen seconds instead of one for each request and beat.
 */
export function createRevocations({ db, clock, logger, signals }: Services) {
  const ended = new Map<string, number>();
  let readFrom: number | null = null;
  let nextReadAt = 0;
  let reading: Promise<void> | null = null;

  /** While the database is away, what was known last counts. */
  async function isActive(loginId: string): Promise<boolean> {
    if (clock() >= nextReadAt) await readOnce();
    return !ended.has(loginId);
  }

  function readOnce(): Promise<void> {
    reading ??= read().finally(() => {
      reading = null;
    });
    return reading;
  }

  /** Call it after the commit that ended them. */
  function announce(loginIds: string[]): void {
    const fresh = loginIds.filter((id) => !ended.has(id));
    for (const id of fresh) ended.set(id, clock());
    if (fresh.length > 0) signals.emit('logins-revoked', fresh);
  }

  /** Another worker has announced them. */
  function hear(loginIds: string[]): void {
    for (const id of loginIds) ended.set(id, clock());
  }

  async function read(): Promise<void> {
    const now = clock();
    try {
      const rows = await db.prisma.login.findMany({
        where: { revokedAt: { gt: new Date(readFrom === null ? now - KEEP_MS : readFrom - OVERLAP_MS) } },
        select: { id: true },
      });
      const ids = rows.map((row) => row.id);
      // At the start nobody is connected who would have to go.
      if (readFrom === null) hear(ids);
      else announce(ids);
      readFrom = now;
      nextReadAt = now + MAX_AGE_MS;
      for (const [id, at] of ended) if (now - at > KEEP_MS) ended.delete(id);
    } catch (error) {
      nextReadAt = now + RETRY_MS;
      logger.warn({ err: error }, 'could not read which logins have ended');
    }
  }

  return { isActive, announce, hear, readAgain: readOnce };
}
