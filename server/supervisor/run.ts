import { loadConfig, loadEnvFile } from '../config.ts';
import { createLogger, type Logger } from '../logger.ts';
import { SealingKeyError } from '../sealing-keys.ts';
import { LockedError } from './lock.ts';
import type { Ready } from './messages.ts';
import { PortError } from './ports.ts';
import { Supervisor, type SupervisorOptions } from './supervisor.ts';

export type RunOptions = Pick<SupervisorOptions, 'programs' | 'patient' | 'prepare'> & {
  /** On SIGUSR2: the worker's program as it is to be from now on, on the database that there is. Rejects when that cannot be without a restart. */
  renewal?: (databaseUrl: string) => Promise<string>;
};

/**
 * Runs the product in this process until it is told to end: the first SIGINT or SIGTERM ends everything in order, a
 * second one at once; SIGUSR2 replaces the workers one by one, where the options say by what. Resolves when a worker takes connections; a failed start prints one line and exits with 1.
 */
export async function run(options: RunOptions = {}): Promise<Supervisor> {
  loadEnvFile();
  const config = orExit(() => loadConfig());
  const logger = createLogger(config.logLevel, 'supervisor');
  let supervisor: Supervisor | undefined;
  let exitCode: number | undefined;

  const end = (code: number) => {
    if (exitCode !== undefined) {
      supervisor?.kill();
      process.exit(130);
    }
    exitCode = code;
    // Still starting: Supervisor.start is under way and comes back to `exitCode` below.
    if (!supervisor) return;
    supervisor.stop().then(
      () => {
        logger.info('everything has ended');
        process.exit(code);
      },
      (error: unknown) => {
        logger.fatal({ err: error }, 'did not end cleanly');
        supervisor?.kill();
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', () => end(0));
  process.on('SIGTERM', () => end(0));
  process.on('SIGHUP', () => end(0));
  // Only if somebody forked us, who is now gone.
  process.on('disconnect', () => end(0));
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'unexpected error in the supervisor');
    end(1);
  });

  try {
    supervisor = await Supervisor.start({ ...options, config, logger, onGivenUp: () => end(1) });
  } catch (error) {
    const plain = [PortError, LockedError, SealingKeyError].some((kind) => error instanceof kind);
    if (!plain) logger.fatal({ err: error }, 'start failed');
    fail(error);
  }
  if (exitCode !== undefined) {
    await supervisor.stop();
    process.exit(exitCode);
  }
  const { renewal } = options;
  if (renewal) process.on('SIGUSR2', () => void renew(supervisor as Supervisor, renewal, logger));
  await supervisor.listening;
  console.log(`ready ${supervisor.address}`);
  const ready: Ready = { type: 'ready', address: supervisor.address };
  process.send?.(ready);
  return supervisor;
}

/** Of a renewal that fails nobody in a class notices anything; the log says why. */
async function renew(
  supervisor: Supervisor,
  renewal: NonNullable<RunOptions['renewal']>,
  logger: Logger,
): Promise<void> {
  try {
    logger.info('renewing the workers');
    await supervisor.replaceWorkers(await renewal(supervisor.databaseUrl));
  } catch (error) {
    logger.error({ err: error }, 'the workers are not renewed');
  }
}

function orExit<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    return fail(error);
  }
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
