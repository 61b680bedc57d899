import { createClient } from '@redis/client';
import { type Dial, within } from './line.ts';

const STREAM = 'anke:bus';
const FIELD = 'frames';
/** Entries that are kept: some minutes of sixty workers, so that one that was cut off for less reads what it missed. */
const KEPT = 10_000;
const READ_AT_ONCE = 200;
const PATIENCE_MS = 5_000;
/** A read waits so long for something new. */
const BLOCK_MS = 5_000;
const BEGINNING = '0-0';

/**
 * A Redis stream, read from where the line before this one broke: what was sent meanwhile is heard late instead of never. Reading
 * has a connection of its own, since it waits there for what comes.
 */
export function redisDial(url: string): Dial {
  let lastRead: string | null = null;

  return async ({ heard, broken }) => {
    let closed = false;
    // Without reconnecting by itself: it would keep commands and send them long after anybody waits for them.
    const options = { url, RESP: 2, socket: { reconnectStrategy: false, connectTimeout: PATIENCE_MS } } as const;
    const writer = createClient(options);
    const reader = createClient(options);
    const clients = [writer, reader];
    for (const client of clients) {
      client.on('error', broken);
      client.on('end', () => broken(new Error('the connection ended')));
    }
    const close = () => {
      closed = true;
      for (const client of clients) if (client.isOpen) client.destroy();
    };

    async function begin(): Promise<string> {
      const newest = (await reader.xRevRange(STREAM, '+', '-', { COUNT: 1 }))?.[0];
      if (lastRead === null) return newest?.id ?? BEGINNING;
      // A Redis that came back empty, or another one whose clock is behind: its ids begin anew, below those that were read. All
      // of it may be new to us, and what is not was numbered by its sender.
      return newest && !isBefore(newest.id, lastRead) ? lastRead : BEGINNING;
    }

    async function read(from: string): Promise<void> {
      lastRead = from;
      while (!closed) {
        const answer = await reader.xRead({ key: STREAM, id: lastRead }, { BLOCK: BLOCK_MS, COUNT: READ_AT_ONCE });
        for (const { id, message } of answer?.[0]?.messages ?? []) {
          lastRead = id;
          heard(message[FIELD] ?? '');
        }
      }
    }

    try {
      await within(PATIENCE_MS, Promise.all(clients.map((client) => client.connect())));
      const from = await within(PATIENCE_MS, begin());
      read(from).catch((error: Error) => broken(error));
    } catch (error) {
      close();
      throw error;
    }
    return {
      async send(text) {
        const TRIM = { strategy: 'MAXLEN', strategyModifier: '~', threshold: KEPT } as const;
        await writer.xAdd(STREAM, '*', { [FIELD]: text }, { TRIM });
      },
      close,
    };
  };
}

/** Of two stream ids, `<ms>-<count>`. */
function isBefore(a: string, b: string): boolean {
  const [aMs = 0, aCount = 0] = a.split('-').map(Number);
  const [bMs = 0, bCount = 0] = b.split('-').map(Number);
  return aMs < bMs || (aMs === bMs && aCount < bCount);
}
