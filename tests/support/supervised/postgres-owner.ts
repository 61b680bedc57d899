import { createLogger } from '#server/logger.ts';
import { Postgres } from '#server/supervisor/postgres.ts';

/*
 * Starts the embedded server of a data folder, says where it is, and keeps it until it is killed. Told `stop`, it stops
 * the server and leaves.
 */

const postgres = await Postgres.start({
  dataDir: process.argv[2] ?? '',
  password: 'test',
  logger: createLogger('fatal', 'owner'),
});
process.send?.({ pid: postgres.pid, port: postgres.port, url: postgres.url() });
process.on('message', async () => {
  await postgres.stop();
  process.exit(0);
});
process.once('disconnect', () => process.exit(0));
