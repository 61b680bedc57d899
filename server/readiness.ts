import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Db } from './db.ts';
import type { Logger } from './logger.ts';

/** `waiting`: no answer in time. The cause is in the log alone. */
export type PartState = 'ok' | 'failing' | 'waiting';

export interface ReadinessReport {
  ready: boolean;
  parts: Record<'database' | 'migrations' | 'bus' | 'media', PartState>;
}

export interface Readiness {
  /** Within two seconds, whatever hangs. */
  report(): Promise<ReadinessReport>;
}

export interface ReadinessNeeds {
  db: Pick<Db, 'pool'>;
  logger: Logger;
  mediaUrl: string | undefined;
  busListening(): boolean;
}

const PATIENCE_MS = 1_500;
/** Anybody may ask; so often it is looked at. */
const KEPT_MS = 1_000;
const MIGRATIONS = fileURLToPath(new URL('../prisma/migrations', import.meta.url));

/**
 * What a worker needs. Ready is one that can store: with database and its tables. Without media or bus it serves on, as a class
 * does: a balancer that took every worker away then would make a lost picture a lost class.
 */
export function createReadiness({ db, logger, mediaUrl, busListening }: ReadinessNeeds): Readiness {
  let migrated = false;
  let kept: { at: number; report: Promise<ReadinessReport> } | null = null;

  const looks: Record<keyof ReadinessReport['parts'], () => Promise<unknown>> = {
    database: () => db.pool.query('select 1'),
    async migrations() {
      if (migrated) return;
      const { rows } = await db.pool.query<{ name: string }>(
        'select migration_name as name from _prisma_migrations where finished_at is not null and rolled_back_at is null',
      );
      const applied = new Set(rows.map(({ name }) => name));
      const missing = (await ours()).filter((name) => !applied.has(name));
      if (missing.length > 0) throw new Error(`the database lacks migrations: ${missing.join(', ')}`);
      migrated = true;
    },
    async bus() {
      if (!busListening()) throw new Error('nothing is heard on the bus');
    },
    async media() {
      if (!mediaUrl) throw new Error('there is no address of a media process');
      const answer = await fetch(new URL('/media/health', mediaUrl), { signal: AbortSignal.timeout(PATIENCE_MS) });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`media answers ${answer.status}`);
    },
  };
  const parts = Object.keys(looks) as (keyof typeof looks)[];
  const underWay = new Map<string, Promise<PartState>>();
  const before = new Map<string, PartState>();

  /** One that hangs is asked once, and not again until it has answered. */
  function look(part: keyof typeof looks): Promise<PartState> {
    const asked =
      underWay.get(part) ??
      looks[part]()
        .then(
          (): PartState => note(part, 'ok'),
          (error: unknown) => note(part, 'failing', error),
        )
        .finally(() => underWay.delete(part));
    underWay.set(part, asked);
    return within(asked);
  }

  function note(part: string, state: PartState, error?: unknown): PartState {
    // Said once: a part that is away is away for many of these.
    if (state !== (before.get(part) ?? 'ok')) logger.warn({ err: error, readiness: part, state }, 'readiness changed');
    before.set(part, state);
    return state;
  }

  async function report(): Promise<ReadinessReport> {
    const states = await Promise.all(parts.map(look));
    const found = Object.fromEntries(parts.map((part, i) => [part, states[i]])) as ReadinessReport['parts'];
    return { ready: found.database === 'ok' && found.migrations === 'ok', parts: found };
  }

  return {
    report() {
      const now = performance.now();
      if (!kept || now - kept.at > KEPT_MS) kept = { at: now, report: report() };
      return kept.report;
    },
  };
}

function within(asked: Promise<PartState>): Promise<PartState> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('waiting'), PATIENCE_MS);
    void asked.then((state) => {
      clearTimeout(timer);
      resolve(state);
    });
  });
}

async function ours(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}
