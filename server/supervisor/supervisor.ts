import fs from 'node:fs';
import type http from 'node:http';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { applyMigrations } from '#scripts/database/migrations.ts';
import { type Config, childEnvironment, loadSecrets, type MetricsAddress, type Secrets } from '../config.ts';
import type { Logger } from '../logger.ts';
import { createScrape, type Source } from '../metrics/scrape.ts';
import { checkSealingKeys } from '../sealing-keys.ts';
import { holdLock, type Lock } from './lock.ts';
import { Media } from './media.ts';
import { claimPort, freePort } from './ports.ts';
import { Postgres } from './postgres.ts';
import { SharedPort } from './shared-port.ts';
import { Workers } from './workers.ts';

export interface SupervisorOptions {
  config: Config;
  logger: Logger;
  /** Paths of the two programs, bundled or as they are written; the latter without it. */
  programs?: { worker: string; media: string };
  /** For development: never gives a worker or media up, since the next change of the source may mend it. */
  patient?: boolean;
  /** Runs on the migrated database before anything serves it. */
  prepare?: (databaseUrl: string) => Promise<void>;
  /** Something doesn't stay up: everything should end, loudly. */
  onGivenUp: (error: Error) => void;
}

const PROGRAMS = {
  worker: fileURLToPath(new URL('../main.ts', import.meta.url)),
  media: fileURLToPath(new URL('../../media/main.ts', import.meta.url)),
};

const WORKER_DRAIN_MS = 15_000;
const MEDIA_DRAIN_MS = 10_000;

/** The parent of everything: PostgreSQL, the media process and the app's workers. It contains nothing of the product. */
export class Supervisor {
  /** Where this machine reaches the app. */
  readonly address: string;
  /** Settles when a worker takes connections. */
  readonly listening: Promise<void>;
  readonly databaseUrl: string;
  #lock: Lock;
  #postgres: Postgres | undefined;
  #media: Media | undefined;
  #workers: Workers;
  #scrape: http.Server | undefined;
  #stopped: Promise<void> | undefined;

  /**
   * Starts PostgreSQL, migrates, then starts media and the workers.
   * @throws LockedError, PortError or Error; what had been started is stopped again.
   */
  static async start(options: SupervisorOptions): Promise<Supervisor> {
    const { config, logger, onGivenUp } = options;
    const port = await claimPort('PORT', config.port, config.host, 0);
    const { metrics: at } = config;
    const metricsPort = at && (await claimPort('METRICS_PORT', at.port, at.host, 0));
    fs.mkdirSync(config.dataDir, { recursive: true });
    const lock = await holdLock(config.dataDir);
    let postgres: Postgres | undefined;
    try {
      const secrets = loadSecrets(config.dataDir);
      const { database: password, metrics: metricsToken } = secrets;
      if (!config.databaseUrl) {
        postgres = await Postgres.start({ dataDir: config.dataDir, password, logger, onGivenUp });
      }
      const databaseUrl = config.databaseUrl ?? postgres?.url() ?? '';
      const applied = await applyMigrations(databaseUrl);
      if (applied.length > 0) logger.info({ applied }, 'database migrated');
      await checkKeys(databaseUrl, secrets);
      await options.prepare?.(databaseUrl);
      // The media process of a killed supervisor may need a moment to notice and leave.
      const rtmpPort = config.mediaUrl ? 0 : await claimPort('RTMP_PORT', config.rtmpPort, config.host, 5_000);
      const mediaPort = config.mediaUrl ? 0 : await freePort();
      const mediaMetricsPort = config.mediaUrl ? 0 : await freePort();
      const shared = await SharedPort.bind(config.host, port);
      const metrics = metricsPort === null ? null : { port: metricsPort, token: metricsToken };
      const ports = { port, shared, rtmpPort, mediaPort, mediaMetricsPort };
      return new Supervisor(options, { lock, postgres, databaseUrl, metrics, ...ports });
    } catch (error) {
      await postgres?.stop();
      await lock.release();
      throw error;
    }
  }

