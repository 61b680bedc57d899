import type { Clock } from '../clock.ts';
import { ANNOUNCE_MS } from './viewers.ts';

/** Sockets of one worker that are told the number of devices in a second: each costs it about 40 µs. */
const TOLD_PER_SECOND = 500;
/** In a room of any size the number is at most so old, ms. */
const OLDEST_MS = 20_000;

/**
 * How often a room is told how many are in it. While a crowd comes the number changes all the time; told to everybody each time it
 * would cost more than their coming.
 */
export function createCountPacing(clock: Clock) {
  const rooms = new Map<string, { devices: number; told: number; toldAt: number }>();

  return {
    /**
     * @param devices as they are now
     * @param sockets of this worker that are in the room
     * @returns whether the number is another than last time, and whether everybody is to be told now
     */
    next(sessionId: string, devices: number, sockets: number): { isNew: boolean; toEverybody: boolean } {
      const room = rooms.get(sessionId) ?? { devices: -1, told: -1, toldAt: Number.NEGATIVE_INFINITY };
      rooms.set(sessionId, room);
      const isNew = room.devices !== devices;
      room.devices = devices;
      const everyMs = Math.min(OLDEST_MS, (sockets / TOLD_PER_SECOND) * 1_000);
      // A small room can be told each time that anybody asks.
      const isTime = everyMs <= ANNOUNCE_MS || clock() - room.toldAt >= everyMs;
      const toEverybody = isTime && room.told !== devices;
      if (toEverybody) {
        room.told = devices;
        room.toldAt = clock();
      }
      return { isNew, toEverybody };
    },
  };
}
