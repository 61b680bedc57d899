import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** What proves who somebody is never reaches a log. */
const REDACTED = ['streamKey', 'token', 'cookie', 'authorization'];

/** The one place where the media process's loggers are made. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { part: 'media', pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
    },
    destination ?? pino.destination({ sync: true }),
  );
}
