import { createHmac, timingSafeEqual } from 'node:crypto';
import { hmacKey } from '../keys.ts';

/** A place in the line. Times in epoch ms, by the server's clock; `heardAt` is 0 once its holder was let in. */
export interface Place {
  number: number;
  beganAt: number;
  /** How long its holder has stood in line, as far as they were heard of. */
  waitedMs: number;
  heardAt: number;
}

/** A place is nobody's after so long: who was called and did not come stands in line anew. */
const LONGEST_MS = 2 * 3_600_000;
/** Who is not heard of for longer has left the line meanwhile. */
const SILENCE_MS = 60_000;

export function newPlace(number: number, now: number): Place {
  return { number, beganAt: now, waitedMs: 0, heardAt: now };
}

/** The same place, with the time since its holder was heard of last, if that is not long ago. */
export function stillWaiting(place: Place, now: number): Place {
  const silent = Math.max(0, now - place.heardAt);
  return { ...place, heardAt: now, waitedMs: place.waitedMs + (silent <= SILENCE_MS ? silent : 0) };
}

/** The same place once its holder is let in: it says for how long they stood in line, and that they do no more. */
export function letIn(place: Place, now: number): Place {
  return place.heardAt === 0 ? place : { ...stillWaiting(place, now), heardAt: 0 };
}

/** What the holder keeps: nobody can move up by it, nor say to have waited longer. */
export function signPlace(secret: string, { number, beganAt, waitedMs, heardAt }: Place): string {
  const text = [number, beganAt, waitedMs, heardAt].join('.');
  return `${text}.${macOf(secret, text).toString('base64url')}`;
}

/** Null for one that is not ours, or too old. */
export function readPlace(secret: string, token: string | undefined, now: number): Place | null {
  const match = /^((\d{1,15})\.(\d{1,15})\.(\d{1,10})\.(\d{1,15}))\.([\w-]{43})$/.exec(token ?? '');
  if (!match) return null;
  const [, text, number, beganAt, waitedMs, heardAt, mac] = match as unknown as string[];
  const given = Buffer.from(mac as string, 'base64url');
  const expected = macOf(secret, text as string);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  const place = {
    number: Number(number),
    beganAt: Number(beganAt),
    waitedMs: Number(waitedMs),
    heardAt: Number(heardAt),
  };
  return now - place.beganAt > LONGEST_MS ? null : place;
}

function macOf(secret: string, text: string): Buffer {
  return createHmac('sha256', hmacKey(secret)).update(`place ${text}`).digest();
}
