import { randomBytes } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import type { Namespace } from 'socket.io';
import type { Config } from '../../config.ts';
import type { Logger } from '../../logger.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { BusAdapter } from './adapter.ts';
import { createAssembly, type Frame, packed, pieces, unpacked } from './frames.ts';
import { type Dial, type Line, within } from './line.ts';
import { postgresDial } from './postgres.ts';
import { redisDial } from './redis.ts';

/** How workers of all hosts hear each other. */
export interface Bus {
  /** For the io server, which makes one for each namespace. */
  adapter: (nsp: Namespace) => BusAdapter;
  /** Whether this worker hears the others. */
  listening(): boolean;
  /**
   * Others' messages may have been missed: what is shown of the database must be read again. Called once for many, and again
   * when it rejects.
   */
  onMissed(listener: () => Promise<void>): void;
  /** Sends what waits, if it is taken. */
  close(): Promise<void>;
}

/** Who has sent nothing for so long gives a sign of life, ms. */
const HEARTBEAT_MS = 2_000;
/** A line on which not even our own frames come back is broken, whatever it says. */
const SILENT_MS = 8_000;
const SEND_MS = 5_000;
/** Frames that wait while the line is away; of more the oldest are dropped, and everybody reads again. */
const MAX_WAITING = 500;
const DIAL_FIRST_MS = 200;
const DIAL_MOST_MS = 2_000;
/** Several are missed at once. */
const MISSED_AFTER_MS = 300;
/** PostgreSQL may need longer to be back than the bus. */
const MISSED_AGAIN_MS = 1_000;
const FORGET_MS = 600_000;

/** Redis where there is one, else PostgreSQL. */
export function dialFor({ redisUrl, databaseUrl }: Pick<Config, 'redisUrl' | 'databaseUrl'>): Dial {
  return redisUrl ? redisDial(redisUrl) : postgresDial(databaseUrl ?? '');
}

/**
 * Carries messages from each worker to all others over a line that may break. What was not taken by the line is sent again, what
 * came twice is heard once, and a gap in a sender's numbers, or a line that was away, is told by `onMissed`.
 */
