import type { Clock } from '../clock.ts';

/** How often a worker tells the others its counts, ms. */
export const ANNOUNCE_MS = 2_000;
/** A worker that was not heard of for so long is gone, and its viewers with it. */
const EXPIRE_MS = 7_000;

/** Devices by session, as one worker counts them. */
export type Counts = Record<string, number>;

export interface Viewer {
  sessionId: string;
  deviceId: string;
  personId: string;
}

/**
 * 设备 connected to each room over all workers. A device with several tabs, or whose old socket ends late, counts once;
 * only one whose tabs are on different workers counts on each, since workers tell each other counts and no ids.
 */
export function createViewers(clock: Clock) {
  const here = new Map<string, Map<string, number>>();
  const people = new Map<string, number>();
  const elsewhere = new Map<string, { at: number; counts: Counts }>();

  return {
    join({ sessionId, deviceId, personId }: Viewer): void {
      people.set(personId, (people.get(personId) ?? 0) + 1);
      const room = here.get(sessionId) ?? new Map<string, number>();
      room.set(deviceId, (room.get(deviceId) ?? 0) + 1);
      here.set(sessionId, room);
    },
    leave({ sessionId, deviceId, personId }: Viewer): void {
      const left = (people.get(personId) ?? 0) - 1;
      if (left > 0) people.set(personId, left);
      else people.delete(personId);
      const room = here.get(sessionId);
      const sockets = (room?.get(deviceId) ?? 0) - 1;
      if (!room) return;
      if (sockets > 0) room.set(deviceId, sockets);
      else room.delete(deviceId);
      if (room.size === 0) here.delete(sessionId);
    },
    /** Sockets of a person in rooms of this worker. */
    socketsOf: (personId: string): number => people.get(personId) ?? 0,
    /** What to tell the other workers. */
    own(): Counts {
      return Object.fromEntries([...here].map(([sessionId, room]) => [sessionId, room.size]));
    },
    /** Devices and rooms of this worker. */
    here(): { devices: number; rooms: number } {
      let devices = 0;
      for (const room of here.values()) devices += room.size;
      return { devices, rooms: here.size };
    },
    /** Other workers that were heard of lately. */
    others(): number {
      const since = clock() - EXPIRE_MS;
      return [...elsewhere.values()].filter(({ at }) => at >= since).length;
    },
    heard(workerId: string, counts: Counts): void {
      elsewhere.set(workerId, { at: clock(), counts });
    },
    total(sessionId: string): number {
      const now = clock();
      let devices = here.get(sessionId)?.size ?? 0;
      for (const [workerId, { at, counts }] of elsewhere) {
        if (now - at > EXPIRE_MS) elsewhere.delete(workerId);
        else devices += counts[sessionId] ?? 0;
      }
      return devices;
    },
  };
}
