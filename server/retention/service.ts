import type { RecordClass, Retention } from '#contract/retention.ts';
import type { Services } from '../services.ts';
import { eraseDeparted } from './departed.ts';
import { sessionsWithUnneeded } from './files.ts';
import { reduceConnections } from './network-logs.ts';
import { type Due, removeRecord } from './removal.ts';
import { networkDueAt, recordDueAt } from './rules.ts';
import { readKept, readRemovals, readUnreduced } from './store.ts';

const LOOK_EVERY_MS = 3_600_000;
const SHOWN = 100;
/** The lock that lets one worker of all hosts do this. */
const LOCK = 5_120_001;

export type RetentionService = ReturnType<typeof createRetention>;

/** What is kept how long, and its removal by rule. */
export function createRetention(services: Services) {
  const { db, clock, config } = services;
  const { pool } = db;
  const periods = config.retention;

  /** Records that are still kept, the soonest due first. */
  async function kept() {
    const rows = await readKept(pool, await sessionsWithUnneeded(pool, clock()));
    return rows
      .map((row) => ({ ...row, dueAt: recordDueAt(row.endedAt.getTime(), row.recordClass, periods) }))
      .sort((a, b) => a.dueAt - b.dueAt);
  }

  async function read(): Promise<Retention> {
    const now = clock();
    const [rows, removals, unreduced] = await Promise.all([kept(), readRemovals(pool, SHOWN), readUnreduced(pool)]);
    return {
      periods,
      upcoming: rows.slice(0, SHOWN).map(({ endedAt, dueAt, begun, held, ...row }) => ({
        ...row,
        endedAt: endedAt.toISOString(),
        dueAt: new Date(dueAt).toISOString(),
        state: held ? 'held' : begun ? 'removing' : dueAt <= now ? 'due' : 'kept',
      })),
      removals: removals.map(({ endedAt, dueAt, finishedAt, ...row }) => ({
        ...row,
        endedAt: endedAt.toISOString(),
        dueAt: dueAt.toISOString(),
        finishedAt: finishedAt.toISOString(),
      })),
      network: {
        sessions: unreduced.sessions,
        nextAt: unreduced.first && new Date(networkDueAt(unreduced.first.getTime(), periods)).toISOString(),
      },
    };
  }

  /** Removes whatever is due, unless another worker does. @returns what was removed */
  async function sweep(
    going: () => boolean = () => true,
  ): Promise<{ records: Due[]; network: number; people: number }> {
    const done = { records: [] as Due[], network: 0, people: 0 };
    const client = await pool.connect();
    let broken: Error | undefined;
    const lost = (error: Error) => {
      broken = error;
    };
    client.on('error', lost);
    try {
      const { rows } = await client.query<{ mine: boolean }>('select pg_try_advisory_lock($1) as mine', [LOCK]);
      if (!rows[0]?.mine) return done;
      try {
        while (going() && (await reduceConnections(services))) done.network += 1;
        const now = clock();
        for (const { sessionId, recordClass, dueAt } of await kept()) {
          if (dueAt > now || !going()) break;
          const due: Due = { sessionId, recordClass: recordClass as RecordClass, dueAt };
          if (await removeRecord(services, due, going)) done.records.push(due);
        }
        if (going()) done.people = await eraseDeparted(services);
      } finally {
        // With a connection that broke the lock is gone as well.
        await client.query('select pg_advisory_unlock($1)', [LOCK]).catch((error: Error) => lost(error));
      }
    } finally {
      client.off('error', lost);
      client.release(broken);
    }
    return done;
  }

  return { read, sweep };
}

/** Looks each hour, and a minute after the start. */
export function watchRecords({ logger, config }: Services, retention: RetentionService): { stop(): Promise<void> } {
  let going = true;
  let last: Promise<void> = Promise.resolve();
  const look = () => {
    if (config.workerIndex !== 0) return;
    last = retention
      .sweep(() => going)
      .then(({ records, network, people }) => {
        if (records.length + network + people > 0) logger.info({ records, network, people }, 'removed by rule');
      })
      .catch((error: unknown) => logger.warn({ err: error }, 'could not remove what is due'));
  };
  const first = setTimeout(look, 60_000);
  const timer = setInterval(look, LOOK_EVERY_MS);
  first.unref();
  timer.unref();
  return {
    async stop() {
      going = false;
      clearTimeout(first);
      clearInterval(timer);
      await last;
    },
  };
}