export function createBus(dial: Dial, { logger, metrics }: { logger: Logger; metrics: Metrics }): Bus {
  const self = randomBytes(8).toString('base64url');
  const adapters = new Set<BusAdapter>();
  const assembly = createAssembly();
  let onMissed: () => Promise<void> = async () => undefined;
  let missedTimer: NodeJS.Timeout | undefined;
  let dialTimer: NodeJS.Timeout | undefined;
  let line: Line | null = null;
  /** By the process's own clock, ms. */
  let echoedAt = 0;
  let postedAt = 0;
  let lostAt: number | null = null;
  let saidSo = false;
  let attempts = 0;
  let sent = 0;
  let pumping: Promise<void> | null = null;
  let closed = false;
  const waiting: Frame[] = [];

  metrics.gauge('anke_bus_up', 'Whether this worker hears the bus', [], () => [[{}, line ? 1 : 0]]);
  metrics.gauge('anke_bus_waiting', 'Frames that wait to be sent on the bus', [], () => [[{}, waiting.length]]);

  // Socket.IO calls it with `new`, which an arrow function or a method does not bear.
  function adapter(nsp: Namespace): BusAdapter {
    const made = new BusAdapter(nsp, post);
    adapters.add(made);
    return made;
  }

  function post(message?: string): void {
    if (closed) return;
    const texts = message === undefined ? [{}] : pieces(message);
    for (const each of texts) {
      sent += 1;
      waiting.push({ from: self, n: sent, at: Date.now(), ...each });
    }
    if (waiting.length > MAX_WAITING) waiting.splice(0, waiting.length - MAX_WAITING);
    postedAt = performance.now();
    pump();
  }

  function pump(): void {
    pumping ??= sendWaiting().finally(() => {
      pumping = null;
      // Posted in the moment in which it was done.
      if (line && waiting.length > 0) pump();
    });
  }

  /** One after the other: what is posted meanwhile goes together. */
  async function sendWaiting(): Promise<void> {
    await turn();
    while (line && waiting.length > 0) {
      const over = line;
      const { text, count } = packed(waiting);
      const last = waiting[count - 1]?.n ?? 0;
      try {
        await within(SEND_MS, over.send(text));
        metrics.busSent(count);
        while (waiting[0] && waiting[0].n <= last) waiting.shift();
      } catch (error) {
        lost(over, error as Error);
      }
    }
  }

  function heard(text: string): void {
    const now = performance.now();
    let frames: Frame[];
    try {
      frames = unpacked(text);
    } catch (error) {
      logger.warn({ err: error }, 'something else than frames on the bus');
      return;
    }
    for (const frame of frames) {
      const own = frame.from === self;
      if (own) echoedAt = now;
      const found = assembly.hear(frame, now);
      if (!found) continue;
      metrics.busHeard(own ? 'self' : 'others', frame.at, Date.now());
      if (own) continue;
      if (found.missed) missed('frames of another worker did not come');
      if (found.message !== undefined) pass(found.message);
    }
  }

  function pass(message: string): void {
    for (const adapter of adapters) {
      try {
        adapter.hear(message);
      } catch (error) {
        logger.error({ err: error }, 'a message of another worker was not understood');
      }
    }
  }

  function missed(why: string): void {
    if (missedTimer || closed) return;
    logger.info({ why }, 'reading again what other workers may have changed');
    missedTimer = setTimeout(readAgain, MISSED_AFTER_MS);
  }

  function readAgain(): void {
    missedTimer = undefined;
    onMissed().catch((error: unknown) => {
      logger.info({ err: error }, 'could not be read again yet');
      if (!missedTimer && !closed) missedTimer = setTimeout(readAgain, MISSED_AGAIN_MS);
    });
  }

  function lost(which: Line, error: Error): void {
    if (line !== which) return;
    line = null;
    lostAt = performance.now();
    which.close();
    redial(error);
  }

  function redial(error: Error): void {
    if (closed) return;
    // Once for each time that it is away, however often it is tried.
    if (!saidSo) logger.warn({ err: error }, 'the bus is away: this worker does not hear the others');
    saidSo = true;
    const most = Math.min(DIAL_MOST_MS, DIAL_FIRST_MS * 2 ** attempts);
    attempts += 1;
    // At random, since all workers of all hosts lose it in the same moment.
    dialTimer = setTimeout(() => void connect(), most * (0.5 + Math.random() / 2));
  }

  async function connect(): Promise<void> {
    let made: Line | null = null;
    let brokenBefore: Error | null = null;
    const broken = (error: Error) => {
      if (made) lost(made, error);
      else brokenBefore = error;
    };
    try {
      made = await dial({ heard, broken });
      if (brokenBefore) {
        made.close();
        throw brokenBefore;
      }
    } catch (error) {
      redial(error as Error);
      return;
    }
    if (closed) {
      made.close();
      return;
    }
    line = made;
    attempts = 0;
    echoedAt = performance.now();
    if (saidSo) logger.info({ awayMs: lostAt === null ? null : Math.round(echoedAt - lostAt) }, 'the bus is back');
    saidSo = false;
    if (lostAt !== null) missed('the bus was away');
    pump();
  }

  const watch = setInterval(() => {
    const now = performance.now();
    if (now - postedAt >= HEARTBEAT_MS && waiting.length === 0) post();
    if (line && now - echoedAt > SILENT_MS) lost(line, new Error(`nothing came back for ${SILENT_MS / 1_000} s`));
    assembly.forget(now - FORGET_MS);
  }, HEARTBEAT_MS / 2);
  watch.unref();
  void connect();

  return {
    adapter,
    listening: () => line !== null,
    onMissed(listener) {
      onMissed = listener;
    },
    async close() {
      closed = true;
      await pumping;
      clearInterval(watch);
      clearTimeout(missedTimer);
      clearTimeout(dialTimer);
      line?.close();
      line = null;
    },
  };
}
