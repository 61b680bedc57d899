import { makerOf } from './archives/files.ts';
import { fileMaking } from './archives/making.ts';
import { readJob } from './archives/store.ts';
import { systemClock } from './clock.ts';
import { loadConfig, loadSecrets } from './config.ts';
import { openDb } from './db.ts';
import { createFiling } from './filing.ts';
import { createLogger } from './logger.ts';
import { createSealing } from './sealing.ts';

/* Makes the one file that a worker names, and ends. */

/** One reads rows, one stores pieces, one tells how far it is; a report takes two. */
const CONNECTIONS = 4;

const config = loadConfig();
const logger = createLogger(config.logLevel, `exporter-${config.workerIndex}`);

// Handed to every process of a terminal's group, or of a service; the worker ends this one when it does.
process.on('SIGINT', () => undefined);
process.on('SIGHUP', () => undefined);
process.on('SIGTERM', () => undefined);
// The worker is gone: another makes the file anew.
process.once('disconnect', () => process.exit(1));

const [jobId = ''] = process.argv.slice(2);
const secrets = loadSecrets(config.dataDir);
const sealing = createSealing(secrets['phone-hash'], secrets['phone-cipher']);
const db = openDb(config.databaseUrl ?? '', logger, CONNECTIONS);
const services = { db, clock: systemClock, logger, config, sealing };

try {
  const job = await readJob(db.pool, jobId);
  if (!job) throw new Error(`there is no export ${jobId}`);
  const make = makerOf({ pool: db.pool, sealing, ...createFiling(services) });
  await fileMaking(services, make)(job, new AbortController().signal);
  process.exit(0);
} catch (error) {
  logger.error({ err: error, job: jobId }, 'an export failed');
  process.exit(1);
}
