import type pg from 'pg';
import type { Sealing } from './sealing.ts';
import { SEALED_COLUMNS } from './sealing-keys.ts';
import type { Services } from './services.ts';

const BATCH = 500;
const LOOK_EVERY_MS = 60_000;
/** Looks after the start, and after a key was added: what other workers sealed meanwhile with the one before is found by them. */
const LOOKS = 10;
/** Before all ids. */
const FIRST = '00000000-0000-0000-0000-000000000000';

export interface Resealed {
  resealed: number;
  /** Sealed with a key that is not known: left as they are. */
  unreadable: number;
}

/**
 * Seals with the present key what an older one sealed, or what is in the format of before there were key ids. Each batch is one
 * statement that changes a number only where it still is as it was read: it may be killed at any moment, run twice at once, and
 * whatever people change meanwhile stays.
 */
export async function reseal(pool: pg.Pool, sealing: Sealing, going: () => boolean = () => true): Promise<Resealed> {
  const total: Resealed = { resealed: 0, unreadable: 0 };
  for (const { table, column } of SEALED_COLUMNS) {
    let after = FIRST;
    while (going()) {
      const { rows } = await pool.query<{ id: string; sealed: Buffer }>(
        `select id, ${column} as sealed from ${table}
         where length(${column}) > 0 and substring(${column} from 1 for 5) <> $1 and id > $2 order by id limit ${BATCH}`,
        [sealing.mark, after],
      );
      const last = rows.at(-1);
      if (!last) break;
      after = last.id;
      const anew = rows.flatMap(({ id, sealed }) => {
        const text = opened(sealing, sealed);
        return text === null ? [] : [{ id, sealed, anew: Buffer.from(sealing.seal(text)) }];
      });
      total.unreadable += rows.length - anew.length;
      const { rowCount } = await pool.query(
        // In the order of their ids, so that two that do this at once don't hold each other up for good.
        `with held as materialized (select id from ${table} where id = any ($1::uuid[]) order by id for update)
         update ${table} set ${column} = changed.anew
         from unnest($1::uuid[], $2::bytea[], $3::bytea[]) as changed (id, sealed, anew) join held on held.id = changed.id
         where ${table}.id = changed.id and ${table}.${column} = changed.sealed`,
        [anew.map(({ id }) => id), anew.map((row) => row.sealed), anew.map((row) => row.anew)],
      );
      total.resealed += rowCount ?? 0;
    }
  }
  return total;
}

/** Every worker takes up a key that was added; the first of a host reseals. */
export function watchSealing({ db, sealing, logger, config }: Services): { stop(): Promise<void> } {
  let going = true;
  let last: Promise<void> = Promise.resolve();
  let mark = sealing.mark;
  let looks = 0;
  async function look(): Promise<void> {
    sealing.refresh();
    if (!mark.equals(sealing.mark)) looks = 0;
    mark = sealing.mark;
    looks += 1;
    if (config.workerIndex !== 0 || looks > LOOKS) return;
    const { resealed, unreadable } = await reseal(db.pool, sealing, () => going);
    if (resealed > 0) logger.info({ resealed, unreadable }, 'personal numbers were sealed with the present key');
    else if (unreadable > 0) logger.error({ unreadable }, 'personal numbers are sealed with a key that is not known');
  }
  const begin = () => {
    last = last
      .then(look)
      .catch((error: unknown) => logger.warn({ err: error }, 'could not look for numbers to seal anew'));
  };
  begin();
  const timer = setInterval(begin, LOOK_EVERY_MS);
  timer.unref();
  return {
    async stop() {
      going = false;
      clearInterval(timer);
      await last;
    },
  };
}

function opened(sealing: Sealing, sealed: Buffer): string | null {
  try {
    return sealing.unseal(sealed);
  } catch {
    return null;
  }
}
