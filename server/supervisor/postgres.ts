import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../logger.ts';
import { Backoff } from './backoff.ts';
import { holdLock, type Lock } from './lock.ts';
import { freePort } from './ports.ts';
import { type PostgresFiles, placePostgres } from './postgres-files.ts';
import { findRunning, initialise, launch, type Server, type Settings, shutDown, USER } from './postgres-server.ts';
import { signal } from './process.ts';

export interface PostgresOptions {
  /** Holds the cluster, in `postgres/`. */
  dataDir: string;
  /** Of the superuser; must be the same at every start. */
  password: string;
  logger: Logger;
  /** On top of our own; tests switch fsync off. */
  settings?: Settings;
  /** It died and could not be started again; nothing more is tried. */
  onGivenUp?: (error: Error) => void;
}

const DATABASE = 'anke';

/**
 * The embedded server of a data folder, kept running: adopted when a killed parent has left it, otherwise started, and
 * started again on the same port when it dies.
 */
export class Postgres {
  readonly port: number;
  #server: Server;
  #files: PostgresFiles;
  #options: PostgresOptions;
  #lock: Lock;
  #stopping = new AbortController();
  #watch: Promise<void>;

  /** @throws Error when another process uses the cluster, or the server can't be started. */
  static async start(options: PostgresOptions): Promise<Postgres> {
    const files = placePostgres(options.dataDir, options.logger);
    const lock = await holdLock(`${files.cluster}/..`);
    try {
      const { settings = {}, password, logger } = options;
      initialise(files, password, settings.fsync !== 'off');
      const running = await findRunning(files, logger);
      if (running) logger.info({ postgresPid: running.process.pid, port: running.port }, 'PostgreSQL adopted');
      const server = running ?? (await launchSomewhere(files, settings, logger));
      await ensureDatabase(server.port, password);
      if (!running) logger.info({ postgresPid: server.process.pid, port: server.port }, 'PostgreSQL started');
      return new Postgres(options, files, lock, server);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  private constructor(options: PostgresOptions, files: PostgresFiles, lock: Lock, server: Server) {
    this.#options = options;
    this.#files = files;
    this.#lock = lock;
    this.#server = server;
    this.port = server.port;
    this.#watch = this.#keepRunning();
  }

  get pid(): number {
    return this.#server.process.pid;
  }

  url(database = DATABASE): string {
    return urlOf(this.port, this.#options.password, database);
  }

  /** Rolls back what is open, writes everything to disk and ends the server. Close pools first. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watch;
    await shutDown(this.#server);
    await this.#lock.release();
  }

  /** For the last moment: ends the server at once and waits for nothing. It recovers at its next start. */
  abandon(): void {
    this.#stopping.abort();
    signal(this.#server.process, 'SIGQUIT');
  }

  async #keepRunning(): Promise<void> {
    const stopping = new Promise<void>((resolve) => {
      this.#stopping.signal.addEventListener('abort', () => resolve(), { once: true });
    });
    const { logger, onGivenUp } = this.#options;
    const backoff = new Backoff();
    let startedAt = Date.now();
    let reason: unknown = await Promise.race([this.#server.ended, stopping]);
    while (!this.#stopping.signal.aborted) {
      const wait = backoff.next(Date.now() - startedAt);
      if (wait === undefined) {
        const error = new Error(`PostgreSQL does not stay up (${String(reason)})`);
        logger.fatal({ err: error, log: `${this.#files.cluster}/log` }, 'PostgreSQL given up');
        return onGivenUp?.(error);
      }
      logger.error(
        { reason: String(reason), log: `${this.#files.cluster}/log`, wait },
        'PostgreSQL ended; starting it again',
      );
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      if (this.#stopping.signal.aborted) return;
      startedAt = Date.now();
      try {
        // After a kill -9 its orphaned backends hold the shared memory for a moment; until then this fails.
        this.#server = await launch(this.#files, this.port, this.#options.settings ?? {}, logger);
        logger.info({ postgresPid: this.pid, port: this.port }, 'PostgreSQL is back');
        reason = await Promise.race([this.#server.ended, stopping]);
      } catch (error) {
        reason = error instanceof Error ? error.message : error;
      }
    }
  }
}

/** Address of the embedded server's database if it runs now, whoever started it. */
export async function runningPostgres(options: PostgresOptions): Promise<string | undefined> {
  const server = await findRunning(placePostgres(options.dataDir, options.logger), options.logger);
  if (!server) return undefined;
  await ensureDatabase(server.port, options.password);
  return urlOf(server.port, options.password, DATABASE);
}

async function launchSomewhere(files: PostgresFiles, settings: Settings, logger: Logger): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(files, await freePort(), settings, logger);
    } catch (error) {
      // Backends of a killed server hold its shared memory until they notice, at the latest when their statement ends.
      const orphaned = error instanceof Error && error.message.includes('shared memory block');
      // Otherwise somebody else may have taken the port in between.
      if (attempt >= (orphaned ? 120 : 3)) throw error;
      if (orphaned && attempt === 1) logger.warn('waiting for the last statements of a killed PostgreSQL to end');
      await delay(500);
    }
  }
}

function urlOf(port: number, password: string, database: string): string {
  return `postgresql://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}`;
}

async function ensureDatabase(port: number, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: urlOf(port, password, 'postgres') });
  try {
    await client.connect();
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (!rowCount) await client.query(`CREATE DATABASE ${DATABASE}`);
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === '42P04' || code === '23505') return;
    if (code === '28P01')
      throw new Error('the embedded PostgreSQL does not know the password in secrets/database', { cause: error });
    throw error;
  } finally {
    await client.end();
  }
}
