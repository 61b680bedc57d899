import { ApiError, call } from '#client/api.ts';
import { forget, recall, recallKeys, remember } from '#client/storage.ts';
import type { Beat } from '#contract/attendance.ts';
import { BEATS_PER_MESSAGE, type BeatStore, parseLeftover } from './beat-queue.ts';

const KEY = 'beats.';
/** A living page writes every 15 s; one that has been silent for longer is taken for dead. */
const DEAD_AFTER_MS = 45_000;
/** The server takes nothing of a class that ended long ago. */
const USELESS_AFTER_MS = 24 * 3_600_000;

/** Where the page with this connection keeps its beats. */
export function beatStore(connId: string): BeatStore {
  return {
    read: () => recall(KEY + connId),
    write: (text) => void remember(KEY + connId, text),
    clear: () => forget(KEY + connId),
  };
}

/** Sends what pages that died (WeChat throws them away without an event) could not, each with its own ticket. */
export async function sendLeftovers(ownConnId: string | null): Promise<void> {
  for (const key of recallKeys(KEY)) {
    if (ownConnId !== null && key === KEY + ownConnId) continue;
    const left = parseLeftover(recall(key) ?? '');
    const age = left ? Date.now() - left.at : Number.POSITIVE_INFINITY;
    if (!left || age > USELESS_AFTER_MS) forget(key);
    else if (age > DEAD_AFTER_MS && (await delivered(left.ticket, left.beats))) forget(key);
  }
}

async function delivered(ticket: string, beats: Beat[]): Promise<boolean> {
  try {
    for (const part of parts(beats)) await call('POST /beats', { body: { ticket, beats: part } });
    return true;
  } catch (error) {
    // Refused is final. Without an answer they are kept for the next time.
    return error instanceof ApiError && error.status >= 400 && error.status < 500 && error.code !== 'rate-limited';
  }
}

function parts<T>(beats: T[]): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < beats.length; at += BEATS_PER_MESSAGE) result.push(beats.slice(at, at + BEATS_PER_MESSAGE));
  return result;
}