  private constructor(options: SupervisorOptions, parts: Parts) {
    const { config, logger, programs = PROGRAMS, patient = false, onGivenUp } = options;
    this.#lock = parts.lock;
    this.#postgres = parts.postgres;
    this.databaseUrl = parts.databaseUrl;
    const host = ['0.0.0.0', '::', ''].includes(config.host) ? 'localhost' : config.host;
    this.address = `http://${host.includes(':') ? `[${host}]` : host}:${parts.port}`;
    const mediaUrl = config.mediaUrl ?? `http://127.0.0.1:${parts.mediaPort}`;
    const shared = { ANKE_DATA: config.dataDir, RTMP_PORT: String(parts.rtmpPort || config.rtmpPort) };
    if (!config.mediaUrl) {
      const env = childEnvironment({
        ...shared,
        MEDIA_PORT: String(parts.mediaPort),
        APP_URL: appUrl(config, parts.port),
        // For this process alone, whatever is set for one that runs elsewhere.
        MEDIA_METRICS_PORT: String(parts.mediaMetricsPort),
        METRICS_HOST: '127.0.0.1',
      });
      this.#media = new Media({
        program: programs.media,
        execArgv: nodeOptions(programs.media, ['--enable-source-maps']),
        env,
        logger,
        patient,
        onGivenUp,
      });
    }
    let markListening: () => void = () => undefined;
    this.listening = new Promise((resolve) => {
      markListening = resolve;
    });
    this.#workers = new Workers({
      program: programs.worker,
      execArgv: [...nodeOptions(programs.worker, []), COLLECT_SOONER],
      count: config.workers,
      env: { ...shared, PORT: String(parts.port), DATABASE_URL: parts.databaseUrl, MEDIA_URL: mediaUrl },
      port: parts.shared,
      logger,
      patient,
      onListening: markListening,
      onGivenUp,
    });
    const sources = () => {
      const media = { process: 'media', port: parts.mediaMetricsPort, restarts: this.#media?.restarts ?? 0 };
      return [...this.#workers.sources, ...(this.#media ? [media] : [])];
    };
    if (config.metrics && parts.metrics) this.#serveMetrics(config.metrics, parts.metrics, sources, logger);
  }

  /** Metrics must not keep the class from starting: without their port there are none. */
  #serveMetrics(
    at: MetricsAddress,
    { port, token }: NonNullable<Parts['metrics']>,
    sources: () => Source[],
    logger: Logger,
  ) {
    this.#scrape = createScrape({ token: at.guarded ? token : null, sources, logger });
    this.#scrape.on('error', (error) => logger.error({ err: error }, 'no metrics: their port cannot be listened on'));
    this.#scrape.listen(port, at.host, () =>
      logger.info({ host: at.host, port, guarded: at.guarded }, 'metrics served'),
    );
  }

  /** Settles when the media process, if it is ours, has been ready once. */
  get mediaReady(): Promise<void> {
    return this.#media?.ready ?? Promise.resolve();
  }

  /** Process ids of what runs now, for operators and tests. */
  get pids(): { postgres: number | undefined; media: number | undefined; workers: number[] } {
    return { postgres: this.#postgres?.pid, media: this.#media?.pid, workers: this.#workers.pids };
  }

  /** All at once, for development. */
  renewWorkers(): void {
    this.#workers.renew();
  }

  /** See Workers.replace. */
  replaceWorkers(program: string): Promise<boolean> {
    return this.#workers.replace(program);
  }

  renewMedia(): void {
    this.#media?.renew();
  }

  /** Ends everything in the order of dependence: the workers finish first, PostgreSQL goes last. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#scrape?.close();
      this.#scrape?.closeAllConnections();
      await this.#workers.stop(WORKER_DRAIN_MS);
      await this.#media?.stop(MEDIA_DRAIN_MS);
      await this.#postgres?.stop();
      await this.#lock.release();
    })();
    return this.#stopped;
  }

  /** Ends everything at once. What was acked is stored; PostgreSQL recovers at its next start. */
  kill(): void {
    this.#workers.kill();
    this.#media?.kill();
    this.#postgres?.abandon();
  }
}

interface Parts {
  lock: Lock;
  postgres: Postgres | undefined;
  databaseUrl: string;
  port: number;
  shared: SharedPort;
  rtmpPort: number;
  mediaPort: number;
  mediaMetricsPort: number;
  /** Null: nobody is served. */
  metrics: { port: number; token: string } | null;
}

/**
 * V8 lets a heap grow to a multiple of what is alive in it before it collects all of it, the more so the more memory the machine has: after a
 * crowd has come in, half of a worker's heap was garbage. Workers do with 40 % more than is alive.
 */
const COLLECT_SOONER = '--heap-growing-percent=40';

/** What Node needs to run a program; `bundled` when it is that. */
function nodeOptions(program: string, bundled: string[]): string[] {
  return program.endsWith('.ts') ? ['--import', import.meta.resolve('tsx')] : bundled;
}

/** Where the media process reaches the app: on this machine, whatever address people use. */
function appUrl(config: Config, port: number): string {
  const host = ['0.0.0.0', '::', 'localhost', ''].includes(config.host) ? '127.0.0.1' : config.host;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

async function checkKeys(databaseUrl: string, secrets: Secrets): Promise<void> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  try {
    await checkSealingKeys(pool, secrets, Date.now());
  } finally {
    await pool.end();
  }
}
