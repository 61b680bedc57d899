import { setImmediate as turn } from 'node:timers/promises';
import type { Server } from 'socket.io';
import type { ServerEvents } from '#contract/events.ts';

/** Sockets that are sent to in one go: about 40 ms of work. Between two of them all that came meanwhile is answered, which with a full worker takes as long. */
const SLICE = 1_000;

type Payload<E extends keyof ServerEvents> = Parameters<ServerEvents[E]>[0];

/**
 * Sends to everybody in a room of this worker, a slice at a time, so that beats get through meanwhile: in one go a full
 * worker would be busy for most of a second. For events of which only the last matters: what is sent while an earlier
 * one is still on its way waits, and replaces what waited.
 */
export function createSlices(io: Pick<Server, 'local' | 'sockets'>) {
  const underWay = new Map<string, { next: unknown }>();

  async function send(room: string, event: string, payload: unknown): Promise<void> {
    const ids = [...(io.sockets.adapter.rooms.get(room) ?? [])];
    for (let from = 0; from < ids.length; from += SLICE) {
      if (from > 0) await turn();
      io.local.to(ids.slice(from, from + SLICE)).emit(event, payload);
    }
  }

  return async <E extends keyof ServerEvents>(room: string, event: E, payload: Payload<E>): Promise<void> => {
    const key = `${event} ${room}`;
    const earlier = underWay.get(key);
    if (earlier) {
      earlier.next = payload;
      return;
    }
    const entry: { next: unknown } = { next: payload };
    underWay.set(key, entry);
    try {
      while (entry.next !== undefined) {
        const now = entry.next;
        entry.next = undefined;
        await send(room, event, now);
      }
    } finally {
      underWay.delete(key);
    }
  };
}
