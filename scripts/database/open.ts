import { mkdirSync } from 'node:fs';
import { loadConfig, loadEnvFile, loadSecrets } from '#server/config.ts';
import { createLogger } from '#server/logger.ts';
import { Postgres, runningPostgres } from '#server/supervisor/postgres.ts';

/**
 * Runs `work` with the address of the configured database: DATABASE_URL, or the embedded server, which is started for
 * the time being unless it already runs.
 */
export async function withDatabase<T>(work: (databaseUrl: string) => Promise<T>): Promise<T> {
  loadEnvFile();
  const config = loadConfig();
  if (config.databaseUrl) return work(config.databaseUrl);
  mkdirSync(config.dataDir, { recursive: true });
  const options = {
    dataDir: config.dataDir,
    password: loadSecrets(config.dataDir).database,
    logger: createLogger(config.logLevel === 'info' ? 'warn' : config.logLevel, 'database'),
  };
  const running = await runningPostgres(options);
  if (running) return work(running);
  const server = await Postgres.start(options);
  try {
    return await work(server.url());
  } finally {
    await server.stop();
  }
}
