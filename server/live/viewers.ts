import type { Clock } from '../clock.ts';

/** How often a worker tells the others its counts, ms. */
export const ANNOUNCE_MS = 2_000;
/** A worker that was not heard of for so long is gone, and its viewers with it. */
const EXPIRE_MS = 7_000;

/** Sums that wait to be sure; each waits for an announcement of every worker. */
const MAX_UNSURE = 5;

/** Devices by session, as one worker counts them. */
export type Counts = Record<string, number>;

/** What was counted in one moment. */
interface Sum {
  here: number;
  elsewhere: { workerId: string; heard: number; devices: number }[];
}

export type Viewers = ReturnType<typeof createViewers>;

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
  /** `heard`: how often. */
  const elsewhere = new Map<string, { at: number; heard: number; counts: Counts }>();
  const unsure = new Map<string, Sum[]>();

  function forgetSilent(): void {
    const since = clock() - EXPIRE_MS;
    for (const [workerId, { at }] of elsewhere) if (at < since) elsewhere.delete(workerId);
  }

  /** Null while a worker has not been heard again, undefined when it is gone. */
  function settled({ here: devices, elsewhere: others }: Sum, sessionId: string): number | null | undefined {
    let sum = devices;
    for (const { workerId, heard, devices: then } of others) {
      const now = elsewhere.get(workerId);
      if (!now) return undefined;
      if (now.heard === heard) return null;
      sum += Math.min(then, now.counts[sessionId] ?? 0);
    }
    return sum;
  }

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
      forgetSilent();
      return elsewhere.size;
    },
    heard(workerId: string, counts: Counts): void {
      elsewhere.set(workerId, { at: clock(), heard: (elsewhere.get(workerId)?.heard ?? 0) + 1, counts });
    },
    total(sessionId: string): number {
      forgetSilent();
      let devices = here.get(sessionId)?.size ?? 0;
      for (const { counts } of elsewhere.values()) devices += counts[sessionId] ?? 0;
      return devices;
    },
    /**
     * The most devices that surely were there in one moment since this was asked last; asked at each announcement. Those of a worker count
     * only when it still has them at its next one: what a killed or drained worker had is soon at others, and would count twice.
     */
    surely(sessionId: string): number {
      forgetSilent();
      const others = [...elsewhere].flatMap(([workerId, { heard, counts }]) => {
        const devices = counts[sessionId] ?? 0;
        return devices > 0 ? [{ workerId, heard, devices }] : [];
      });
      const sums = [...(unsure.get(sessionId) ?? []), { here: here.get(sessionId)?.size ?? 0, elsewhere: others }];
      const waiting: Sum[] = [];
      let most = 0;
      for (const sum of sums) {
        const devices = settled(sum, sessionId);
        if (devices === null) waiting.push(sum);
        else most = Math.max(most, devices ?? 0);
      }
      if (waiting.length > 0) unsure.set(sessionId, waiting.slice(-MAX_UNSURE));
      else unsure.delete(sessionId);
      return most;
    },
  };
}
