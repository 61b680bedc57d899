import { transaction } from '../db.ts';
import type { Services } from '../services.ts';
import type { MakeFile } from './making.ts';
import * as store from './store.ts';

const LOOK_EVERY_MS = 5_000;
/** A worker that makes a file is heard of every second. */
const ABANDONED_MS = 60_000;
const KEPT_MS = 24 * 3_600_000;

/**
 * Makes files in the background, one at a time in each worker. They lie in the database, sealed as phone numbers are, so that every host has
 * them; a file whose worker died is made again by another.
 */
export function createJobs({ db, clock, logger }: Pick<Services, 'db' | 'clock' | 'logger'>, makeFile: MakeFile) {
  const { pool } = db;
  let working: Promise<void> | null = null;
  const closing = new AbortController();

  /** Begins what waits, if nothing is being made here. */
  function look(): Promise<void> {
    working ??= workOff()
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for files to make'))
      .finally(() => {
        working = null;
      });
    return working;
  }

  async function workOff(): Promise<void> {
    while (!closing.signal.aborted) {
      const job = await transaction(pool, (client) => store.takeJob(client, clock(), clock() - ABANDONED_MS));
      if (!job) return;
      try {
        await makeFile(job, closing.signal);
      } catch (error) {
        if (closing.signal.aborted) return;
        logger.error({ err: error, job: job.id, kind: job.kind, format: job.format }, 'an export failed');
        await store.finish(pool, job.id, null, clock());
      }
    }
  }

  const timer = setInterval(() => {
    void look();
    store.removeOld(pool, clock() - KEPT_MS).catch((error: unknown) => {
      logger.warn({ err: error }, 'old exports were not removed');
    });
  }, LOOK_EVERY_MS);
  timer.unref();

  return {
    look,
    async close(): Promise<void> {
      closing.abort();
      clearInterval(timer);
      await working;
    },
  };
}
