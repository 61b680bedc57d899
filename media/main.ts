import { createMedia } from './app.ts';
import { systemClock } from './clock.ts';
import { loadConfig, loadSecrets } from './config.ts';
import { createLogger } from './logger.ts';
import { countProcess } from './metrics/process.ts';
import { orExit } from './or-exit.ts';

const config = orExit(() => loadConfig());
const secrets = orExit(() => loadSecrets(config.dataDir));
const logger = createLogger(config.logLevel);
const supervised = process.send !== undefined;

const media = await createMedia({ config, secrets, clock: systemClock, logger }).catch((error: unknown) => {
  logger.fatal({ err: error }, 'the media process cannot start');
  process.exit(1);
});

countProcess(media.metrics);

async function end(): Promise<void> {
  await media.close();
  process.exit(0);
}

process.once('SIGTERM', () => void end());
// Handed to every process of a terminal's group; the supervisor, where there is one, says when to end.
process.on('SIGINT', () => {
  if (!supervised) void end();
});
process.on('SIGHUP', () => undefined);
// The supervisor is gone: nobody would start us again, and the next one wants our ports.
process.once('disconnect', () => void end());
process.on('uncaughtException', (error) => {
  logger.fatal({ err: error }, 'unexpected error, the media process ends');
  process.exit(1);
});

try {
  const { port, rtmpPort, rtmpsPort, srtPort } = await media.listen();
  logger.info({ port, rtmpPort, rtmpsPort, srtPort }, 'media listening');
  process.send?.({ type: 'ready' });
} catch (error) {
  const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
  const { rtmpPort, rtmps, srtPort } = config;
  logger.fatal(
    { err: error, rtmpPort, rtmps, srtPort },
    taken ? 'a port is taken: set RTMP_PORT, RTMPS_PORT or SRT_PORT to a free one' : 'cannot listen for publishers',
  );
  process.exit(1);
}
