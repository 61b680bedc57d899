import { type DestinationStream, type Logger, pino, type SerializedError } from 'pino';
import { sourceStack } from './source-stack.ts';

export type { Logger };

/** Paths whose values never reach a log: what proves who somebody is, and what says who somebody is. */
const REDACTED = ['password', 'phone', 'token', 'ticket', 'streamKey', 'code', 'cookie', 'authorization', 'name'];

/** The one place where loggers are made. `part` names the process or feature in every line. */
export function createLogger(level: string, part: string, destination?: DestinationStream): Logger {
  return pino(
    {
      level,
      base: { part, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { err: serialized },
      redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
    },
    destination ?? pino.destination({ sync: true }),
  );
}

function serialized(error: Error): SerializedError {
  const known = pino.stdSerializers.err(error);
  // Anything may have been thrown.
  return known?.stack ? { ...known, stack: sourceStack(known.stack) } : known;
}
